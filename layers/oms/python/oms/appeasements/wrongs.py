"""What went wrong for a customer, as an event of their order tells it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oms.appeasements.model import Reason
from oms.appeasements.rules import Trigger
from oms.fulfillment.lines import ClaimReason
from oms.fulfillment.model import Shipment
from oms.orders.backorders import NOTHING_TO_COME, WAITED_LONG_ENOUGH
from oms.orders.model import GroupPromise, Order
from oms.platform.clock import format_instant, seconds_late

Data = Mapping[str, Any]
# Why we cancel by ourselves.
OUR_REASONS = frozenset({NOTHING_TO_COME, WAITED_LONG_ENOUGH})
REASONS: Mapping[Trigger, Reason] = {
    Trigger.PROMISE_BROKEN: Reason.LATE,
    Trigger.CANCELLED_BY_US: Reason.SERVICE,
    Trigger.LOST_PARCEL: Reason.MISSING_ITEM,
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that went wrong, with the name that it has whichever event tells it; by how many minutes it is late."""

    event: Trigger
    cause: str
    late_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Around:
    """What is known besides: the order, when its work was ready to be collected, and the zone of who sold it."""

    order: Order
    readied: tuple[Data, ...] = ()
    zone: str = "UTC"


def wrong_of(kind: str, data: Data, around: Around) -> Wrong | None:
    """What an event says that went wrong; None where nothing did."""
    read = _READERS.get(kind)
    return None if read is None else read(data, around)


def _delivered(data: Data, around: Around) -> Wrong | None:
    """A parcel came after the last day that was promised for its lines."""
    shipment = _shipment(around.order, data)
    promises = _promises(around.order, shipment) if shipment else []
    at = str(data["delivered_at"])
    late = [(seconds_late(_end_of(one.latest, around.zone), at), one) for one in promises if one.latest]
    return _broken(late)


def _end_of(day: str, zone: str) -> str:
    """When a day ends that a customer was promised, where the goods were sold."""
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    return format_instant(midnight)


def _collected(data: Data, around: Around) -> Wrong | None:
    """Goods were collected that had been ready later than was promised: before that the customer has none of them."""
    shipment = _shipment(around.order, data)
    if shipment is None:
        return None
    own = [one for one in around.readied if one["fulfillment_order_id"] == shipment.fulfillment_order_id]
    seconds = max((int(one["late_seconds"] or 0) for one in own), default=0)
    return _broken([(seconds, one) for one in _promises(around.order, shipment)])


def _broken(late: list[tuple[int, GroupPromise]]) -> Wrong | None:
    seconds, promise = max(late, key=lambda one: one[0], default=(0, None))
    if promise is None or seconds <= 0:
        return None
    return Wrong(Trigger.PROMISE_BROKEN, f"promise:{promise.promise_id}", seconds // 60)


def _cancelled(data: Data, around: Around) -> Wrong | None:
    return Wrong(Trigger.CANCELLED_BY_US, "cancelled") if data["reason"] in OUR_REASONS else None


def _claimed(data: Data, around: Around) -> Wrong | None:
    if data["reason"] != ClaimReason.LOST:
        return None
    return Wrong(Trigger.LOST_PARCEL, f"parcel:{data['shipment_id']}:{data['tracking_number']}")


def _shipment(order: Order, data: Data) -> Shipment | None:
    return next((one for one in order.shipments if one.id == data["shipment_id"]), None)


def _promises(order: Order, shipment: Shipment) -> list[GroupPromise]:
    """What was promised for the lines of a shipment."""
    groups = {order.line(line.line_no).group_no for line in shipment.lines}
    return [one.promise for one in order.header.groups if one.group_no in groups and one.promise]


_READERS: Mapping[str, Callable[[Data, Around], Wrong | None]] = {
    "ParcelDelivered": _delivered,
    "ShipmentShipped": _collected,
    "OrderLinesCancelled": _cancelled,
    "ParcelClaimed": _claimed,
}
