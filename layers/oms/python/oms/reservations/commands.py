"""The verbs of a reservation: make, change, close, and what the clock does when its time is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from oms.inventory.model import Claimable
from oms.inventory.reads import holds_of_reservation
from oms.inventory.writes import StockChanges
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData, EventDraft
from oms.platform.observability import logger
from oms.platform.principal import Principal, authorize
from oms.platform.problems import FieldError, InvalidRequest, NotFound, StaleVersion, TooLarge
from oms.platform.writes import MOST_ACTIONS, Kind, Write, put
from oms.registry.segments import shown
from oms.reservations.events import (
    ReservationChanged,
    ReservationClosed,
    ReservationExpired,
    ReservationMade,
    ReservedUnits,
)
from oms.reservations.model import Reservation, ReservedLine, Status, move, require_active
from oms.reservations.planning import plan
from oms.reservations.requests import ReservationChange, ReservationRequest
from oms.reservations.store import TABLE, expiring, load_reservation, partition, swept_key
from oms.reservations.views import reservation_document
from oms.reservations.writes import Places, changed_reservation, ended_reservation, new_reservation

_HOUR = timedelta(hours=1)
# Clocks of functions differ by less; a note is looked for again for so long after its hour.
_LOOK_BACK = timedelta(minutes=2)
# How far one round goes, and how far back it begins where nothing was swept before.
_MOST_HOURS, _FIRST_LOOK_BACK = 1_000, timedelta(days=2)
# The function itself may run for a minute.
_LONGEST_RUN = timedelta(seconds=40)


def make_reservation(runtime: Runtime, call: Call, request: ReservationRequest) -> Outcome:
    """Hold the units of a basket. Raises InvalidRequest or OutOfStock, and then nothing is held."""
    authorize(call.principal, "reservations.write", partition(call.tenant, ""), channel=request.channel)

    def decide() -> Decision:
        now = runtime.clock.now()
        basket = Reservation(
            id=runtime.ids.new("rsv"),
            channel=request.channel,
            method=request.method,
            country=request.country,
            postal_code=request.postal_code,
            lines=tuple(
                ReservedLine(line_no=number, **line.model_dump()) for number, line in enumerate(request.lines, start=1)
            ),
            created_at=format_instant(now),
            expires_at=format_instant(now + timedelta(seconds=request.ttl_seconds)),
        )
        made, stock = plan(runtime, call.tenant, basket, {}, now)
        claims = _difference(call.tenant, made, {}, stock, now)
        told = ReservationMade(**_facts(made), expires_at=made.expires_at, units=_units(made.places))
        writes = [*new_reservation(call.tenant, made), *claims.writes()]
        return _decision(runtime, made, writes, told, status=201)

    return execute(runtime, call, decide)


def change_reservation(runtime: Runtime, call: Call, reservation_id: str, change: ReservationChange) -> Outcome:
    """Hold the units until another instant, or other quantities; what it has it keeps meanwhile.

    Raises ActionNotAvailable where it is over, OutOfStock where more units are wanted than there are.
    """

    def decide() -> Decision:
        now = runtime.clock.now()
        before = _active(runtime, call, reservation_id)
        quantities = {line.line_no: line.quantity for line in change.lines}
        _refuse_other_lines(before, change)
        after = before.model_copy(
            update={
                "version": before.version + 1,
                "expires_at": before.expires_at
                if change.ttl_seconds is None
                else format_instant(now + timedelta(seconds=change.ttl_seconds)),
            }
        )
        claims: list[Write] = []
        if quantities:
            lines = tuple(
                line.model_copy(update={"quantity": quantities.get(line.line_no, line.quantity)})
                for line in before.lines
            )
            # It was active after `now`, so none of its own holds is among those that have expired by then.
            after, stock = plan(runtime, call.tenant, after.model_copy(update={"lines": lines}), before.places, now)
            claims = _difference(call.tenant, after, before.places, stock, now).writes()
        told = ReservationChanged(**_facts(after), expires_at=after.expires_at, units=_units(after.places))
        return _decision(runtime, after, [*changed_reservation(call.tenant, before, after), *claims], told)

    return execute(runtime, call, decide)


def close_reservation(runtime: Runtime, call: Call, reservation_id: str) -> Outcome:
    """Give a basket up; its units are available again. Raises ActionNotAvailable where it is over."""

    def decide() -> Decision:
        before = _active(runtime, call, reservation_id)
        after = move(before, Status.CLOSED)
        writes, units = _given_back(runtime, call.tenant, before, after)
        return _decision(runtime, after, writes, ReservationClosed(**_facts(after), units=_units(units)))

    return execute(runtime, call, decide)


def expire_reservations(runtime: Runtime, tenant: str) -> int:
    """Tell of every reservation of a tenant whose time is over, and give back what is still held; how many it were.

    Their units were available from the very instant on: this only tidies up, once for each. One that cannot be ended
    keeps no other waiting; its hour is looked through again until it is.
    """
    now, key = runtime.clock.now(), swept_key(tenant)
    stored = runtime.database.get("commands", key)
    start = parse_instant(str(stored["hour"])) if stored else _hour(now - _FIRST_LOOK_BACK)
    start = min(start, _hour(now - _LOOK_BACK))
    expired, left = 0, list[datetime]()
    hours = [start + n * _HOUR for n in range(min((now - start) // _HOUR + 1, _MOST_HOURS))]
    for hour in hours:
        count, all_done = _expire_hour(runtime, tenant, hour, now)
        expired += count
        left += [] if all_done else [hour]
    swept = format_instant(min([hours[-1] + _HOUR, _hour(now - _LOOK_BACK), *left]))
    if stored is None or swept != stored["hour"]:
        runtime.database.commit([put("commands", key, {"hour": swept})])
    return expired


def _expire_hour(runtime: Runtime, tenant: str, hour: datetime, now: datetime) -> tuple[int, bool]:
    """End what was to expire in an hour by now: how many, and whether none of it is left."""
    expired, all_done = 0, True
    for note, expires_at, reservation_id in expiring(runtime.database, tenant, hour):
        if expires_at > format_instant(now):
            break
        if runtime.clock.now() - now > _LONGEST_RUN:
            return expired, False
        try:
            expired += _expire(runtime, tenant, reservation_id)
            runtime.database.commit([Write(Kind.REMOVE, TABLE, note)])
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the note stays and the others get their turn.
            logger().exception("reservation not ended", reservation_id=reservation_id, error_type=type(error).__name__)
            all_done = False
    return expired, all_done


def _expire(runtime: Runtime, tenant: str, reservation_id: str) -> int:
    """End one reservation whose time is over; one that was changed or has ended is left alone."""
    found = load_reservation(runtime.database, tenant, reservation_id)
    if found is None or not _is_over(runtime, found):
        return 0
    call = call_from_workflow("expire_reservation", tenant, f"{reservation_id}#{found.expires_at}")

    def decide() -> Decision:
        before = load_reservation(runtime.database, tenant, reservation_id)
        if before is None or not _is_over(runtime, before):
            return Decision([], body={"id": reservation_id})
        after = move(before, Status.EXPIRED)
        writes, units = _given_back(runtime, tenant, before, after)
        return _decision(runtime, after, writes, ReservationExpired(**_facts(after), units=_units(units)))

    return 0 if execute(runtime, call, decide).replayed else 1


def _is_over(runtime: Runtime, found: Reservation) -> bool:
    now = format_instant(runtime.clock.now())
    return found.status is Status.ACTIVE and found.status_at(now) is Status.EXPIRED


def _given_back(
    runtime: Runtime, tenant: str, before: Reservation, after: Reservation
) -> tuple[list[Write], Mapping[tuple[str, str], int]]:
    """The end of a reservation with what it still holds, which is all or what nobody has claimed since it expired."""
    holds = holds_of_reservation(runtime.database, tenant, before.id, before.places)
    changes = _changes(tenant, after, runtime.clock.now())
    for (sku, node_id), hold in holds.items():
        changes.end_hold(sku, node_id, hold)
    units = {place: hold.units for place, hold in holds.items()}
    return [*ended_reservation(tenant, before, after), *changes.writes()], units


def _difference(tenant: str, made: Reservation, before: Places, stock: Claimable, now: datetime) -> StockChanges:
    """What the rows give more, or get back, so that they hold what the basket says."""
    changes, places = _changes(tenant, made, now), made.places
    for sku, node_id in dict.fromkeys((*before, *places)):
        more = places.get((sku, node_id), 0) - before.get((sku, node_id), 0)
        if more > 0:
            changes.claim(stock, sku, node_id, more)
        elif more < 0:
            changes.release_reservation(sku, node_id, -more)
    return changes


def _changes(tenant: str, made: Reservation, now: datetime) -> StockChanges:
    return StockChanges(tenant, movement_id=f"{made.id}.{made.version}", cause=made.id, at=now)


def _decision(
    runtime: Runtime, after: Reservation, writes: list[Write], told: EventData, *, status: int = 200
) -> Decision:
    # The event and the record of the command are two more.
    if len(writes) + 2 > MOST_ACTIONS:
        raise TooLarge("The basket is spread over too many nodes; hold it in two reservations.", pointer="/lines")
    event = EventDraft(f"RESERVATION#{after.id}", after.version, told, channel=after.channel)
    body = reservation_document(after, format_instant(runtime.clock.now()))
    return Decision(writes, [event], status=status, body=body)


def _active(runtime: Runtime, call: Call, reservation_id: str) -> Reservation:
    """The reservation, if it is one of the caller's and still holds its units."""
    found = load_reservation(runtime.database, call.tenant, reservation_id)
    if found is None or not _is_theirs(call.principal, found):
        raise NotFound()
    authorize(call.principal, "reservations.write", partition(call.tenant, reservation_id))
    if call.expected_version is not None and call.expected_version != found.version:
        raise StaleVersion(f"The reservation is at version {found.version}.")
    require_active(found, format_instant(runtime.clock.now()))
    return found


def _is_theirs(principal: Principal, found: Reservation) -> bool:
    return not principal.channels or found.channel in principal.channels


def _refuse_other_lines(before: Reservation, change: ReservationChange) -> None:
    known = {line.line_no for line in before.lines}
    errors = [
        FieldError(f"/lines/{position}/line_no", "unknown_line", f"there is no line {line.line_no}")
        for position, line in enumerate(change.lines)
        if line.line_no not in known
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _facts(made: Reservation) -> dict[str, str]:
    return {"reservation_id": made.id, "channel": made.channel}


def _units(places: Mapping[tuple[str, str], int]) -> tuple[ReservedUnits, ...]:
    return tuple(
        ReservedUnits(**shown(sku), node_id=node_id, quantity=units) for (sku, node_id), units in sorted(places.items())
    )
