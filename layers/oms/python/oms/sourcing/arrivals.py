"""When a parcel arrives: working off at the node, collection, transit and the carrier's working days. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from oms.registry.hours import collected_at, ready_at
from oms.registry.model import Node
from oms.sourcing.rates import Service


@dataclass(frozen=True, slots=True)
class Arrival:
    """When units leave their node and when they are ready at a counter, in UTC, and the days on which they arrive.

    Each is None where there is no such moment, or nobody knows it.
    """

    leaves: datetime | None = None
    earliest: date | None = None
    latest: date | None = None
    ready: datetime | None = None


def arrival(node: Node, service: Service | None, away: int, now: datetime) -> Arrival | None:
    """A parcel from a node that is so many metres away; None where the node or the service does not manage it.

    Without a service nobody knows how long it is on the way.
    """
    ready = ready_at(node, now)
    leaves = collected_at(node, ready) if ready else None
    if leaves is None:
        return None
    if service is None:
        return Arrival(leaves)
    zone = service.zone(away)
    if zone is None:
        return None
    day = leaves.astimezone(ZoneInfo(node.time_zone)).date()
    return Arrival(leaves, service.arrives(day, zone.fastest_days), service.arrives(day, zone.slowest_days))


def pickup(node: Node, now: datetime) -> Arrival | None:
    """When units that a node has are ready for the customer there."""
    ready = ready_at(node, now)
    if ready is None:
        return None
    day = ready.astimezone(ZoneInfo(node.time_zone)).date()
    return Arrival(None, day, day, ready)


def transfer(source: Node, service: Service | None, away: int, store: Node, now: datetime) -> Arrival | None:
    """When units that are shipped to a store are ready there: a lead time of the store after they have arrived."""
    sent = arrival(source, service, away, now)
    if sent is None or sent.earliest is None or sent.latest is None:
        return sent
    zone = ZoneInfo(store.time_zone)
    first, last = (
        ready_at(store, datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
        for day in (sent.earliest, sent.latest)
    )
    if first is None or last is None:
        return None
    return Arrival(sent.leaves, first.astimezone(zone).date(), last.astimezone(zone).date(), last)
