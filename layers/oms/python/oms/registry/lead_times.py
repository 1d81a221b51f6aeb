"""When a node has an order ready, and when a carrier collects it: opening hours, cut-off, holidays, time zone. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oms.registry.hours import end_of_open_time, local_instant
from oms.registry.model import Node

_DAY = timedelta(days=1)
# A carrier that does not come within so many days is not waited for.
_LOOK_AHEAD_DAYS = 60


def ready_at(node: Node, start: datetime) -> datetime | None:
    """The instant at which a node has worked off what it is given at `start`; None if it is not within 53 weeks."""
    zone, lead = ZoneInfo(node.time_zone), node.lead_time
    local = start.astimezone(zone)
    if lead.cut_off is not None and local.time() >= time.fromisoformat(lead.cut_off):
        start = local_instant(local.date() + _DAY, "00:00", zone)
    return end_of_open_time(node, start, timedelta(minutes=lead.minutes))


def collected_at(node: Node, ready: datetime) -> datetime | None:
    """The first collection at or after an instant; None where none comes within 60 days."""
    collections = node.lead_time.collections
    if collections is None:
        return ready
    zone = ZoneInfo(node.time_zone)
    closed = {holiday.date for holiday in node.holidays if not holiday.hours}
    first = ready.astimezone(zone).date()
    for day in (first + n * _DAY for n in range(_LOOK_AHEAD_DAYS)):
        if day in closed:
            continue
        for instant in sorted(local_instant(day, at, zone) for at in collections.of(day)):
            if instant >= ready:
                return instant
    return None
