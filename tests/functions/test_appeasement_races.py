"""Several people grant goodwill at once: each is judged again on what the others left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appeasement_doors import People
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


def meanwhile(people: People, do: Any) -> list[Any]:
    """Something that happens just before the next commit; what it answered."""
    answers: list[Any] = []

    def once() -> None:
        calm(people.doors)
        answers.append(do())

    before_commit(people.doors, 1, once)
    return answers


@pytest.mark.capability("L2")
def test_two_grants_on_one_order_at_once_do_not_pass_its_cap_together(people: People):
    order_id = people.delivered(4000)
    other = meanwhile(people, lambda: people.ask("ann:supervisor", order_id, amount=600))
    refused = people.ask("bob:supervisor", order_id, amount=600)
    assert (other[0].body["state"], refused.status, refused.body["code"]) == ("GRANTED", 409, "order_cap")
    assert people.listed(order_id)["granted"] == 600


@pytest.mark.capability("L2", "L4")
def test_two_grants_to_one_customer_at_once_do_not_pass_the_limit_together(people: People):
    same = {"customer": {"reference": "c1"}}
    orders = [people.delivered(40000, **same) for _ in range(2)]
    other = meanwhile(people, lambda: people.ask("ann:supervisor", orders[0], amount=4000))
    waits = people.ask("bob:supervisor", orders[1], amount=4000)
    assert (other[0].body["state"], waits.body["state"], waits.body["pending"]) == (
        *("GRANTED", "PENDING_APPROVAL"),
        ["VELOCITY"],
    )


@pytest.mark.capability("L2", "L4")
def test_two_grants_of_one_actor_at_once_are_both_counted(people: People):
    orders = [people.delivered(40000) for _ in range(3)]
    meanwhile(people, lambda: people.ask("supervisor", orders[0], amount=4500, key="a"))
    people.ask("supervisor", orders[1], amount=4500, key="b")
    third = people.ask("supervisor", orders[2], amount=1001, key="c").body
    assert third["pending"] == ["VELOCITY"]
    assert third["evaluation"]["seen"][1] | {"name": ""} == {
        **{"of": "actor", "name": "", "grants": 2, "amount": 9000, "beyond": True}
    }


@pytest.mark.capability("L2")
def test_of_two_requests_at_once_one_waits_for_approval(people: People):
    order_id = people.delivered(8000)
    other = meanwhile(people, lambda: people.ask("ann:agent", order_id, amount=1100))
    blocked = people.ask("bob:agent", order_id, amount=1200)
    assert (other[0].body["state"], blocked.body["code"]) == ("PENDING_APPROVAL", "appeasement_pending")


@pytest.mark.capability("L2")
def test_of_two_decisions_at_once_one_holds(people: People):
    order_id = people.delivered(8000)
    name = people.ask("agent", order_id, amount=1100).body["id"]
    other = meanwhile(people, lambda: people.decide("ann:supervisor", name, "reject"))
    late = people.decide("bob:supervisor", name)
    assert (other[0].body["state"], late.status, late.body["code"]) == ("REJECTED", 409, "action_not_available")
    assert people.see(name)["ruling"]["decided_by"] == "ann:supervisor"
    assert people.posted(order_id) == []
