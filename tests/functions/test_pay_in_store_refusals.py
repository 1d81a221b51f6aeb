"""Reserve online, pay in store: what is refused, and what becomes of two things at once."""

from __future__ import annotations

import pytest

from oms.platform.clock import format_instant
from tests.interruptions import before_commit
from tests.order_doors import doors
from tests.order_world import NEW_YORK, line, world
from tests.pos_doors import Till, sold_line
from tests.reserve_doors import HOURS, care, held, quoted, ready, reserved, rules, sell, shop

__all__ = ["doors", "shop", "world"]


@pytest.mark.capability("F2", "K10")
def test_goods_that_are_not_paid_for_leave_in_no_other_way(shop):
    _order_id, work = ready(shop)
    for verb in ("hand-over", "ship"):
        with shop.world.unchanged():
            refused = shop.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", {})
        assert refused.status == 409
        if verb == "hand-over":
            assert refused.body["code"] == "pay_at_the_till"


@pytest.mark.capability("F2")
@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"reserved_order": {"order_id": "ord_1"}}, "/reserved_order", "unknown_order"),
        ({"currency": "EUR"}, "/currency", "other_currency"),
        ({"node_id": "S2"}, "/reserved_order", "unknown_order"),
    ],
)
def test_a_sale_names_an_order_that_is_held_in_its_store(shop, changes, pointer, code):
    order_id, _ = ready(shop)
    with shop.world.unchanged():
        refused = sell(shop, order_id, sold_line("A", 2, order_line_no=1), **changes)
    assert (refused.status, refused.pointers, refused.body["errors"][0]["code"]) == (422, [pointer], code)


@pytest.mark.capability("F2")
@pytest.mark.parametrize(
    ("sold", "status", "pointer", "code"),
    [
        (sold_line("A", 2, 900, order_line_no=1), 422, "/lines/0/total", "not_as_agreed"),
        (sold_line("B", 1, order_line_no=1), 422, "/lines/0/order_line_no", "unknown_line"),
        (sold_line("A", 1, order_line_no=2), 422, "/lines/0/order_line_no", "unknown_line"),
        (sold_line("A", 3, order_line_no=1), 409, "/lines/0/quantity", "reservation_over"),
    ],
)
def test_a_sale_sells_what_was_reserved_for_what_was_agreed(shop, sold, status, pointer, code):
    order_id, _ = ready(shop)
    with shop.world.unchanged():
        refused = sell(shop, order_id, sold)
    assert (refused.status, refused.pointers, refused.body["errors"][0]["code"]) == (status, [pointer], code)


@pytest.mark.capability("F2")
def test_a_sale_that_is_no_sale_of_the_order_is_refused(shop):
    order_id, _ = ready(shop)
    later = sold_line("B", 1, method="delivery", ship_to=NEW_YORK)
    for lines, changes in (
        ([sold_line("A", 2)], {}),
        ([sold_line("A", 2, order_line_no=1), later], {}),
        ([sold_line("A", 2, order_line_no=1)], {"selling_node": "WEB"}),
        ([sold_line("A", 2, order_line_no=1)], {"reserved_order": {"order_id": order_id, "channel": "web"}}),
        ([sold_line("A", 2, order_line_no=1)], {"reserved_order": None}),
    ):
        with shop.world.unchanged():
            assert sell(shop, order_id, *lines, **changes).status == 422


@pytest.mark.capability("F2")
def test_goods_that_do_not_lie_in_the_store_cannot_be_sold_yet(shop):
    order_id = shop.place(reserved(line("A", 2)))
    with shop.world.unchanged():
        early = sell(shop, order_id, sold_line("A", 2, order_line_no=1))
    assert (early.status, early.body["code"], early.pointers) == (409, "action_not_available", ["/lines/0/quantity"])


