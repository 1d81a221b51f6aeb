"""Calls for goodwill that change nothing: repeated, not allowed, or without sense."""

from __future__ import annotations

import pytest

from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


@pytest.mark.capability("L2")
def test_a_call_takes_effect_once(people: People):
    order_id = people.delivered(8000)
    first = people.ask("agent", order_id, amount=1100, key="ask-1")
    with people.doors.world.unchanged():
        again = people.ask("agent", order_id, amount=1100, key="ask-1")
        other = people.ask("agent", order_id, amount=1101, key="ask-1")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, first.body, "true")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    decided = people.decide("supervisor", first.body["id"], key="yes-1")
    with people.doors.world.unchanged():
        repeated = people.decide("supervisor", first.body["id"], key="yes-1")
        second = people.decide("manager", first.body["id"], "reject")
    assert (repeated.status, repeated.body) == (200, decided.body)
    assert (second.status, second.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("L2")
def test_calls_that_may_not_change_nothing(people: People):
    order_id = people.delivered(8000)
    name = people.ask("agent", order_id, amount=1100).body["id"]
    with people.doors.world.unchanged():
        no_scope = people.decide("agent", name)
        no_role = people.ask("nobody", order_id, amount=1)
        stale = people.decide("supervisor", name, headers={"If-Match": '"2"'})
        stale_order = people.ask("agent", order_id, amount=1, headers={"If-Match": '"1"'})
        unknown = people.decide("supervisor", f"{name}1")
        unlike = people.api("agent").get("/v1/appeasements/ord_1")
        no_order = people.ask("agent", "ord_01JDCCCCCCCCCCCCCCCCCCCCCC", amount=1)
        foreign = people.api("agent").get(
            f"/v1/appeasements/{name}", tenant="other", scopes=("appeasements.read", "role.agent")
        )
    assert [(answer.status, answer.body["code"]) for answer in (no_scope, no_role, stale, stale_order)] == [
        *((403, "scope_missing"), (403, "scope_missing"), (409, "stale_version"), (409, "stale_version"))
    ]
    assert [answer.status for answer in (unknown, unlike, no_order, foreign)] == [404, 404, 404, 404]


@pytest.mark.capability("L1")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": 100, "percent": 1}, "/"),
        ({}, "/"),
        ({"amount": 0}, "/amount"),
        ({"percent": 101}, "/percent"),
        ({"amount": 100, "reason": "BORED"}, "/reason"),
        ({"amount": 100, "reason": "OTHER"}, "/"),
        ({"amount": 100, "on": "lines"}, "/"),
        ({"amount": 100, "lines": [1]}, "/"),
        ({"amount": 100, "on": "lines", "lines": [1, 1]}, "/"),
        ({"amount": 100, "paid_to": "cash"}, "/paid_to"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(people: People, body: dict[str, object], pointer: str):
    order_id = people.delivered(8000)
    with people.doors.world.unchanged():
        refused = people.ask("agent", order_id, **body)
    assert (refused.status, refused.pointers) == (422, [pointer])


@pytest.mark.capability("L1")
def test_a_percentage_that_comes_to_nothing_is_refused(people: People):
    order_id = people.delivered(49)
    with people.doors.world.unchanged():
        refused = people.ask("agent", order_id, percent=1)
    assert (refused.status, refused.pointers) == (422, ["/percent"])
    assert people.ask("agent", order_id, percent=2).body["total"] == 1
