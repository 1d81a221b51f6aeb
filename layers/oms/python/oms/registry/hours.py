"""When a node is open, has an order ready, and gives it to a carrier: exact instants, over clock changes. Pure.

Hours belong to the date they begin on; a holiday replaces the hours that begin on its date. A local time that a clock
change skips is the instant of the change; one that comes twice is its first coming.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oms.platform.clock import CUT_OFF, business_date, require_utc
from oms.registry.model import Hours, Node

Interval = tuple[datetime, datetime]
_DAY = timedelta(days=1)
# How long a node may take before somebody is told: a day, or a working day of its own where it has opening hours.
RESPOND_WITHIN = timedelta(hours=24)
RESPOND_WITHIN_OPEN = timedelta(hours=8)
# Open time that does not come within these weeks is not waited for.
_LOOK_AHEAD_WEEKS = 53
# A carrier that does not come within so many days is not waited for.
_LOOK_AHEAD_DAYS = 60


def open_intervals(node: Node, start: datetime, end: datetime) -> list[Interval]:
    """The times a node is open within [start, end), in UTC, in order, touching ones joined."""
    start, end = require_utc(start), require_utc(end)
    if node.status != "active" or start >= end:
        return []
    if node.hours is None and not node.holidays:
        return [(start, end)]
    joined: list[Interval] = []
    for opens, closes in sorted(_all_intervals(node, start, end)):
        opens, closes = max(opens, start), min(closes, end)
        if opens >= closes:
            continue
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def end_of_open_time(node: Node, start: datetime, needed: timedelta) -> datetime | None:
    """The instant at which a node will have been open for so long; None if it is not within 53 weeks."""
    begin = require_utc(start)
    for _ in range(_LOOK_AHEAD_WEEKS):
        for opens, closes in open_intervals(node, begin, begin + 7 * _DAY):
            if closes - opens >= needed:
                return opens + needed
            needed -= closes - opens
        begin += 7 * _DAY
    return None


def open_days(node: Node, start: datetime) -> Iterator[Interval]:
    """The local dates after that of an instant on which a node is open, each from first opening to last closing.

    In UTC. A node that is closed for good has none. Nothing beyond 53 weeks is looked at.
    """
    if node.status != "active":
        return
    zone = ZoneInfo(node.time_zone)
    day = require_utc(start).astimezone(zone).date()
    for _ in range(7 * _LOOK_AHEAD_WEEKS):
        day += _DAY
        hours = [_interval(day, opens, closes, zone) for opens, closes in _hours_on(node, day)]
        hours = [(opens, closes) for opens, closes in hours if opens < closes]
        if hours:
            yield min(hours)[0], max(closes for _, closes in hours)


def open_time_between(node: Node, start: datetime, end: datetime) -> timedelta:
    """For how long a node is open from one instant to a later one; what lies behind 53 weeks is not counted."""
    last = min(require_utc(end), require_utc(start) + _LOOK_AHEAD_WEEKS * 7 * _DAY)
    return sum((closes - opens for opens, closes in open_intervals(node, start, last)), timedelta())


def respond_by(node: Node | None, now: datetime) -> datetime:
    """When a node must have answered: a node that is open at certain hours is given open hours only."""
    if node is None or (node.hours is None and not node.holidays):
        return now + RESPOND_WITHIN
    needed = RESPOND_WITHIN if node.hours is None else RESPOND_WITHIN_OPEN
    return end_of_open_time(node, now, needed) or now + RESPOND_WITHIN


def _all_intervals(node: Node, start: datetime, end: datetime) -> Iterator[Interval]:
    """The intervals of every local date that can touch [start, end), not yet cut to it."""
    zone = ZoneInfo(node.time_zone)
    # Hours of the day before may reach over midnight.
    day = start.astimezone(zone).date() - _DAY
    last = end.astimezone(zone).date()
    while day <= last:
        for opens, closes in _hours_on(node, day):
            yield _interval(day, opens, closes, zone)
        day += _DAY


def _interval(day: date, opens: str, closes: str, zone: ZoneInfo) -> Interval:
    """Hours that begin on a local date, in UTC."""
    passes_midnight = closes <= opens and closes != "24:00"
    closing_day = day + _DAY if passes_midnight or closes == "24:00" else day
    return local_instant(day, opens, zone), local_instant(closing_day, closes.replace("24:00", "00:00"), zone)


def _hours_on(node: Node, day: date) -> tuple[Hours, ...]:
    for holiday in node.holidays:
        if holiday.date == day:
            return holiday.hours
    return (("00:00", "24:00"),) if node.hours is None else node.hours.of(day)


def local_instant(day: date, clock_time: str, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock on the wall shows a local time or has passed it."""
    local = datetime.combine(day, time.fromisoformat(clock_time), zone)
    earlier, later = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if earlier <= later:
        return earlier
    # Skipped by a clock change: read with the offset before the change it lies after it, and the other way round.
    return _offset_change(later, earlier, zone)


def _offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which a zone's offset changes, to the second."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def business_date_of(node: Node, at: datetime) -> date:
    """The business day to which an instant belongs at a node, by its own clock and cut-off."""
    cut_off = CUT_OFF if node.cut_off is None else time.fromisoformat(node.cut_off)
    return business_date(at, node.time_zone, cut_off)


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
