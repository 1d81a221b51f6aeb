"""Several people grant goodwill at once: each is judged again on what the others left."""

from __future__ import annotations

from random import Random
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


@pytest.mark.capability("L2", "L3")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_asked_and_decided_no_limit_is_passed_and_every_cent_is_owed_once(people: People, seed: int):
    chance = Random(seed)
    prices = [chance.randint(1, 9000) for _ in range(chance.randint(1, 3))]
    taxed = chance.randint(0, prices[0] // 5)
    order_id = people.delivered(*prices, tax=taxed)
    roles = [f"{name}:{role}" for name in ("ann", "bob") for role in ("associate", "agent", "supervisor", "manager")]
    for _ in range(25):
        who, more = chance.choice(roles), {"amount": chance.randint(1, 700)}
        if chance.random() < 0.3:
            more = {"percent": chance.randint(1, 12), "on": "lines", "lines": [chance.randint(1, len(prices))]}
        asked = people.ask(who, order_id, **more)
        assert asked.status in (201, 409, 422), asked.body
        if asked.status == 201 and asked.body["state"] == "PENDING_APPROVAL" and chance.random() < 0.8:
            decision = chance.choice(("approve", "approve", "reject"))
            people.decide(chance.choice(roles), asked.body["id"], decision)
        people.doors.world.clock.advance(hours=chance.choice((0, 1, 80)))
    grants = [one for one in people.listed(order_id)["appeasements"] if one["state"] == "GRANTED"]
    for one in grants:
        judged = one["ruling"]["evaluation"] if one["ruling"] else one["evaluation"]
        sum_so_far = judged["granted_before"] + one["goods"]
        assert sum_so_far <= judged["role_amount"]
        assert sum_so_far * 100 <= judged["role_percent"] * sum(prices)
        assert one["ruling"] is None or one["ruling"]["decided_by"] != one["requested_by"]
    assert sum(one["goods"] for one in grants) * 4 <= sum(prices)
    on_first = sum(part["net"] for one in grants for part in one["parts"] if part["line_no"] == 1)
    assert sum(one["tax"] for one in grants) == (2 * taxed * on_first + prices[0]) // (2 * prices[0])
    owed = {refund["cause_id"]: refund["amount"] for refund in people.doors.see(order_id)["refunds"]}
    assert owed == {one["id"]: one["total"] for one in grants}
    assert sum(debit for entry in people.posted(order_id) for _, debit in entry if debit > 0) == sum(owed.values())
