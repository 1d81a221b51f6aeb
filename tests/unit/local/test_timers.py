"""The timers of workflows on this machine: they end by the moved clock, forwards and back, and by an answer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from local.engine.timers import Timers
from local.world.clock import clock_offset

DAY = 86_400


class Waiting:
    """One wait on a thread of its own, and what it answered."""

    def __init__(self, timers: Timers, seconds: float) -> None:
        self.event = timers.event()
        self.answers: list[bool] = []
        self._thread = threading.Thread(target=lambda: self.answers.append(self.event.wait(seconds)), daemon=True)
        self._thread.start()
        while not timers.waiting:
            time.sleep(0.001)

    def ended(self, patience: float = 5.0) -> bool:
        self._thread.join(patience)
        return not self._thread.is_alive()


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    return tmp_path / "clock"


@pytest.mark.capability("O8")
def test_a_wait_ends_when_the_clock_is_moved_behind_its_end(clock: Path) -> None:
    timers = Timers(clock_offset(clock))
    wait = Waiting(timers, 3 * DAY)
    clock.write_text(str(2 * DAY))
    timers.look()
    assert not wait.ended(patience=0.05)
    clock.write_text(str(3 * DAY))
    timers.look()
    assert wait.ended()
    assert (wait.answers, timers.waiting) == ([False], 0)


def test_a_wait_that_began_on_a_moved_clock_is_longer_when_it_is_set_back(clock: Path) -> None:
    clock.write_text(str(DAY))
    timers = Timers(clock_offset(clock))
    wait = Waiting(timers, 60)
    clock.unlink()
    timers.look()
    clock.write_text("half writ")
    timers.look()
    assert not wait.ended(patience=0.05)
    clock.write_text(str(DAY + 59))
    timers.look()
    assert not wait.ended(patience=0.05)
    clock.write_text(str(DAY + 60))
    timers.look()
    assert wait.ended()
    assert wait.answers == [False]


def test_an_answer_ends_a_wait_at_once_and_a_short_wait_ends_by_itself(clock: Path) -> None:
    timers = Timers(clock_offset(clock))
    wait = Waiting(timers, DAY)
    wait.event.set()
    assert wait.ended()
    assert (wait.answers, wait.event.is_set(), wait.event.wait(0)) == ([True], True, True)
    began = time.monotonic()
    timers.sleep(0.02)
    assert time.monotonic() - began >= 0.02
