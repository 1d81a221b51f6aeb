"""Reserve online, pay in store: no money before the till, which sells and hands over in one transaction."""

from __future__ import annotations

import pytest

from tests.order_doors import doors, message
from tests.order_world import line, world
from tests.pos_doors import DAY, Till, card, cash, sold_line, transaction
from tests.pos_ledger import Ledger, lines_of, net_change
from tests.reserve_doors import HOURS, care, held, quoted, ready, reserved, rules, sell, shop
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "shop", "world"]


@pytest.mark.capability("F2", whole=True)
def test_what_was_reserved_is_sold_at_the_till_and_nothing_was_charged_before(shop):
    order_id, work = ready(shop, line("A", 2, tax=83))
    before = shop.see(order_id)
    assert (before["status"], before["payment_status"], before["payments"]) == ("IN_PROGRESS", "UNPAID", [])
    assert before["reserved"] == {"hours": 48, "counted_from": "placed", "until": "2026-11-25T12:00:00.000Z"}
    sold = sell(shop, order_id, sold_line("A", 2, tax=83, order_line_no=1), tenders=[card(1000), cash(1083)])

    assert sold.status == 201, sold.body
    assert (sold.body["order_id"], sold.body["order_status"]) == (order_id, "COMPLETED")
    assert (sold.body["external_id"], sold.body["unknown_stock"]) == ("536365", [])
    order = shop.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert order["lines"][0]["quantities"] == {"collected": 2}
    assert [(p["tender"], p["provider"], p["state"], p["captured"]) for p in order["payments"]] == [
        ("card", "strict", "CAPTURED", 1000),
        ("cash", "till", "CAPTURED", 1083),
    ]
    (shipment,) = order["shipments"]
    assert (shipment["fulfillment_order_id"], shipment["mode"], shipment["total"]) == (work, "pickup", 2083)
    assert [row["event"] for row in shop.timeline(order_id)][-3:] == [
        "SaleRecorded",
        "FulfillmentOrderSold",
        "OrderCompleted",
    ]
    row = shop.world.stock("A", "S1")
    assert (row.on_hand, row.allocated, row.available) == (3, 0, 3)
    assert shop.world.provider.effects == []
    assert care(shop, order_id) == 0
    assert shop.queue("resume_fulfillment", shop.stored_event(order_id, "FulfillmentOrderSold")) == []
    assert shop.world.order(order_id).fulfillment_orders[0].status.value == "COMPLETED"
    listed = shop.api("read_orders").get(f"/v1/orders?channel=store&external_id=S1:T1:{DAY}:1")
    assert [one["id"] for one in listed.body["orders"]] == [order_id]


@pytest.mark.capability("F2", "N1")
def test_the_ledger_has_the_sale_of_a_store_and_nothing_before(shop, books):
    order_id, _ = ready(shop, line("A", 2, tax=83, off=100))
    till, ledger = Till(shop), Ledger(shop, books)
    assert ledger.posted() == []

    sold = till.tell(
        quoted(
            order_id, sold_line("A", 2, tax=83, off=100, order_line_no=1), sold_line("B", 1, 500), tenders=[card(2483)]
        )
    )

    assert sold.status == 201, sold.body
    entries = ledger.posted()
    assert lines_of(entries, "sale_recorded") == [
        [("1110", 2483), ("4092", 100), ("4010", -2500), ("2040", -83)],
    ]
    assert len(entries) == 1
    assert net_change(entries) == {"1110": 2483, "2040": -83, "4010": -2500, "4092": 100}


