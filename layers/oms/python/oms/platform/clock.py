"""Time: the one place that asks what time it is, and the rules for business dates.

Every instant is an aware UTC datetime. In a local run the clock may be moved: the environment variable
SPINE_CLOCK_FILE names a file that holds an offset in whole seconds. The variable is not set in an AWS account.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

CLOCK_FILE_VARIABLE = "SPINE_CLOCK_FILE"
# When a trading day ends, by the wall clock of its store.
CUT_OFF = time(4)


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    """The real time, plus the offset of a local run."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=offset_seconds())


class FixedClock:
    """A clock for tests: stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self.instant = require_utc(instant)

    def now(self) -> datetime:
        return self.instant

    def advance(self, **units: float) -> None:
        """Move on by the given `timedelta` units."""
        self.instant += timedelta(**units)


def offset_seconds() -> int:
    """How far a local run's clock is moved; 0 where no clock file is configured."""
    path = os.environ.get(CLOCK_FILE_VARIABLE)
    if not path:
        return 0
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read().strip() or 0)
    except FileNotFoundError:
        return 0


def require_utc(instant: datetime) -> datetime:
    """The same instant in UTC; a naive one, or one that is before or after all years, raises ValueError."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, which sorts as text."""
    return require_utc(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant; without a zone it raises ValueError."""
    return require_utc(datetime.fromisoformat(text))


def instant_of(seconds: int) -> datetime:
    """The instant so many seconds after the beginning of 1970; one before or after all years raises ValueError."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def business_date(instant: datetime, zone: str, cutoff: time) -> date:
    """The trading day an instant belongs to: the local date, minus one day before the cut-off by wall clock.

    Hours are never subtracted from the instant, which would be wrong around clock changes.
    """
    local = require_utc(instant).astimezone(ZoneInfo(zone))
    return local.date() - timedelta(days=1) if local.time() < cutoff else local.date()


def seconds_late(due_at: str, done_at: str) -> int:
    """By how many whole seconds an instant is after another one; 0 where it is not."""
    return max(0, (parse_instant(done_at) - parse_instant(due_at)) // timedelta(seconds=1))


def seconds_until(at: datetime | None, now: datetime) -> int:
    """For how many whole seconds to wait, at least one; 0 where nothing is waited for."""
    return 0 if at is None else max(1, -((now - at) // timedelta(seconds=1)))
