"""Who has much goodwill: shown before more is granted, and told once on a business date where a rule says when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, world

__all__ = ["doors", "world"]

ALERTS = [
    {"id": "gets_much", "of": "customer", "grants": 1},
    {"id": "gives_much", "of": "actor", "amount": 1500, "currency": "USD"},
]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


def alerted(people: People) -> list[dict[str, Any]]:
    """What was told of customers and actors who have much, oldest first."""
    found = people.told_of("GoodwillRateExceeded")
    return [{name: value for name, value in one.items() if name not in ("order_id", "name")} for one in found]


@pytest.mark.capability("L4")
def test_without_a_rule_nobody_is_told(people: People):
    for _ in range(3):
        people.ask("supervisor", people.delivered(20000, customer={"reference": "c1"}), amount=900)
    assert alerted(people) == []


@pytest.mark.capability("L4")
def test_a_customer_or_an_actor_who_passes_a_bound_is_told_of_once_a_day(people: People):
    people.rules(alerts=ALERTS)
    orders = [people.delivered(40000, customer={"reference": "c1"}) for _ in range(3)]
    first, second = (people.ask("supervisor", one, amount=900).body for one in orders[:2])
    day = {"currency": "USD", "business_date": "2026-11-23"}
    assert alerted(people) == [
        {**day, "of": "customer", "actor": None, "alert": "gets_much", "grants": 2, "amount": 1800}
        | {"appeasement_id": second["id"]},
        {**day, "of": "actor", "actor": "supervisor", "alert": "gives_much", "grants": 2, "amount": 1800}
        | {"appeasement_id": second["id"]},
    ]
    # One more on this date is no news; on the next date the customer's is, and the actor begins anew.
    people.ask("supervisor", orders[2], amount=100)
    assert len(alerted(people)) == 2
    people.doors.world.clock.advance(days=1)
    other = people.delivered(40000, customer={"reference": "c1"})
    waits = people.ask("ann:supervisor", other, amount=100).body
    assert people.decide("manager", waits["id"]).body["state"] == "GRANTED"
    assert [(one["of"], one["grants"], one["business_date"]) for one in alerted(people)[2:]] == [
        ("customer", 4, "2026-11-24")
    ]
    assert first["state"] == "GRANTED"


@pytest.mark.capability("L4", "M1")
def test_what_the_customer_had_through_every_channel_is_shown_before_granting(people: People):
    known = {"reference": "c1"}
    by_web = people.delivered(8000, customer=known)
    told = people.ask("agent", by_web, amount=800, reason="DAMAGE", paid_to="store_credit").body
    people.doors.world.clock.advance(hours=1)
    by_store = people.delivered(4000, customer={"reference": "c1", "phone": "1"}, channel="store")
    people.ask("ann:associate", by_store, amount=100)
    next_order = people.delivered(5000, customer={"phone": "1"})
    listed = people.listed(next_order, "bob:agent")
    assert [(one["order_id"], one["amount"]) for one in listed["of_customer"]] == [(by_store, 100)]
    both = people.listed(people.delivered(5000, customer=known), "bob:agent")
    assert [one["order_id"] for one in both["of_customer"]] == [by_store, by_web]
    assert both["of_customer"][1] == {
        "appeasement_id": told["id"],
        "order_id": by_web,
        "channel": told["channel"],
        "reason": "DAMAGE",
        "paid_to": "store_credit",
        "amount": 800,
        "currency": "USD",
        "requested_by": "agent",
        "granted_at": "2026-11-23T12:00:00.000Z",
    }
    assert [(one["of"], one["grants"], one["most_grants"], one["most_amount"]) for one in both["seen"]] == [
        *(("customer", 2, 3, 7500), ("actor", 0, 10, 10000))
    ]
    # What the order itself has stands in its own list only.
    assert [one["order_id"] for one in people.listed(by_web)["of_customer"]] == [by_store]
    people.doors.world.clock.advance(days=90)
    assert people.listed(by_store)["of_customer"] == []


@pytest.mark.capability("L4", "L5")
@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("alerts", {"id": "a", "of": "customer"}),
        ("alerts", {"id": "a", "of": "customer", "amount": 100}),
        ("alerts", {"id": "a", "of": "store", "grants": 1}),
        ("rules", {"id": "r", "event": "promise_broken", "currency": "USD", "percent": 5}),
        ("rules", {"id": "r", "event": "promise_broken", "currency": "USD"}),
        ("rules", {"id": "r", "event": "promise_broken", "currency": "USD", "amount": 5, "coupon_days": 5}),
        ("rules", {"id": "r", "event": "rain", "currency": "USD", "amount": 5}),
    ],
)
def test_rules_that_say_nothing_or_too_much_are_refused(people: People, kind: str, rule: dict[str, Any]):
    rules = people.doors.api("rule_sets")
    with people.doors.world.unchanged():
        assert rules.put("/v1/goodwill-rules/usual", {kind: [rule]}).status == 422


def test_the_names_of_counters_name_nobody(people: People):
    people.rules(alerts=[{"id": "any", "of": "customer", "amount": 1, "currency": "USD"}])
    people.ask("agent", people.delivered(8000, customer={"email": "ann@x.org"}), amount=100)
    (told,) = people.told_of("GoodwillRateExceeded")
    assert "ann" not in str(told)
    assert told["name"].startswith("cus_")
    assert TENANT not in told["name"]