@pytest.mark.capability("F2")
def test_a_part_is_sold_with_other_goods_and_what_is_left_goes_back_to_the_shelf(shop):
    order_id, work = ready(shop, line("A", 3, 333, tax=10), line("B", 1, 500))

    sold = sell(
        shop,
        order_id,
        sold_line("A", 2, 333, tax=7, order_line_no=1),
        sold_line("C", 2, 700),
        sold_line("bag", 1, 10, type="non_stock"),
    )

    assert sold.status == 201, sold.body
    order = shop.see(order_id)
    assert (order["status"], order["payment_status"], order["total"]) == ("COMPLETED", "CAPTURED", 1509)
    assert [(one["line_no"], one["sku"], one["group_no"], one["quantities"]) for one in order["lines"]] == [
        (1, "A", 1, {"collected": 2, "cancelled": 1}),
        (2, "B", 1, {"cancelled": 1}),
        (3, "C", 2, {"collected": 2}),
        (4, "bag", 2, {"collected": 1}),
    ]
    assert [(one["line_no"], one["quantity"], one["reason"]) for one in order["cancellations"]] == [
        (1, 1, "not_bought"),
        (2, 1, "not_bought"),
    ]
    assert [(one["fulfillment_order_id"], one["mode"], one["total"]) for one in order["shipments"]] == [
        (work, "pickup", 673),
        (None, "carry_out", 1410),
    ]
    assert [(p["tender"], p["captured"]) for p in order["payments"]] == [("cash", 2083)]
    stock = {sku: shop.world.stock(sku, "S1") for sku in "ABC"}
    assert {sku: (row.on_hand, row.allocated, row.available) for sku, row in stock.items()} == {
        "A": (3, 0, 3),
        "B": (5, 0, 5),
        "C": (3, 0, 3),
    }
    told = shop.stored_event(order_id, "FulfillmentOrderCancelled")["detail"]["data"]
    assert [(one["line_no"], one["quantity"]) for one in told["lines"]] == [(1, 1), (2, 1)]
    assert care(shop, order_id) == 0
    # One receipt names all of it.
    receipt = {"node_id": "S1", "workstation": "T1", "business_date": DAY, "sequence": 1}
    wish = {"receipt": receipt, "reason": "too_small", "lines": [{"sku": "C", "quantity": 1}]}
    till_says = {"node_id": "S1", "workstation": "T1", "business_date": DAY, "sequence": 2, "cashier": "ann"}
    back = Till(shop).tell(
        {**till_says, "type": "return", "currency": "USD", "brought_back": wish, "tenders": [cash(700)]},
        key="back",
    )
    assert back.status == 201, back.body
    assert (back.status, back.body["order_id"], back.body["owed"]) == (201, order_id, 700)
    assert shop.see(order_id)["refunds"][0]["amount"] == 700


@pytest.mark.capability("F2")
def test_what_nobody_pays_for_in_time_is_cancelled_once_and_never_charged(shop, books):
    order_id, _work = ready(shop)
    assert shop.stored_event(order_id, "OrderReserved")["detail"]["data"]["until"] == "2026-11-25T12:00:00.000Z"
    assert care(shop, order_id) == HOURS * 3600
    assert shop.world.order(order_id).header.cancellations == ()
    shop.world.clock.advance(hours=HOURS)

    assert care(shop, order_id) == 0
    with shop.world.unchanged():
        assert care(shop, order_id) == 0

    order = shop.see(order_id)
    assert (order["status"], order["cancellations"]) == (
        "CANCELLED",
        [{"line_no": 1, "quantity": 2, "reason": "reservation_expired"}],
    )
    assert (order["fulfillment_orders"][0]["status"], order["payments"]) == ("CANCELLED", [])
    row = shop.world.stock("A", "S1")
    assert (row.on_hand, row.allocated, row.available) == (5, 0, 5)
    assert [one["event"] for one in shop.timeline(order_id)][-3:] == [
        "FulfillmentOrderCancelled",
        "OrderLinesCancelled",
        "OrderCancelled",
    ]
    assert shop.stored_event(order_id, "FulfillmentOrderCancelled")["detail"]["data"]["nothing_left"] is True
    assert shop.world.provider.effects == []
    assert Ledger(shop, books).posted() == []
    with shop.world.unchanged():
        late = sell(shop, order_id, sold_line("A", 2, order_line_no=1))
    assert (late.status, late.body["code"], late.pointers) == (409, "reservation_over", ["/reserved_order"])


