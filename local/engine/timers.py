"""Workflow timers follow the clock that people and tests move, as the functions and the outside world do.

The functions' clock jumps by what stands in the clock file, but the engine's timers ran in real time: a workflow that
sleeps for three days slept on although its three days had passed for everybody else.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from local.engine.anchors import require, require_source
from local.world.clock import clock_offset

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 3600.0


class Timers:
    """All waits of the engine, and the one thread that looks whether the clock was moved."""

    def __init__(self, offset: Callable[[], int]) -> None:
        self._offset = offset
        self._moved = offset()
        self._waiting: set[MovableEvent] = set()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds on the moved clock, from a start that says nothing."""
        return time.monotonic() + self._moved

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def watch(self) -> None:
        """Look for ever whether the clock was moved."""
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Wake all waits when the clock was moved, so that each sees how long it still is."""
        moved = self._offset()
        if moved == self._moved:
            return
        self._moved = moved
        with self._lock:
            waiting = list(self._waiting)
        for event in waiting:
            event.look_again()

    def event(self) -> MovableEvent:
        """A `threading.Event` whose waits end by the moved clock."""
        return MovableEvent(self)

    def sleep(self, seconds: float) -> None:
        """Sleep so many seconds of the moved clock."""
        self.event().wait(seconds)

    def begin(self, event: MovableEvent) -> None:
        with self._lock:
            self._waiting.add(event)

    def end(self, event: MovableEvent) -> None:
        with self._lock:
            self._waiting.discard(event)


class MovableEvent:
    """What the engine uses of `threading.Event`."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._condition = threading.Condition()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        with self._condition:
            self._is_set = True
            self._condition.notify_all()

    def look_again(self) -> None:
        """Let who waits see that the clock was moved."""
        with self._condition:
            self._condition.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was set within so many seconds of the moved clock."""
        end = None if timeout is None else self._timers.now() + timeout
        self._timers.begin(self)
        try:
            with self._condition:
                # The rest is computed under the lock under which a move is told, so that none is missed.
                while not self._is_set:
                    left = PATIENCE_SECONDS if end is None else end - self._timers.now()
                    if left <= 0:
                        return False
                    self._condition.wait(min(left, PATIENCE_SECONDS))
                return True
        finally:
            self._timers.end(self)


def install(stepfunctions: ModuleType) -> None:
    """Let the waits of workflows end by the clock in SPINE_CLOCK_FILE; without one they stay as they are."""
    require(stepfunctions, "threading", "_SFN_WAIT_SCALE")
    require_source(stepfunctions, "evt = threading.Event()", "evt.wait(timeout=timeout)")
    require_source(stepfunctions._scaled_sleep, "seconds * _SFN_WAIT_SCALE", "time.sleep(scaled)")
    name = os.environ.get("SPINE_CLOCK_FILE")
    if not name:
        return
    timers = Timers(clock_offset(Path(name)))
    jobs = stepfunctions.threading

    class Threading:
        """The `threading` module as it was, with events that follow the clock."""

        Event = staticmethod(timers.event)

        def __getattr__(self, name: str) -> Any:
            return getattr(jobs, name)

    def scaled_sleep(seconds: float) -> None:
        timers.sleep(seconds * stepfunctions._SFN_WAIT_SCALE)

    stepfunctions.threading = Threading()
    stepfunctions._scaled_sleep = scaled_sleep
    threading.Thread(target=timers.watch, name="spine-timers", daemon=True).start()
