"""The shipment: what is in its boxes, what its units cost, which tender pays for it, and the fact that it left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.fulfillment.events import EventLine
from oms.fulfillment.model import Capture, FulfillmentOrder, Package, Shipment, ShippedLine, Status, WorkLine
from oms.fulfillment.request import ActionLine, ActionRequest, PackageRequest, ShipmentRequest
from oms.fulfillment.shipping import new_shipment, shipment_amounts, shipment_event
from oms.orders.amounts import Amounts
from oms.orders.model import Header, Line, Order
from oms.orders.request import Charge, Discount, LineRequest, Method, Totals
from oms.payments.model import Payment, State
from oms.platform.clock import FixedClock
from oms.platform.commands import Runtime
from oms.platform.problems import InvalidRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EARLIER = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
# Line 1: three units of 10.00 less 1.00, 0.07 tax. Line 2: two units of 5.00. The order: 6.00 postage, 0.48 tax.
AGREED = (
    LineRequest(
        sku="A",
        quantity=3,
        unit_price=1000,
        discounts=(Discount(amount=100, source="promo"),),
        charges=(Charge(kind="wrap", amount=50, tax=3),),
        tax=4,
        total=2957,
    ),
    LineRequest(sku="B", quantity=2, unit_price=500, total=1000),
)
POSTAGE = Amounts(shipping=600, tax=48)
ALL = (EventLine(line_no=1, sku="A", quantity=3), EventLine(line_no=2, sku="B", quantity=2))


def tender(rank: int, amount: int) -> Payment:
    facts = {"tender": "card", "provider": "strict", "token": "t", "currency": "USD", "state": State.AUTHORIZED}
    return Payment(id=f"pay_{rank}", order_id="ord_1", rank=rank, amount=amount, authorized=amount, **facts)


def order(*shipments: Shipment, payments: tuple[Payment, ...] = (), methods: tuple[Method, ...] = ()) -> Order:
    lines = tuple(
        Line(line_no=n, group_no=1, agreed=agreed.model_copy(update={"method": method}))
        for n, agreed, method in zip((1, 2), AGREED, methods or (Method.SHIP, Method.SHIP), strict=True)
    )
    header = Header(
        id="ord_1",
        external_id="536365",
        channel="web",
        legal_entity="100",
        selling_node="WEB",
        taken_by="shop",
        currency="USD",
        locale="en-US",
        placed_at="x",
        ordered_at="x",
        customer=None,
        groups=(),
        charges=(Charge(kind="shipping", amount=600, tax=48),),
        totals=Totals(goods=4000, discount=100, charges=650, tax=55, total=4605),
        note=None,
        attributes={},
        line_count=2,
        validations=(),
    )
    return Order(header, lines, (), shipments, payments or (tender(1, 4605),))


def work(method: str = "ship") -> FulfillmentOrder:
    return FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method=method,
        status=Status.OPEN,
        lines=tuple(WorkLine(line_no=line.line_no, sku=line.sku, quantity=line.quantity) for line in ALL),
        created_at="x",
    )


def units(*pairs: tuple[int, int]) -> tuple[EventLine, ...]:
    return tuple(EventLine(line_no=n, sku="AB"[n - 1], quantity=quantity) for n, quantity in pairs)


def ship(one: Order, lines: tuple[EventLine, ...] = ALL, method: str = "ship", **request: Any) -> Shipment:
    runtime = Runtime(clock=FixedClock(NOW), database=None)  # type: ignore[arg-type]
    return new_shipment(runtime, one, work(method), lines, ActionRequest(**request))


def box(number: int, *contents: tuple[int, int], **more: Any) -> PackageRequest:
    lines = tuple(ActionLine(line_no=n, quantity=quantity) for n, quantity in contents)
    return PackageRequest(package_no=number, lines=lines or None, **more)


def refused(*boxes: PackageRequest, lines: tuple[EventLine, ...] = ALL) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as problem:
        ship(order(), lines, shipment=ShipmentRequest(packages=boxes))
    return [(error.pointer, error.code) for error in problem.value.errors]


def test_a_shipment_holds_what_left_and_what_it_cost():
    boxes = (box(1, (1, 3), weight_grams=900, tracking_number="T1"), box(2, (2, 1), (2, 1)))
    asked = ShipmentRequest(carrier="ups", tracking_number="T0", packages=boxes)
    assert ship(order(), shipment=asked, occurred_at=EARLIER) == Shipment(
        id="shp_1_1",
        order_id="ord_1",
        fulfillment_order_id="ful_1_1",
        node_id="S1",
        mode="ship",
        lines=(ShippedLine(line_no=1, sku="A", quantity=3), ShippedLine(line_no=2, sku="B", quantity=2)),
        packages=(
            Package(
                package_no=1,
                weight_grams=900,
                tracking_number="T1",
                lines=(ShippedLine(line_no=1, sku="A", quantity=3),),
            ),
            Package(package_no=2, lines=(ShippedLine(line_no=2, sku="B", quantity=2),)),
        ),
        carrier="ups",
        tracking_number="T0",
        shipped_at="2026-11-23T09:30:00.000Z",
        goods=4000,
        discount=100,
        shipping=650,
        tax=55,
        captures=(Capture(payment_id="pay_1", amount=4605, fixed_at="2026-11-23T12:00:00.000Z"),),
    )


def test_shipments_of_an_order_are_numbered_and_dated_by_the_clock_unless_told():
    first = ship(order(), units((1, 1)))
    assert (first.id, first.shipped_at, first.packages) == ("shp_1_1", "2026-11-23T12:00:00.000Z", ())
    assert ship(order(first), units((1, 1))).id == "shp_1_2"


@pytest.mark.parametrize(
    ("method", "mode"),
    [
        ("ship", "ship"),
        ("delivery", "ship"),
        ("pickup", "pickup"),
        ("ship_to_store", "pickup"),
        ("digital", "digital"),
    ],
)
def test_how_units_leave_follows_from_the_method(method: str, mode: str):
    assert ship(order(), method=method).mode == mode


def test_one_box_alone_need_not_say_what_is_in_it():
    (package,) = ship(order(), shipment=ShipmentRequest(packages=(box(7),))).packages
    assert package == Package(package_no=7)
    (package,) = ship(order(), shipment=ShipmentRequest(packages=(box(7, (2, 2), (1, 3)),))).packages
    assert [(line.line_no, line.sku, line.quantity) for line in package.lines] == [(1, "A", 3), (2, "B", 2)]


def test_boxes_hold_exactly_what_leaves():
    mismatch = [("/shipment/packages", "sum_mismatch")]
    assert refused(box(1, (1, 3))) == mismatch
    assert refused(box(1, (1, 3), (2, 3))) == mismatch
    assert refused(box(1, (1, 2), (2, 2)), box(2, (1, 2))) == mismatch
    assert refused(box(1, (1, 3), (2, 2)), lines=units((1, 3))) == mismatch
    assert refused(box(1, (1, 3)), box(1, (2, 2))) == [("/shipment/packages", "repeated")]
    assert refused(box(1, (1, 3)), box(2), box(3)) == [
        ("/shipment/packages/1/lines", "required"),
        ("/shipment/packages/2/lines", "required"),
    ]
    assert refused(box(1), box(1, (2, 2))) == [
        ("/shipment/packages", "repeated"),
        ("/shipment/packages/0/lines", "required"),
    ]


def test_the_refusal_names_the_first_line_that_is_off_with_both_counts():
    with pytest.raises(InvalidRequest) as problem:
        ship(order(), shipment=ShipmentRequest(packages=(box(1, (1, 3), (2, 5)),)))
    assert "5 units of line 2, and 2 leave" in problem.value.errors[0].detail
    with pytest.raises(InvalidRequest) as problem:
        ship(order(), shipment=ShipmentRequest(packages=(box(1, (2, 5)),)))
    assert "0 units of line 1, and 3 leave" in problem.value.errors[0].detail


def test_each_parcel_costs_its_own_units_and_the_first_brings_the_postage():
    parcels: list[Shipment] = []
    for _ in range(3):
        parcels.append(ship(order(*parcels), units((1, 1))))
    parcels.append(ship(order(*parcels), units((2, 2))))
    assert [parcel.amounts for parcel in parcels] == [
        Amounts(1000, 33, 17, 2) + POSTAGE,
        Amounts(1000, 34, 16, 3),
        Amounts(1000, 33, 17, 2),
        Amounts(goods=1000),
    ]
    assert sum(parcel.amounts.total for parcel in parcels) == 4605


def test_what_is_downloaded_leaves_the_postage_to_the_goods():
    mixed = (Method.SHIP, Method.DIGITAL)
    assert shipment_amounts(order(methods=mixed), units((2, 2)), "digital") == Amounts(goods=1000)
    assert shipment_amounts(order(methods=mixed), units((1, 3)), "ship") == Amounts(3000, 100, 50, 7) + POSTAGE
    assert ship(order(methods=mixed), units((2, 2)), "digital").amounts == Amounts(goods=1000)
    bits = (Method.DIGITAL, Method.DIGITAL)
    assert shipment_amounts(order(methods=bits), units((2, 2)), "digital") == Amounts(goods=1000) + POSTAGE


def test_tenders_pay_by_rank_and_never_twice_for_what_is_still_to_be_taken():
    def paid(*shipments: Shipment) -> list[tuple[str, int]]:
        one = order(*shipments, payments=(tender(2, 3605), tender(1, 1000)))
        return [(capture.payment_id, capture.amount) for capture in ship(one, units((2, 2))).captures]

    def left(*captures: Capture) -> Shipment:
        return ship(order(), units((1, 1))).model_copy(update={"captures": captures})

    assert paid() == [("pay_1", 1000), ("pay_2", 648)]
    planned = Capture(payment_id="pay_1", amount=300)
    assert paid(left(planned)) == [("pay_1", 700), ("pay_2", 300)]
    assert paid(left(planned, planned), left(planned)) == [("pay_1", 100), ("pay_2", 900)]
    # What was refused will be asked for again; what was taken or is under way is no longer part of what is held.
    assert paid(left(planned.model_copy(update={"refused": "declined"}))) == [("pay_1", 700), ("pay_2", 300)]
    for done in ({"capture_id": "cap_1"}, {"pending": True}, {"capture_id": "cap_1", "pending": True}):
        assert paid(left(planned.model_copy(update=done))) == [("pay_1", 1000)]


def test_the_fact_says_everything_that_the_books_need():
    one = order()
    shipment = ship(one, shipment=ShipmentRequest(carrier="ups", tracking_number="T0"))
    one = replace(one, header=one.header.model_copy(update={"selling_node": "S9"}))
    assert shipment_event(one, shipment).model_dump() == {
        "due_at": None,
        "late_seconds": None,
        "gift_cards": 0,
        "order_id": "ord_1",
        "fulfillment_order_id": "ful_1_1",
        "shipment_id": "shp_1_1",
        "node_id": "S1",
        "mode": "ship",
        "goods": 4000,
        "discount": 100,
        "shipping": 650,
        "tax": 55,
        "taxes": (),
        "total": 4605,
        "currency": "USD",
        "legal_entity": "100",
        "store": "S9",
        "channel": "web",
        "lines": tuple(line.model_dump() for line in ALL),
        "carrier": "ups",
        "tracking_number": "T0",
    }
