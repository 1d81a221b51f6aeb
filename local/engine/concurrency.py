"""A cap on how many copies of one function run at once, and who goes first; callers above it wait their turn.

Real Lambda starts a new environment for each concurrent call. On a laptop that means dozens of Python
processes that starve each other, so each function gets a few environments and a queue in front of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

logger = logging.getLogger("spine.concurrency")

# A warm environment is usually free again within milliseconds, and a new one costs a third of a second of
# processor time: wait this long for a free one before another is started.
GROW_SECONDS = 0.1
# A batch that had to let HTTP calls pass for this long goes on beside them.
LONGEST_COURTESY_SECONDS = 1.0


class Gate:
    """Admits at most `limit` callers at once; the others wait.

    It begins with one place and opens another whenever a caller has waited `GROW_SECONDS`. A function may,
    through a workflow, wait for itself: if nobody inside finished for `patience` seconds, one waiting caller
    is let in above the limit, so a circle of waiting calls always comes undone.
    """

    def __init__(self, name: str, limit: int, patience: float) -> None:
        self._name = name
        self._limit = limit
        self._patience = patience
        self._turn = threading.Condition()
        self._open = 1
        self._inside = 0
        self._progress = 0

    def __enter__(self) -> Gate:
        with self._turn:
            while self._inside >= self._open:
                growing = self._open < self._limit
                before = self._progress
                if self._turn.wait(GROW_SECONDS if growing else self._patience):
                    continue
                if growing:
                    # Someone else may have opened a place while this caller waited.
                    if self._inside >= self._open:
                        self._open = min(self._open + 1, self._limit)
                elif self._progress == before and self._inside >= self._open:
                    logger.warning("%s: no call finished for %.0f s, letting one in", self._name, self._patience)
                    self._progress += 1
                    break
            self._inside += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._turn:
            self._inside -= 1
            self._progress += 1
            self._turn.notify()


class Gates:
    """One gate per function ARN, made on first use."""

    def __init__(self, limit: int, patience: float) -> None:
        if limit < 1:
            raise ValueError("the concurrency cap must be at least 1")
        self._limit = limit
        self._patience = patience
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Gate:
        with self._lock:
            gate = self._gates.get(name)
            if gate is None:
                gate = self._gates[name] = Gate(name, self._limit, self._patience)
            return gate


class Courtesy:
    """Lets HTTP calls pass: while one is under way, batches of queues and streams go one at a time.

    On AWS a caller never shares a processor with the work that runs behind the call. Here both share two, and whoever
    waits for an answer goes first; a batch can wait a moment and loses nothing. What a workflow runs is not held up,
    since a batch may be waiting for it.
    """

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._calls = 0
        self._batches = 0

    @contextmanager
    def for_event(self, event: Any) -> Iterator[None]:
        """The time in which an event is handled."""
        fields = event if isinstance(event, dict) else {}
        if "requestContext" in fields:
            with self._counted(calls=1):
                yield
        elif "Records" in fields:
            with self._turn:
                self._turn.wait_for(lambda: not (self._calls and self._batches), LONGEST_COURTESY_SECONDS)
            with self._counted(batches=1):
                yield
        else:
            yield

    @contextmanager
    def _counted(self, *, calls: int = 0, batches: int = 0) -> Iterator[None]:
        self._add(calls, batches)
        try:
            yield
        finally:
            self._add(-calls, -batches)

    def _add(self, calls: int, batches: int) -> None:
        with self._turn:
            self._calls += calls
            self._batches += batches
            if self._calls == 0:
                self._turn.notify_all()
            else:
                self._turn.notify()
