"""The order by itself: its status, its roll-ups, its units by state and what accompanies its goods. No tables."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import FulfillmentOrder, Shipment, ShippedLine, WorkLine
from oms.fulfillment.model import Status as Work
from oms.orders import charges, model
from oms.orders.amounts import Amounts
from oms.orders.claims import open_claims
from oms.orders.model import Cancellation, Claim, FulfillmentRollup, Header, Line, Order, Status
from oms.orders.quantities import quantities
from oms.orders.request import Charge, LineRequest, LineType, Method, Totals
from oms.orders.views import available_actions
from oms.payments.model import Payment, Rollup, State

CHARGE = Charge(kind="shipping", amount=600, tax=48)
STARTED = {Work.ACCEPTED, Work.PICKING, Work.PACKED, Work.READY, Work.IN_TRANSIT, Work.COMPLETED}


def goods(line_no: int = 1, quantity: int = 5, **more: Any) -> Line:
    agreed = {"sku": f"S{line_no}", "quantity": quantity, "unit_price": 100, "tax": 10, **more.pop("agreed", {})}
    request = LineRequest(**{**agreed, "total": quantity * 100 + agreed["tax"]})
    return Line(**{"line_no": line_no, "group_no": 1, "agreed": request, **more})


def service(line_no: int, quantity: int = 1) -> Line:
    return goods(line_no, quantity, work=False, agreed={"type": LineType.NON_STOCK, "tax": 7})


def digital(line_no: int, quantity: int = 1) -> Line:
    return goods(line_no, quantity, agreed={"method": Method.DIGITAL})


def work(status: Work = Work.OPEN, method: str = "ship", **part: Any) -> FulfillmentOrder:
    return FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method=method,
        status=status,
        lines=(WorkLine(**{"line_no": 1, "sku": "S1", "quantity": 5, **part}),),
        created_at="2026-11-23T12:00:00.000Z",
    )


def shipment(units: dict[int, int], mode: str = "ship", **amounts: int) -> Shipment:
    return Shipment(
        id="shp_1_1",
        order_id="ord_1",
        fulfillment_order_id="ful_1_1",
        node_id="S1",
        mode=mode,
        lines=tuple(ShippedLine(line_no=n, sku=f"S{n}", quantity=quantity) for n, quantity in units.items()),
        shipped_at="2026-11-23T12:00:00.000Z",
        **{"goods": 0, "discount": 0, "shipping": 0, "tax": 0, **amounts},
    )


def order(
    *lines: Line,
    works: tuple[FulfillmentOrder, ...] = (),
    shipments: tuple[Shipment, ...] = (),
    payments: tuple[Payment, ...] = (),
    cancelled: tuple[tuple[int, int], ...] = (),
    **header: Any,
) -> Order:
    facts = dict.fromkeys(("id", "external_id", "channel", "legal_entity", "selling_node", "taken_by"), "x")
    facts |= {"currency": "USD", "locale": "en-US", "placed_at": "x", "ordered_at": "x", "customer": None}
    facts |= {"groups": (), "charges": (), "note": None, "attributes": {}, "line_count": 1, "validations": ()}
    facts |= {"totals": Totals(goods=500, total=500), "sourced": True}
    given = tuple(Cancellation(line_no=n, quantity=units, reason="customer") for n, units in cancelled)
    head = Header(**{**facts, "cancellations": given, **header})
    return Order(head, lines or (goods(),), works, shipments, payments)


@pytest.mark.parametrize("status", list(Work))
def test_an_order_is_in_progress_once_a_node_has_taken_some_of_it(status: Work):
    expected = Status.IN_PROGRESS if status in STARTED else Status.CONFIRMED
    assert model.status(order(works=(work(status),))) is expected
    assert model.status(order(works=(work(Work.OPEN), work(status)))) is expected


def test_review_comes_before_everything_and_cancellation_before_completion():
    everything = ((1, 5),)
    assert model.status(order(in_review=True, cancelled=everything)) is Status.PENDING_REVIEW
    assert model.status(order()) is Status.CONFIRMED
    assert model.status(order(cancelled=everything)) is Status.CANCELLED
    assert model.status(order(cancelled=((1, 3), (1, 2)))) is Status.CANCELLED
    assert model.status(order(cancelled=((1, 4),))) is Status.CONFIRMED
    assert model.status(order(goods(), goods(2), cancelled=everything)) is Status.CONFIRMED


def test_an_order_is_complete_when_all_of_its_work_has_left_or_was_cancelled():
    def after(*units: int, **more: Any) -> Status:
        return model.status(order(shipments=tuple(shipment({1: n}) for n in units), **more))

    assert after(5) is after(2, 3) is after(2, cancelled=((1, 3),)) is Status.COMPLETED
    assert after(4) is after(2, 2) is after(2, cancelled=((1, 2),)) is Status.IN_PROGRESS
    # Before it was sourced, what has no work yet is not done.
    assert after(5, sourced=False) is Status.IN_PROGRESS
    assert model.status(order(service(1), sourced=False)) is Status.CONFIRMED
    assert model.status(order(service(1))) is Status.COMPLETED
    # A service beside the goods waits for nobody.
    assert model.status(order(goods(), service(2), shipments=(shipment({1: 5}),))) is Status.COMPLETED
    assert model.status(order(goods(), goods(2), shipments=(shipment({1: 5}),))) is Status.IN_PROGRESS


def test_how_much_has_left_is_unfulfilled_partial_or_all():
    assert model.fulfillment_status(order()) is FulfillmentRollup.UNFULFILLED
    assert model.fulfillment_status(order(cancelled=((1, 5),))) is FulfillmentRollup.UNFULFILLED
    assert model.fulfillment_status(order(shipments=(shipment({1: 1}),))) is FulfillmentRollup.PARTIALLY_FULFILLED
    assert model.fulfillment_status(order(shipments=(shipment({1: 5}),))) is FulfillmentRollup.FULFILLED
    assert (
        model.fulfillment_status(order(shipments=(shipment({1: 1}),), cancelled=((1, 4),)))
        is FulfillmentRollup.FULFILLED
    )


def test_the_payment_status_weighs_what_was_taken_against_the_worth_of_what_left():
    paid = Payment(
        id="pay_1",
        order_id="ord_1",
        rank=1,
        tender="card",
        provider="strict",
        token="t",
        amount=500,
        currency="USD",
        state=State.CAPTURED,
        authorized=300,
        captured=300,
    )
    first, second = shipment({1: 2}, goods=200), shipment({1: 1}, goods=90, shipping=20, tax=5, discount=15)
    assert model.payment_status(order(payments=(paid,), shipments=(first, second))) is Rollup.CAPTURED
    third = shipment({1: 1}, goods=1)
    assert model.payment_status(order(payments=(paid,), shipments=(first, second, third))) is Rollup.PARTIALLY_CAPTURED
    assert model.payment_status(order()) is Rollup.UNPAID
    assert model.payment_status(order(totals=Totals(goods=0, total=0))) is Rollup.CAPTURED


@pytest.mark.parametrize(
    ("status", "method", "part", "expected"),
    [
        (Work.SCHEDULED, "ship", {}, {"allocated": 5}),
        (Work.OPEN, "ship", {}, {"released": 5}),
        (Work.ACCEPTED, "ship", {}, {"released": 5}),
        (Work.PICKING, "ship", {"picked": 2}, {"released": 3, "picked": 2}),
        (Work.PICKING, "ship", {"picked": 4, "packed": 1}, {"released": 1, "picked": 3, "packed": 1}),
        (
            Work.PACKED,
            "ship",
            {"picked": 5, "packed": 4, "shipped": 2},
            {"picked": 1, "packed": 2, "shipped": 2},
        ),
        (Work.READY, "pickup", {"picked": 5, "packed": 5, "shipped": 2}, {"ready": 3, "collected": 2}),
        (Work.READY, "ship_to_store", {"picked": 5, "packed": 5, "shipped": 1}, {"ready": 4, "collected": 1}),
        (Work.COMPLETED, "delivery", {"picked": 5, "packed": 5, "shipped": 5}, {"shipped": 5}),
        (Work.COMPLETED, "digital", {"picked": 5, "packed": 5, "shipped": 5}, {"delivered": 5}),
        (Work.OPEN, "ship", {"cancelled": 1, "given_up": 2}, {"released": 2, "cancelled": 1, "open": 2}),
    ],
)
def test_every_unit_is_in_one_state(status: Work, method: str, part: dict[str, int], expected: dict[str, int]):
    cancelled = ((1, part["cancelled"]),) if "cancelled" in part else ()
    one = order(works=(work(status, method, **part),), cancelled=cancelled)
    assert quantities(one, one.line(1)) == expected


def test_the_units_of_several_nodes_add_up():
    works = (work(Work.SCHEDULED, quantity=2), work(Work.PICKING, quantity=2, picked=1), work(Work.OPEN, line_no=2))
    one = order(goods(1, 6), goods(2, 5), works=works, cancelled=((1, 1),))
    assert quantities(one, one.line(1)) == {
        "open": 1,
        "allocated": 2,
        "released": 1,
        "picked": 1,
        "cancelled": 1,
    }
    assert quantities(one, one.line(2)) == {"released": 5}


def test_what_several_nodes_have_done_adds_up_step_by_step():
    counter = work(Work.READY, "pickup", picked=5, packed=5, shipped=2)
    parcel = work(Work.PACKED, picked=4, packed=3, shipped=1)
    one = order(goods(1, 24), works=(counter, counter, parcel, parcel))
    assert quantities(one, one.line(1)) == {
        "open": 4,
        "released": 2,
        "picked": 2,
        "packed": 4,
        "ready": 6,
        "shipped": 2,
        "collected": 4,
    }


def test_a_service_is_delivered_with_the_order():
    left = (shipment({1: 5}),)
    for shipments, state in (((), "open"), (left, "delivered")):
        one = order(goods(), service(2, 3), shipments=shipments, cancelled=((2, 1),))
        assert quantities(one, one.line(2)) == {state: 2, "cancelled": 1}


def test_what_can_be_done_with_an_order_in_each_status():
    assert {status: available_actions(status) for status in Status} == {
        Status.DRAFT: [],
        Status.PENDING_REVIEW: ["review", "cancel"],
        Status.CONFIRMED: ["cancel"],
        Status.IN_PROGRESS: ["cancel"],
        Status.COMPLETED: [],
        Status.CANCELLED: [],
    }


@pytest.mark.parametrize(
    ("cancelled", "left"),
    [
        (0, [("S1", 2), ("S2", 3)]),
        (1, [("S1", 2), ("S2", 2)]),
        (3, [("S1", 2)]),
        (4, [("S1", 1)]),
        (5, []),
    ],
)
def test_cancelled_units_leave_the_last_claims_first(cancelled: int, left: list[tuple[str, int]]):
    claims = (Claim(node_id="S1", quantity=2), Claim(node_id="S2", quantity=3))
    one = order(goods(claims=claims), cancelled=((1, cancelled),) if cancelled else ())
    assert [(claim.node_id, claim.quantity) for claim in open_claims(one, one.line(1))] == left
    other = order(goods(claims=claims), goods(2), cancelled=((2, 5),))
    assert open_claims(other, other.line(1)) == list(claims)


def test_only_goods_that_are_moved_claim_stock():
    assert goods().claims_stock
    assert not service(1).claims_stock
    assert not digital(1).claims_stock


def test_services_and_charges_leave_once_without_what_was_cancelled():
    one = order(goods(), service(2, 4), charges=(CHARGE,), cancelled=((2, 1), (1, 2)))
    assert charges.order_charges(one.header) == Amounts(shipping=600, tax=48)
    assert charges.line_total(one.line(2)) == Amounts(goods=400, tax=7)
    assert charges.accompanying_amounts(one) == Amounts(goods=300, shipping=600, tax=48 + 5)
    assert charges.accompanying_amounts(order()) == Amounts()
    assert charges.accompanying_amounts(order(goods(), service(2, 4))) == Amounts(goods=400, tax=7)


def test_the_first_shipment_with_goods_takes_along_what_accompanies_them():
    mixed, bits = (goods(), digital(2)), (digital(1),)
    sent, collected, downloaded = shipment({1: 1}), shipment({1: 1}, "pickup"), shipment({2: 1}, "digital")

    def takes(lines: tuple[Line, ...], mode: str, *before: Shipment) -> bool:
        return charges.takes_charges(order(*lines, shipments=before), mode)

    assert takes(mixed, "ship")
    assert takes(mixed, "pickup")
    assert takes(mixed, "ship", downloaded)
    assert not takes(mixed, "digital")
    assert not takes(mixed, "digital", sent)
    assert not takes(mixed, "ship", sent)
    assert not takes(mixed, "ship", collected, downloaded)
    assert takes(bits, "digital")
    assert takes(bits, "ship")
    assert not takes(bits, "digital", downloaded)


def test_lines_are_found_by_number_and_what_left_is_counted_by_line():
    one = order(goods(1), goods(2), service(3), shipments=(shipment({1: 2, 2: 1}), shipment({1: 1})))
    assert [one.line(n).line_no for n in (1, 2, 3)] == [1, 2, 3]
    assert [one.shipped(n) for n in (1, 2, 3)] == [3, 1, 0]
    assert [line.line_no for line in one.work_lines] == [1, 2]
