"""The clock of the whole system, moved along the dates of the file; it never goes back during a replay."""

import math
from datetime import UTC, datetime, timedelta

from local.state import Running


class FileClock:
    """The offset in STATE/clock: real time runs on between two moves."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def offset(self) -> int:
        """Seconds by which the system is ahead of the real time."""
        return self._running.clock_offset

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._running.clock_offset)

    def set_to(self, instant: datetime) -> None:
        """Put the clock to an instant, also back: only while nothing is under way."""
        self._running.clock_offset = math.ceil((instant - datetime.now(UTC)).total_seconds())

    def move_to(self, instant: datetime) -> None:
        """Move the clock forward to an instant; one that has passed changes nothing."""
        if instant > self.now():
            self.set_to(instant)

    def restore(self, offset: int) -> None:
        """Give the system the time that it had before."""
        self._running.clock_offset = offset