@pytest.mark.capability("F2")
def test_goods_expire_whoever_has_them(shop):
    """Not sourced, with a node that has said nothing, and in its hands."""
    unsourced = shop.place(reserved(line("A", 1), external_id="one"))
    untouched = shop.place(reserved(line("B", 1), external_id="two"))
    shop.run_order_workflow(untouched)
    taken = shop.place(reserved(line("C", 1), external_id="three"))
    (work,) = shop.run_order_workflow(taken)
    shop.world.act(work, "accept")
    shop.world.cancel(taken, {1: 1})
    assert shop.world.order(taken).fulfillment_orders[0].asked == {1: 1}
    shop.world.clock.advance(hours=HOURS)

    assert [care(shop, one) for one in (unsourced, untouched, taken)] == [0, 0, 0]

    assert {shop.see(one)["status"] for one in (unsourced, untouched, taken)} == {"CANCELLED"}
    rows = [shop.world.stock(sku, "S1") for sku in "ABC"]
    assert [(row.reserved, row.allocated, row.available) for row in rows] == [(0, 0, 5)] * 3


@pytest.mark.capability("F2")
def test_the_end_is_judged_by_the_clock_and_not_by_the_timer(shop):
    order_id, _ = ready(shop)
    shop.world.clock.advance(hours=HOURS)
    line_of = sold_line("A", 2, order_line_no=1)
    with shop.world.unchanged():
        assert sell(shop, order_id, line_of).body["code"] == "reservation_over"
    # What was sold a moment before, and is told late, was sold in time.
    sold = sell(shop, order_id, line_of, occurred_at="2026-11-25T11:59:59Z")
    assert (sold.status, sold.body["order_status"]) == (201, "COMPLETED")


@pytest.mark.capability("F2")
def test_hours_may_count_from_when_all_of_it_lies_ready(doors):
    rules(doors, held(hours=5, counted_from="ready"))
    order_id = doors.place(reserved(line("A", 2)))
    assert doors.see(order_id)["reserved"]["until"] is None
    (work,) = doors.run_order_workflow(order_id)
    assert care(doors, order_id) == 0
    doors.world.clock.advance(hours=30)
    for verb in ("accept", "pick", "stage"):
        doors.world.act(work, verb)

    told = doors.stored_event(order_id, "OrderReserved")["detail"]["data"]
    assert (told["node_id"], told["total"], told["until"]) == ("S1", 2000, "2026-11-24T23:00:00.000Z")
    assert care(doors, order_id) == 5 * 3600
    doors.world.clock.advance(hours=5)
    assert care(doors, order_id) == 0
    assert doors.see(order_id)["status"] == "CANCELLED"


@pytest.mark.capability("F2")
def test_a_store_says_over_its_bus_what_its_till_has_sold(shop):
    order_id, _ = ready(shop)
    named = {"channel": "web", "external_id": "536365"}
    body = transaction(7, sold_line("A", 2, order_line_no=1), reserved_order=named)
    del body["node_id"]
    told = message("store.S1", "RecordPosTransaction", "m-1", **body)

    assert shop.queue("node_messages", told, told) == []

    assert shop.see(order_id)["status"] == "COMPLETED"
    assert shop.world.stock("A", "S1").on_hand == 3


@pytest.mark.capability("F2")
def test_a_store_that_told_no_step_has_done_them_when_it_sells(shop):
    order_id = shop.place(reserved(line("A", 2)))
    shop.run_order_workflow(order_id)
    sold = sell(shop, order_id, sold_line("A", 1, order_line_no=1))
    assert (sold.status, sold.body["order_status"]) == (201, "COMPLETED")
    assert shop.see(order_id)["lines"][0]["quantities"] == {"collected": 1, "cancelled": 1}
