"""Lanes: the append-only lists of which a business day of the ledger consists.

The day of one store has up to 16 lanes, so that many functions can post at once without touching one item. A lane is
written at its end only, and the end is where it closes: after the closing mark there is no position left to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

LANES = 16
# Posted sequence numbers of one lane; the digits above it name the lane.
_POSITIONS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Day:
    """One business day of one legal entity."""

    tenant: str
    entity: str
    date: date


@dataclass(frozen=True, slots=True)
class StoreDay:
    """One business day of one store in the books of one legal entity."""

    day: Day
    store: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a store's day; `number` is 0 to 15."""

    day: Day
    store: str
    number: int

    @property
    def store_day(self) -> StoreDay:
        return StoreDay(self.day, self.store)

    def sequence(self, position: int) -> int:
        """The sequence number of a position (from 1) in this lane: unique within the store's day, without gaps."""
        return self.number * _POSITIONS + position


@dataclass(frozen=True, slots=True)
class LaneEnd:
    """Where a lane ends: its next free position, or that it is closed."""

    next_position: int = 1
    closed: bool = False

    @property
    def last_position(self) -> int:
        return self.next_position - 1


@dataclass(frozen=True, slots=True)
class Page:
    """What one transaction appended to a lane: entries by their identity keys, from position `first` on."""

    first: int
    identity_keys: tuple[str, ...]
    closing: bool = False
