"""Which milestone an event is, if it is any, and what tells it apart from another of the same kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from oms.appeasements.model import POLICY
from oms.fulfillment.model import COUNTER_METHODS
from oms.notifications.model import Milestone
from oms.orders.model import DIGITAL, Order
from oms.registry.limits import Activation

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone that was reached, and its subject; `family` is what it shares with the milestone that it could be."""

    milestone: Milestone
    family: str
    subject: str


@dataclass(frozen=True, slots=True)
class Told:
    """A stored event: its type, the number that it has among those of its entity, what caused it, and what it says."""

    type: str
    sequence: int
    causation_id: str
    data: Data


def reached(told: Told, order: Order) -> Reached | None:
    """The milestone of an order that an event is; None where the customer is told nothing."""
    read = _READERS.get(told.type)
    return None if read is None else read(told, order)


def late_lines(data: Data) -> list[Data]:
    """The lines of a changed promise that come later than before, or of which nobody knows the day any more."""
    return [line for line in data["lines"] if _is_later(line["expected_before"], line["expected_on"])]


def new_day(data: Data) -> date | None:
    """The day on which the last of the lines that come later is to come; None where that of one is not known."""
    days = [line["expected_on"] for line in late_lines(data)]
    return None if not days or None in days else date.fromisoformat(max(days))


def _is_later(before: str | None, now: str | None) -> bool:
    return before is not None and (now is None or now > before)


def _one(milestone: Milestone, subject: str) -> Reached:
    return Reached(milestone, milestone.value, subject)


def _confirmed(told: Told, order: Order) -> Reached | None:
    return _one(Milestone.CONFIRMED, "order") if told.data["status"] in ("CONFIRMED", "IN_PROGRESS") else None


def _promise_changed(told: Told, order: Order) -> Reached | None:
    if not late_lines(told.data):
        return None
    day = new_day(told.data)
    return _one(Milestone.DELAYED, day.isoformat() if day else f"unknown.{told.sequence}")


def _ready(told: Told, order: Order) -> Reached | None:
    work_id = str(told.data["fulfillment_order_id"])
    work = next((one for one in order.fulfillment_orders if one.id == work_id), None)
    return _one(Milestone.READY, work_id) if work is not None and work.method in COUNTER_METHODS else None


def _collection_due(told: Told, order: Order) -> Reached | None:
    # Each reminder is one: how many there are is the retailer's own rule.
    return _one(Milestone.RESERVATION_EXPIRING, f"{told.data['fulfillment_order_id']}.{told.sequence}")


def _shipped(told: Told, order: Order) -> Reached | None:
    shipment_id = str(told.data["shipment_id"])
    if told.data["mode"] == "pickup":
        return _one(Milestone.COLLECTED, shipment_id)
    if told.data["mode"] == DIGITAL:
        return _one(Milestone.ACTIVATED, shipment_id) if activations_of(order, shipment_id) else None
    if told.data["mode"] != "ship":
        return None
    whole = _leaves_nothing(order, shipment_id)
    return Reached(Milestone.SHIPPED if whole else Milestone.PARTLY_SHIPPED, "shipped", shipment_id)


def activations_of(order: Order, shipment_id: str) -> list[tuple[int, Activation]]:
    """What was activated of a shipment, with its lines."""
    return [
        (line.line_no, one)
        for work in order.fulfillment_orders
        for line in work.lines
        for one in line.activations
        if one.shipment_id == shipment_id
    ]


def _leaves_nothing(order: Order, shipment_id: str) -> bool:
    """Whether, with the shipments up to this one, everything that was not cancelled has left."""
    gone: dict[int, int] = {}
    for shipment in order.shipments:
        for line in shipment.lines:
            gone[line.line_no] = gone.get(line.line_no, 0) + line.quantity
        if shipment.id == shipment_id:
            break
    wanted = (line for line in order.work_lines if not line.apart)
    return all(gone.get(line.line_no, 0) + order.cancelled.get(line.line_no, 0) >= line.quantity for line in wanted)


def _delivered(told: Told, order: Order) -> Reached | None:
    return _one(Milestone.DELIVERED, f"{told.data['shipment_id']}.{told.data['tracking_number']}")


def _cancelled(told: Told, order: Order) -> Reached | None:
    return _one(Milestone.CANCELLED, "order")


def _partly_cancelled(told: Told, order: Order) -> Reached | None:
    # A large cancellation comes in several events with one cause: the customer hears of it once.
    return None if told.data["nothing_left"] else _one(Milestone.PARTLY_CANCELLED, told.causation_id)


def _refunded(told: Told, order: Order) -> Reached | None:
    if told.data.get("session_id"):
        return None  # cash from a drawer: the customer stands before it
    return _one(Milestone.REFUNDED, f"{told.data['refund_id']}.{told.data['part']}")


def _pay_link(told: Told, order: Order) -> Reached | None:
    return _one(Milestone.PAY_LINK, f"{told.data['payment_id']}.{told.sequence}")


def _choice(told: Told, order: Order) -> Reached | None:
    # At the counter the customer is asked by the associate, too; the link is another way to answer the same.
    return _one(Milestone.CHOICE, str(told.data["choice_id"]))


def _goodwill(told: Told, order: Order) -> Reached | None:
    # What a person grants they tell the customer themselves.
    return _one(Milestone.GOODWILL, str(told.data["appeasement_id"])) if told.data["requested_by"] == POLICY else None


_READERS: Mapping[str, Callable[[Told, Order], Reached | None]] = {
    "OrderPlaced": _confirmed,
    "OrderReviewAccepted": _confirmed,
    "OrderPromiseChanged": _promise_changed,
    "FulfillmentOrderPromiseAtRisk": _promise_changed,
    "FulfillmentOrderReady": _ready,
    "FulfillmentOrderCollectionDue": _collection_due,
    "ShipmentShipped": _shipped,
    "ParcelDelivered": _delivered,
    "OrderCancelled": _cancelled,
    "OrderLinesCancelled": _partly_cancelled,
    "RefundExecuted": _refunded,
    "PaymentLinkCreated": _pay_link,
    "ChoiceOffered": _choice,
    "AppeasementGranted": _goodwill,
    "CouponIssued": _goodwill,
}