@pytest.mark.capability("F2")
@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"charges": [{"kind": "bag", "amount": 10}]}, "/charges", "not_allowed"),
        (
            {"payments": [{"tender": "pay_in_store", "provider": "strict", "amount": 2000}]},
            "/payments/0/provider",
            "tender_mismatch",
        ),
        (
            {"payments": [{"tender": "pay_in_store", "provider": "till", "amount": 2000, "token": "t"}]},
            "/payments/0/token",
            "not_allowed",
        ),
        (
            {
                "payments": [
                    {"tender": "pay_in_store", "provider": "till", "amount": 1000},
                    {"provider": "strict", "token": "t", "amount": 1000},
                ]
            },
            "/payments",
            "not_alone",
        ),
        ({"selling_node": "WEB"}, "/lines/0/pickup_node", "other_store"),
        ({"channel": "app"}, "/payments/0/tender", "not_offered"),
    ],
)
def test_only_goods_that_one_store_hands_over_may_be_paid_for_there(shop, changes, pointer, code):
    made = reserved(line("A", 2), **changes)
    if "charges" in changes:
        made["totals"] |= {"charges": 10, "total": 2010}
    with shop.world.unchanged():
        refused = shop.api("place_order").post(
            "/v1/orders", made, scopes=("orders.write", "channel.web", "channel.app")
        )
    assert refused.status == 422
    assert (pointer, code) in [(one["pointer"], one["code"]) for one in refused.body["errors"]]


@pytest.mark.capability("F2")
def test_no_more_than_the_limit_and_nothing_without_a_rule_is_held(doors):
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", reserved(line("A", 2)))
    assert refused.body["errors"][0]["code"] == "not_offered"
    rules(doors, held(most=1999))
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", reserved(line("A", 2)))
    assert (refused.status, refused.pointers, refused.body["errors"][0]["code"]) == (
        422,
        ["/totals/total"],
        "above_limit",
    )
    shipped = reserved(line("A", 1))
    shipped["lines"][0] |= {"method": "ship", "pickup_node": None}
    refused = doors.api("place_order").post("/v1/orders", shipped)
    assert [(one["pointer"], one["code"]) for one in refused.body["errors"]] == [("/lines/0/method", "not_allowed")]


@pytest.mark.capability("F2")
def test_a_second_sale_of_the_same_is_refused_and_a_repeat_is_answered(shop):
    order_id, _ = ready(shop)
    till, told = Till(shop), quoted(order_id, sold_line("A", 2, order_line_no=1))
    first = till.tell(told)
    again = till.tell(told)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    with shop.world.unchanged():
        other = till.tell({**told, "sequence": 2})
    assert (other.status, other.body["code"]) == (409, "reservation_over")


@pytest.mark.capability("F2")
@pytest.mark.parametrize("first", ["sale", "expiry", "cancellation", "other sale"])
@pytest.mark.parametrize("second", ["sale", "expiry", "cancellation"])
def test_of_a_sale_its_end_and_a_cancellation_at_once_exactly_one_wins(shop, first, second):
    """The second one has decided by what it read when the first one commits."""
    order_id, _work = ready(shop)
    if "expiry" in (first, second):
        shop.world.clock.advance(hours=HOURS)
    told = quoted(
        order_id,
        sold_line("A", 2, order_line_no=1),
        occurred_at=format_instant(shop.world.clock.now())[:10] + "T11:00:00Z",
    )
    acts = {
        "sale": lambda: Till(shop).tell(told).status,
        "other sale": lambda: Till(shop).tell({**told, "sequence": 2}, key="other").status,
        "expiry": lambda: care(shop, order_id),
        "cancellation": lambda: (
            shop.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "late"}).status
        ),
    }
    answers: list[int] = []
    before_commit(shop, 1, lambda: answers.append(acts[first]()))
    answers.append(acts[second]())

    order, row = shop.see(order_id), shop.world.stock("A", "S1")
    sales = [one for one in shop.timeline(order_id) if one["event"] == "SaleRecorded"]
    gone = sum(one["quantities"].get("collected", 0) for one in order["lines"])
    assert (len(sales), gone, row.on_hand, row.allocated) in [(1, 2, 3, 0), (0, 0, 5, row.allocated)]
    assert order["status"] in ({"COMPLETED"} if sales else {"CANCELLED", "IN_PROGRESS"})
    assert row.allocated == (2 if order["status"] == "IN_PROGRESS" else 0)
    assert shop.world.provider.effects == []
    if first in ("sale", "other sale"):
        assert len(sales) == 1
