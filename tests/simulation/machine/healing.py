"""How an account comes to rest once all faults are over: schedules go on ringing, and days pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
LONGEST_HEALING = 45 * DAY
# Long enough for a node's day of grace to end more than once.
SHORTEST_HEALING = 3 * DAY
# How long work may lie that people are to finish: a node's day of grace ends once.
LEFT_ALONE = 26 * 60 * MINUTE
# When schedules ring while all heals, in minutes. They would come every five; nothing changes in between. They ring
# only where they may find something, but for one time, at which the recovery of sagas always does.
RINGS = (5, 12, 30, 58, 25 * 60, 25 * 60 + 7, 25 * 60 + 25)
ALWAYS_AT = 30
# And once more after what only days later went wrong.
RINGS_OF_LATER_DAYS = (5, 12, 30)
OVER = ("COMPLETED", "CANCELLED")


class Healing:
    """The time from the last fault to when nothing more is due; `finish` does what people have left undone by then."""

    def __init__(self, simulation: Any, finish: Callable[[], object] | None = None) -> None:
        self._simulation = simulation
        self._finish = finish
        self._scheduler = simulation.scheduler
        self._begun = self._scheduler.now

    def comes_to_rest(self) -> bool:
        """Go on until nothing is due but what workflows wait for by the day; whether that was within the limit."""
        self._ring_at(self._begun, RINGS)
        if self._finish is not None:
            self._scheduler.run(self._begun + LEFT_ALONE)
            self._simulation.outside("all", self._finish)
            self._ring_at(self._scheduler.now, RINGS_OF_LATER_DAYS)
        until = self._begun + SHORTEST_HEALING
        while not self._scheduler.run(until):
            due = self._scheduler.pending(patient=False)
            if not due:
                return True
            if due[0] > self._begun + LONGEST_HEALING:
                return False
            if due[0] - self._scheduler.now > DAY:
                # Days pass, and with them the times until which orders wait for stock.
                self._scheduler.at(due[0], partial(self._simulation.ring, "BrokerBacklog"))
                self._ring_at(due[0], RINGS_OF_LATER_DAYS)
            until = max(due[0], until)
        return True

    def _ring_at(self, begin: int, minutes: tuple[int, ...]) -> None:
        for number in minutes:
            always = begin == self._begun and number == ALWAYS_AT
            self._scheduler.at(begin + number * MINUTE, partial(self._ring, always=always))

    def _ring(self, *, always: bool) -> None:
        simulation = self._simulation
        if always or any(self._unfinished()) or any(pk.endswith("#SAGA") for pk, _ in simulation.rows("commands")):
            simulation.ring("RecoverSagas")
        if any(self._waited_in_vain()):
            simulation.ring("BrokerBacklog")

    def _unfinished(self) -> Iterator[bool]:
        """The orders that are not over, and those that are listed as unfinished."""
        for (_, sk), row in self._simulation.rows("orders").items():
            yield (sk == "ORDER" and row["status"] not in OVER) or row.get("gsi1pk", "").endswith("#OPEN")

    def _waited_in_vain(self) -> Iterator[bool]:
        """The orders that wait for stock longer than they were to."""
        for (_, sk), row in self._simulation.rows("orders").items():
            yield sk == "BACKORDER" and row["body"] != "" and row["gsi1sk"] <= self._simulation.now()
