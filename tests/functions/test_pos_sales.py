"""Sales at a till over HTTP: the order that each becomes, its stock, its tenders and what leaves later."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import pytest

from tests.order_doors import doors  # noqa: F401  (a fixture)
from tests.order_world import world  # noqa: F401  (a fixture)
from tests.pos_doors import DAY, Till, card, cash, later, sold_line


@pytest.mark.capability("A2")
def test_a_sale_is_an_order_that_is_complete_and_paid(doors):
    till = Till(doors)

    sold = till.sale(
        114,
        sold_line("A", 2, 1000, tax=150, off=180, jurisdiction="NY"),
        sold_line("bag", 1, 10, type="non_stock"),
        tenders=[card(980), cash(1000, given=2000, change=1000)],
    )

    assert sold == {
        "id": sold["id"],
        "node_id": "S1",
        "workstation": "T1",
        "business_date": DAY,
        "sequence": 114,
        "type": "sale",
        "order_id": sold["order_id"],
        "order_status": "COMPLETED",
        "external_id": f"S1:T1:{DAY}:114",
        "unknown_stock": [],
        "numbers": {"workstation": "T1", "first": 114, "last": 114, "transactions": 1, "missing": 0, "gaps": []},
    }
    order = doors.see(sold["order_id"])
    assert (order["channel"], order["status"], order["payment_status"]) == ("store", "COMPLETED", "CAPTURED")
    assert (order["fulfillment_status"], order["total"], order["customer"]) == ("FULFILLED", 1980, None)
    assert (order["selling_node"], order["taken_by"]) == ("S1", "ann")
    assert [line["quantities"] for line in order["lines"]] == [{"collected": 2}, {"collected": 1}]
    assert [(p["tender"], p["provider"], p["state"], p["captured"]) for p in order["payments"]] == [
        ("card", "strict", "CAPTURED", 980),
        ("cash", "till", "CAPTURED", 1000),
    ]
    (shipment,) = order["shipments"]
    assert (shipment["mode"], shipment["node_id"], shipment["fulfillment_order_id"]) == ("carry_out", "S1", None)
    assert (shipment["goods"], shipment["discount"], shipment["tax"], shipment["total"]) == (2010, 180, 150, 1980)
    listed = doors.api("read_orders").get(f"/v1/orders?channel=store&external_id=S1:T1:{DAY}:114")
    assert [one["id"] for one in listed.body["orders"]] == [sold["order_id"]]
    assert [one["event"] for one in doors.timeline(sold["order_id"])] == [
        "OrderPlaced",
        "SaleRecorded",
        "OrderCompleted",
    ]
    row = doors.world.stock("A", "S1")
    assert (row.on_hand, row.available, row.reserved) == (3, 3, 0)


@pytest.mark.capability("M3")
def test_a_customer_may_be_known_and_the_receipt_too(doors):
    sold = Till(doors).sale(
        1, sold_line("A"), customer={"reference": "c-1", "name": "Ann"}, receipt="R-77", note="gift"
    )

    order = doors.see(sold["order_id"])
    assert (order["customer"]["reference"], order["note"]) == ("c-1", "gift")
    assert order["attributes"] == {"workstation": "T1", "business_date": DAY, "sequence": 1, "receipt": "R-77"}


def test_a_sale_is_kept_although_the_store_had_nothing_of_it(doors):
    till, world = Till(doors), doors.world
    sold = till.sale(1, sold_line("A", 7, 100), sold_line("C", 1, 100))
    world.received["A", "S1"] += 2  # two of the seven were never booked in

    assert sold["unknown_stock"] == [{"sku": "A", "quantity": 2}]
    assert sold["order_status"] == "COMPLETED"
    assert (world.stock("A", "S1").on_hand, world.stock("C", "S1").on_hand) == (0, 4)
    (told,) = till.stock_events()
    assert [(one["sku"], one["kind"], one["changes"]["on_hand"]) for one in told["movements"]] == [
        ("A", "reported", -5),
        ("C", "reported", -1),
    ]


@pytest.mark.capability("F5")
def test_what_leaves_later_goes_the_ordinary_way_and_is_paid_already(doors):
    till, world = Till(doors), doors.world
    sold = till.sale(
        1,
        sold_line("A", 1, 1000, tax=83),
        later("B", 2, 2000, tax=330, freight=500),
        tenders=[card(5913)],
    )

    order_id = sold["order_id"]
    assert sold["order_status"] == "IN_PROGRESS"
    assert doors.stored_event(order_id, "OrderPlaced")["detail"]["data"]["status"] == "IN_PROGRESS"
    told = till.told(order_id, "SaleRecorded")
    assert (told["goods"], told["tax"], told["deposit"], told["taxes"]) == (
        1000,
        83,
        4830,
        [{"jurisdiction": None, "amount": 83}],
    )
    order = doors.see(order_id)
    assert [line["quantities"] for line in order["lines"]] == [{"collected": 1}, {"open": 2}]

    (work,) = doors.run_order_workflow(order_id)
    assert world.provider.effects == []
    assert doors.see(order_id)["lines"][1]["quantities"] == {"released": 2}
    world.act(work, "accept")
    world.act(work, "pick", lines={2: 2})
    world.act(work, "pack", lines={2: 2})
    world.act(work, "ship", lines={2: 2})
    assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) is not None
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    first, second = order["shipments"]
    assert (first["total"], second["total"], second["shipping"]) == (1083, 4830, 500)
    assert [(one["amount"], one["captured"]) for one in second["captures"]] == [(4830, True)]
    assert world.provider.effects == []


@pytest.mark.capability("F5")
def test_what_is_carried_out_and_claimed_of_one_item_does_not_meet(doors):
    """The store has five: two go with the customer, and three of what is sent come from there or elsewhere."""
    sold = Till(doors).sale(1, sold_line("A", 2, 100), later("A", 3, 100))

    order_id = sold["order_id"]
    (work,) = doors.run_order_workflow(order_id)
    assert doors.world.work(work).lines[0].quantity == 3
    assert doors.world.stock("A", "S1").on_hand == 3


@pytest.mark.capability("F5")
def test_units_for_later_that_nobody_has_wait_for_a_person(doors):
    sold = Till(doors).sale(1, sold_line("A"), later("A", 40, 100))

    order = doors.see(sold["order_id"])
    assert (sold["order_status"], order["status"]) == ("PENDING_REVIEW", "PENDING_REVIEW")
    assert {"name": "stock", "verdict": "fail", "detail": "21 units have no node"} in order["validations"]
    answer = doors.api("change_orders").post(f"/v1/orders/{sold['order_id']}/cancellations", {"reason": "out_of_stock"})
    assert answer.status == 200
    assert doors.see(sold["order_id"])["lines"][1]["quantities"] == {"cancelled": 40}


@pytest.mark.capability("F5")
def test_units_that_leave_later_can_be_cancelled_and_what_was_carried_out_cannot(doors):
    order_id = Till(doors).sale(1, sold_line("A"), later("B", 2, 100))["order_id"]
    doors.run_order_workflow(order_id)

    api = doors.api("change_orders")
    refused = api.post(
        f"/v1/orders/{order_id}/cancellations", {"reason": "mind", "lines": [{"line_no": 1, "quantity": 1}]}
    )
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert api.post(f"/v1/orders/{order_id}/cancellations", {"reason": "mind"}).status == 200
    order = doors.see(order_id)
    assert (order["status"], [line["quantities"] for line in order["lines"]]) == (
        "COMPLETED",
        [{"collected": 1}, {"cancelled": 2}],
    )


def test_a_sale_of_many_items_books_its_goods_before_it_and_once(doors):
    till, world = Till(doors), doors.world
    skus = [f"M{number:02d}" for number in range(60)]
    for sku in skus:
        world.add_item(sku, {"S1": 2})

    sold = till.sale(1, *(sold_line(sku, 1, 100) for sku in skus))

    assert sold["unknown_stock"] == []
    assert {world.stock(sku, "S1").on_hand for sku in skus} == {1}
    assert len(till.stock_events()) == 2
    assert len(doors.see(sold["order_id"])["lines"]) == 60


@pytest.mark.capability("F5", whole=True)
def test_a_till_sells_what_the_store_lacks_in_one_basket_with_what_is_taken_now(doors):
    """D is in no store but far away: one goes home with the customer, two are sent; one order, two tenders."""
    till, world = Till(doors), doors.world
    world.add_item("D", {"S2": 2})
    had = doors.api("inventory").get("/v1/availability?skus=D&channel=store")
    assert [(one["node_id"], one["available"]) for one in had.body["items"][0]["nodes"]] == [("S2", 2)]

    sold = till.sale(
        1, sold_line("A", 1, 1000), later("D", 2, 2000), tenders=[card(4000), cash(1000, given=1000, change=0)]
    )

    (work,) = doors.run_order_workflow(sold["order_id"])
    assert (world.work(work).node_id, world.work(work).lines[0].sku) == ("S2", "D")
    order = doors.see(sold["order_id"])
    assert [line["quantities"] for line in order["lines"]] == [{"collected": 1}, {"released": 2}]
    assert [(one["tender"], one["captured"]) for one in order["payments"]] == [("card", 4000), ("cash", 1000)]
    assert order["external_id"] == f"S1:T1:{DAY}:1"
    for verb, lines in (("accept", None), ("pick", {2: 2}), ("pack", {2: 2}), ("ship", {2: 2})):
        world.act(work, verb, lines=lines)
    order = doors.see(sold["order_id"])
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert [one["total"] for one in order["shipments"]] == [1000, 4000]
