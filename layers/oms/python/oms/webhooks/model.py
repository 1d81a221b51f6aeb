"""Subscriptions to events, the lane in which one entity's events go to one subscriber, and the log. Pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.clock import format_instant

# How long after each failure the next try begins, in seconds; after the last one the message is a dead letter. In all
# a little more than a day, so that a subscriber that fell over at night is served in the morning.
PAUSES = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
# While a function works on a lane, nobody else does; it is given up as lost after this time.
LEASE_SECONDS = 90
# Attempts that a delivery remembers.
MOST_ATTEMPTS_SHOWN = 20
# The old secret signs beside the new one for so long.
OVERLAP_HOURS = 24


class State(StrEnum):
    """Whether events go out to a subscription."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"  # what happens meanwhile goes out when it is resumed


class DeliveryState(StrEnum):
    """How far one event is on its way to one subscriber."""

    RETRYING = "RETRYING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"  # all tries failed; somebody may send it again


class Subscription(BaseModel):
    """What one subscriber hears of, and where. `secret_number` counts how often its secret was changed."""

    model_config = ConfigDict(frozen=True)
    id: str
    url: str
    # No names: all events.
    detail_types: tuple[str, ...] = ()
    state: State = State.ACTIVE
    reason: str | None = None
    # Events that occurred from then on are its.
    since: str
    secret_number: int = 1
    secret_changed_at: str | None = None
    version: int = 1

    @property
    def available_actions(self) -> list[str]:
        """What can be done with it now."""
        turn = "pause" if self.state is State.ACTIVE else "resume"
        return ["put", turn, "rotate_secret", "redeliver"]

    def wants(self, detail_type: str) -> bool:
        """Whether it is to hear of events of a type."""
        return not self.detail_types or detail_type in self.detail_types

    def secrets_at(self, now: datetime) -> list[int]:
        """The numbers of the secrets that sign now, the newest first; the one before stays valid for a day."""
        if self.secret_changed_at is None or self.secret_number == 1:
            return [self.secret_number]
        over = datetime.fromisoformat(self.secret_changed_at) + timedelta(hours=OVERLAP_HOURS)
        return [self.secret_number, self.secret_number - 1] if now < over else [self.secret_number]


class Lane(BaseModel):
    """How far the events of one entity are gone to one subscriber; they go one after another.

    `done` is the sequence of the last event that was delivered, was not wanted, or is a dead letter.
    """

    model_config = ConfigDict(frozen=True)
    entity: str
    done: int = 0
    tries: int = 0
    next_try_at: str | None = None
    leased_until: str | None = None
    version: int = 0

    def is_taken(self, now: str) -> bool:
        """Whether somebody works on it."""
        return self.leased_until is not None and now < self.leased_until

    def taken(self, now: datetime) -> Lane:
        """The lane while somebody works on it."""
        until = format_instant(now + timedelta(seconds=LEASE_SECONDS))
        return self.model_copy(update={"leased_until": until, "version": self.version + 1})

    def passed(self, sequence: int) -> Lane:
        """The lane after one more of its events needs no more tries."""
        after = {"done": sequence, "tries": 0, "next_try_at": None}
        return self.model_copy(update={**after, "version": self.version + 1})

    def failed(self, now: datetime, wait: int) -> Lane:
        """The lane after a try that failed, which is let go of until its next one, `wait` seconds later."""
        after = {"tries": self.tries + 1, "next_try_at": format_instant(now + timedelta(seconds=wait))}
        return self.model_copy(update={**after, "leased_until": None, "version": self.version + 1})

    def left(self) -> Lane:
        """The lane when there is nothing to do in it."""
        return self.model_copy(update={"leased_until": None, "version": self.version + 1})


def pause_after(tries: int, asked: int | None) -> int | None:
    """Seconds until the next try after so many that failed, or None when there is none.

    A subscriber that asks for a longer pause (Retry-After) gets it, up to the longest of ours.
    """
    if tries > len(PAUSES):
        return None
    return max(PAUSES[tries - 1], min(asked or 0, max(PAUSES)))


class Attempt(BaseModel):
    """One try: when, the status that was answered or why there was none, and how long it took."""

    model_config = ConfigDict(frozen=True)
    at: str
    status: int | None
    failure: str | None
    milliseconds: int

    @property
    def succeeded(self) -> bool:
        """Whether the subscriber has taken the message."""
        return self.status is not None and 200 <= self.status < 300


class Delivery(BaseModel):
    """One event on its way to one subscriber, with its tries."""

    model_config = ConfigDict(frozen=True)
    id: str
    event_id: str
    detail_type: str
    entity: str
    sequence: int
    occurred_at: str
    state: DeliveryState
    tries: int
    attempts: tuple[Attempt, ...]
    version: int = 1

    def tried(self, attempt: Attempt, *, is_last: bool) -> Delivery:
        """The delivery after one more try."""
        state = DeliveryState.DELIVERED if attempt.succeeded else DeliveryState.RETRYING
        if is_last and not attempt.succeeded:
            state = DeliveryState.DEAD
        # What a subscriber has taken once stays delivered, however a repeat of it ends.
        if self.state is DeliveryState.DELIVERED:
            state = DeliveryState.DELIVERED
        shown = (*self.attempts, attempt)[-MOST_ATTEMPTS_SHOWN:]
        return self.model_copy(
            update={"state": state, "tries": self.tries + 1, "attempts": shown, "version": self.version + 1}
        )
