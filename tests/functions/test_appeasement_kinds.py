"""Of what goodwill is, and how the customer gets it: back, as credit or a gift card for later, or as a coupon."""

from __future__ import annotations

import pytest

from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


def coupon_of(people: People, name: str) -> tuple[str, int, str, str]:
    coupon = people.see(name)["coupon"]
    return coupon["code"], coupon["value"], coupon["currency"], coupon["valid_until"]


@pytest.mark.capability("L1", "L3")
def test_goodwill_for_the_tax_is_less_price_and_comes_to_exactly_what_was_said(people: People):
    order_id = people.delivered(8000, tax=660)
    all_of_it = people.ask("manager", order_id, percent=100, on="tax", reason="SERVICE")
    assert (all_of_it.status, all_of_it.body["state"]) == (201, "GRANTED")
    # 6.10 less price and 0.50 of its tax: the authority is owed 8.25 % of the 73.90 that the customer now pays.
    assert [all_of_it.body[name] for name in ("goods", "tax", "total", "kind", "percent")] == [
        *(610, 50, 660, "percent", 100)
    ]
    assert people.posted(order_id) == [[("4091", 610), ("2040", 50), ("2050", -660)]]
    with people.doors.world.unchanged():
        more = people.ask("manager", order_id, amount=611, on="tax")
    assert (more.status, more.body["code"], more.pointers) == (409, "refund_exceeds_captured", ["/amount"])
    assert people.ask("manager", order_id, amount=610, on="tax").body["total"] == 610
    untaxed = people.delivered(8000)
    with people.doors.world.unchanged():
        nothing = people.ask("manager", untaxed, percent=10, on="tax")
    assert (nothing.status, nothing.pointers) == (422, ["/percent"])


@pytest.mark.capability("L1")
def test_a_coupon_is_a_code_that_is_told_and_owes_nothing(people: People):
    order_id = people.delivered(8000, tax=660)
    asked = people.ask("agent", order_id, key="once", amount=800, paid_to="coupon", coupon_days=30)
    made = asked.body
    assert (asked.status, made["state"], made["goods"], made["tax"], made["total"]) == (201, "GRANTED", 800, 0, 800)
    code, *rest = coupon_of(people, made["id"])
    assert rest == [800, "USD", "2026-12-23T12:00:00.000Z"]
    assert (people.posted(order_id), people.doors.see(order_id)["refunds"]) == ([], [])
    ((kind, told),) = people.told_as(order_id, "CouponIssued")
    assert (kind, told["code"], told["valid_until"]) == ("CouponIssued", code, "2026-12-23T12:00:00.000Z")
    assert (told["total"], told["tax"], told["approved_by"], told["paid_to"]) == (800, 0, None, "coupon")
    # Whoever reads the timeline sees that there is one, and not what it is redeemed with.
    rows = people.doors.api("read_orders").get(f"/v1/orders/{order_id}/timeline").body["events"]
    (row,) = [row for row in rows if row["event"] == "CouponIssued"]
    assert "code" not in row["data"]
    assert row["data"]["total"] == 800
    # What later comes back gives back all of its price: the coupon gave nothing of it.
    assert people.listed(order_id)["granted"] == 800
    again = people.ask("agent", order_id, key="once", amount=800, paid_to="coupon", coupon_days=30)
    assert again.body == made
    other = people.ask("agent", people.delivered(8000), amount=800, paid_to="coupon").body["coupon"]
    assert (other["code"] != code, other["valid_until"]) == (True, "2027-05-22T12:00:00.000Z")


@pytest.mark.capability("L1")
def test_a_coupon_above_the_limit_is_issued_when_somebody_else_approves(people: People):
    order_id = people.delivered(8000)
    made = people.ask("agent", order_id, amount=1100, paid_to="coupon", coupon_days=10).body
    assert (made["state"], made["coupon"]) == ("PENDING_APPROVAL", None)
    people.doors.world.clock.advance(hours=24)
    approved = people.decide("supervisor", made["id"]).body
    assert (approved["state"], approved["coupon"]["value"]) == ("GRANTED", 1100)
    assert approved["coupon"]["valid_until"] == "2026-12-04T12:00:00.000Z"
    with people.doors.world.unchanged():
        wrong = people.ask("agent", order_id, amount=100, coupon_days=10)
        node = people.ask("agent", order_id, amount=100, paid_to="coupon", issuer_node="S1")
        capped = people.ask("manager", order_id, amount=901, paid_to="coupon")
    assert (wrong.status, node.status, capped.body["code"]) == (422, 422, "order_cap")


@pytest.mark.capability("L1", whole=True)
def test_goodwill_of_every_kind(people: People):
    """A percentage and an amount, off items, freight and tax; at order and line; back and in three ways for later."""
    placed = people.placed(line("A", 1, 60000, tax=4950), line("B", 2, 1500, tax=248), postage=500)
    order_id = people.shipped(placed)
    asked = (
        {"percent": 1, "reason": "LATE", "paid_to": "original"},
        {"amount": 100, "on": "lines", "lines": [2], "reason": "DAMAGE", "paid_to": "store_credit"},
        {"percent": 50, "on": "shipping", "reason": "SHIPPING", "paid_to": "gift_card"},
        {"percent": 10, "on": "tax", "reason": "PRICE_MATCH", "paid_to": "coupon"},
        {"amount": 200, "on": "tax", "reason": "OTHER", "text": "he was kind", "paid_to": "original"},
    )
    made = [_granted(people, number, order_id, one) for number, one in enumerate(asked)]
    assert [(one["goods"], one["shipping"], one["tax"], one["total"]) for one in made] == [
        *((630, 0, 52, 682), (100, 0, 9, 109), (0, 250, 25, 275), (514, 2, 0, 516), (185, 1, 14, 200))
    ]
    assert [one["coupon"] is not None for one in made] == [False, False, False, True, False]
    refunds = people.doors.see(order_id)["refunds"]
    assert [[(part["tender"], part["amount"]) for part in one["parts"]] for one in refunds] == [
        *([("card", 682)], [("store_credit", 109)], [("gift_card", 275)], [("card", 200)])
    ]
    # The reasons are a list that is shown; OTHER takes words.
    reasons = people.listed(order_id)["reasons"]
    assert [one["code"] for one in reasons if one["needs_text"]] == ["OTHER"]
    assert len(reasons) == 8
    with people.doors.world.unchanged():
        silent = people.ask("manager", order_id, amount=1, reason="OTHER")
        unknown = people.ask("manager", order_id, amount=1, reason="BECAUSE")
    assert (silent.status, unknown.status) == (422, 422)


def _granted(people: People, number: int, order_id: str, body: dict[str, object]) -> dict[str, object]:
    answer = people.ask(f"{number}:manager", order_id, **body)
    if answer.body["state"] == "PENDING_APPROVAL":
        return people.decide(f"{number + 1}:manager", answer.body["id"]).body
    return answer.body
