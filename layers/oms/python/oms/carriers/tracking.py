"""What carriers tell of parcels: recorded first, then taken in, each piece of news once and none that is older.

News are compared by when the parcel was there, never by when they came. Of the same instant the first that came holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from oms.carriers.events import ParcelDelivered, ParcelStatusChanged, TrackingReported
from oms.carriers.store import (
    Tracked,
    normal,
    told_write,
    tracked_shipments,
    unknown_write,
)
from oms.fulfillment.events import EventLine
from oms.fulfillment.model import Parcel, ParcelStatus, Shipment, ShippedLine
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Runtime, execute, input_hash
from oms.platform.consumers import Event, call_from_event
from oms.platform.effects import TransientFailure
from oms.platform.events import EventData, EventDraft
from oms.platform.observability import counted, logger
from oms.platform.principal import system_principal
from oms.platform.writes import Write

METRIC = "ParcelsUnknown"
# A carrier may be quicker than the event that makes a number known: until then its news come again.
_BECOMES_KNOWN = timedelta(minutes=10)
# After these nobody waits for more news.
_LAST = frozenset({ParcelStatus.DELIVERED, ParcelStatus.RETURNING})
_ON_ITS_WAY = frozenset(
    {ParcelStatus.IN_TRANSIT, ParcelStatus.OUT_FOR_DELIVERY, ParcelStatus.ATTEMPTED, ParcelStatus.EXCEPTION}
)
# state -> the states that may follow; None is a parcel of which nothing was told. What was delivered or is on its way
# back stays so, whatever is scanned afterwards: a scan at the sender's door says delivered, too.
PARCEL_TRANSITIONS: Mapping[ParcelStatus | None, frozenset[ParcelStatus]] = {
    None: frozenset(ParcelStatus),
    **{one: frozenset(ParcelStatus) - {one} for one in _ON_ITS_WAY},
    ParcelStatus.RETURNING: frozenset(),
    ParcelStatus.DELIVERED: frozenset(),
}


def record_tracking(runtime: Runtime, tenant: str, told: TrackingReported) -> str:
    """Record what a carrier told, each message once; answers `recorded`, however often it is told."""
    name = f"{told.provider}:{told.message_id}"
    call = Call(
        command="record_tracking",
        principal=system_principal(tenant, f"carrier:{told.provider}"),
        key=name,
        input_hash=input_hash([told.provider, told.message_id]),
        correlation_id=None,
        causation_id=told.message_id,
    )
    execute(runtime, call, lambda: Decision([], [EventDraft(f"MESSAGE#{name}", 1, told)], body={"done": "recorded"}))
    return "recorded"


def take_tracking(runtime: Runtime, event: Event) -> None:
    """Take in what a carrier told of a parcel: the shipment shows it, and what was delivered is delivered.

    News that are older than what is known change nothing. A number that no shipment has is kept for a person; within
    ten minutes of the news it raises TransientFailure, since the shipment may still become known.
    """
    told = TrackingReported.model_validate(event.data)
    found = tracked_shipments(runtime.database, event.tenant, told.tracking_number)
    if not found:
        _unknown(runtime, event, told)
        return
    for tracked in found:
        _take(runtime, event, told, tracked)


def _take(runtime: Runtime, event: Event, told: TrackingReported, tracked: Tracked) -> None:
    call = call_from_event("take_tracking", event, key=f"{event.meta['id']}#{tracked.shipment_id}")

    def decide() -> Decision:
        again = tracked_shipments(runtime.database, event.tenant, told.tracking_number)
        now = next((one for one in again if one.shipment_id == tracked.shipment_id), tracked)
        order = load_order(runtime.database, event.tenant, tracked.order_id)
        shipment = _shipment(order, tracked.shipment_id)
        if order is None or shipment is None or _is_old(told, now):
            return Decision([], body={"done": "nothing"})
        number, heard_at = told.tracking_number, runtime.clock.now()
        moved = moved_parcel(shipment, told)
        state = next((one.status for one in (moved or (shipment,))[0].parcels if _is_of(one, number)), None)
        writes = [told_write(event.tenant, number, now, told.status_at, heard_at, is_last=state in _LAST)]
        ended, events = _end_of_silence(runtime, call, number, now)
        writes += ended
        if moved is None:
            return Decision(writes, events, body={"done": "noted"})
        _, changed, drafts = change_order(event.tenant, order, events=[moved[1]], shipments=[moved[0]])
        return Decision([*writes, *changed], [*drafts, *events], body={"done": told.status.value})

    execute(runtime, call, decide)


def _end_of_silence(
    runtime: Runtime, call: Call, tracking_number: str, tracked: Tracked
) -> tuple[Sequence[Write], Sequence[EventDraft]]:
    if tracked.silent_at is None or tracked.is_listed:
        return (), ()
    # Loaded with the first parcel that was silent, so that nobody else starts slower.
    from oms.carriers.silence import heard_from

    return heard_from(runtime, call, tracking_number, tracked)


def moved_parcel(shipment: Shipment, told: TrackingReported) -> tuple[Shipment, EventData] | None:
    """The shipment with a parcel where a carrier saw it, and the fact of it; None where that does not follow."""
    number = _own_spelling(shipment, told.tracking_number)
    known = next((one for one in shipment.parcels if one.tracking_number == number), None)
    before = known.status if known else None
    if told.status not in PARCEL_TRANSITIONS[before]:
        return None
    arrived = told.status is ParcelStatus.DELIVERED
    lines = parcel_lines(shipment, number) if arrived else ()
    parcel = Parcel(tracking_number=number, status=told.status, status_at=told.status_at, delivered=lines)
    others = tuple(one for one in shipment.parcels if one.tracking_number != number)
    after = shipment.model_copy(update={"parcels": (*others, parcel)})
    ids = {
        "order_id": shipment.order_id,
        "fulfillment_order_id": shipment.fulfillment_order_id,
        "shipment_id": shipment.id,
        "node_id": shipment.node_id,
        "carrier": shipment.carrier or told.carrier,
        "tracking_number": number,
    }
    if not arrived:
        return after, ParcelStatusChanged(**ids, status=told.status, before=before, status_at=told.status_at)
    units = tuple(EventLine(**line.model_dump()) for line in lines)
    return after, ParcelDelivered(**ids, delivered_at=told.status_at, lines=units)


def parcel_lines(shipment: Shipment, tracking_number: str) -> tuple[ShippedLine, ...]:
    """What travels under a tracking number: the contents of its packages; of a shipment's own number, of all others."""
    packages = [one for one in shipment.packages if one.tracking_number == tracking_number]
    if tracking_number == shipment.tracking_number:
        packages += [one for one in shipment.packages if one.tracking_number is None]
    if len(packages) == len(shipment.packages):
        return shipment.lines
    units: dict[int, ShippedLine] = {}
    for line in (line for package in packages for line in package.lines or shipment.lines):
        known = units.get(line.line_no)
        units[line.line_no] = line.model_copy(update={"quantity": line.quantity + (known.quantity if known else 0)})
    return tuple(units[line_no] for line_no in sorted(units))


def _own_spelling(shipment: Shipment, tracking_number: str) -> str:
    """The number as the node wrote it."""
    same = [one for one in shipment.tracking_numbers if normal(one) == normal(tracking_number)]
    return same[0] if same else tracking_number


def _is_of(parcel: Parcel, tracking_number: str) -> bool:
    return normal(parcel.tracking_number) == normal(tracking_number)


def _is_old(told: TrackingReported, known: Tracked) -> bool:
    return bool(known.told_at) and parse_instant(told.status_at) <= parse_instant(known.told_at)


def _shipment(order: Order | None, shipment_id: str) -> Shipment | None:
    return next((one for one in order.shipments if one.id == shipment_id), None) if order else None


def _unknown(runtime: Runtime, event: Event, told: TrackingReported) -> None:
    now = runtime.clock.now()
    if now - parse_instant(str(event.meta["occurred_at"])) < _BECOMES_KNOWN:
        raise TransientFailure(f"no shipment is known by the number that {told.message_id} tells of yet")
    news = {**told.model_dump(mode="json"), "parked_at": format_instant(now)}
    runtime.database.commit([unknown_write(event.tenant, told.tracking_number, news)])
    logger().error("news of a parcel that no shipment has", message_id=told.message_id, **counted(METRIC, now))
