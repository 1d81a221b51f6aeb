"""Who goes first on one machine: HTTP calls pass batches, and a batch never waits for ever."""

from __future__ import annotations

import threading

import pytest

from local.engine import concurrency
from local.engine.concurrency import Courtesy

CALL = {"requestContext": {}}
BATCH = {"Records": []}
TASK = {"tenant": "acme"}


class Busy:
    """Somebody who handles an event on a thread of its own until told to stop."""

    def __init__(self, courtesy: Courtesy, event: object) -> None:
        self.began = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(courtesy, event), daemon=True)
        self._thread.start()

    def _work(self, courtesy: Courtesy, event: object) -> None:
        with courtesy.for_event(event):
            self.began.set()
            self._end.wait(5)

    def end(self) -> None:
        self._end.set()
        self._thread.join(5)


def test_batches_run_side_by_side_while_nobody_calls() -> None:
    courtesy = Courtesy()
    first, second = Busy(courtesy, BATCH), Busy(courtesy, BATCH)
    assert first.began.wait(5)
    assert second.began.wait(5)
    first.end()
    second.end()


def test_while_somebody_calls_batches_go_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LONGEST_COURTESY_SECONDS", 30.0)
    courtesy = Courtesy()
    call = Busy(courtesy, CALL)
    assert call.began.wait(5)
    first = Busy(courtesy, BATCH)
    assert first.began.wait(5)
    second = Busy(courtesy, BATCH)
    assert not second.began.wait(0.05)
    first.end()
    assert second.began.wait(5)
    second.end()
    call.end()


def test_a_waiting_batch_goes_on_when_the_call_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LONGEST_COURTESY_SECONDS", 30.0)
    courtesy = Courtesy()
    call = Busy(courtesy, CALL)
    assert call.began.wait(5)
    first = Busy(courtesy, BATCH)
    assert first.began.wait(5)
    second = Busy(courtesy, BATCH)
    assert not second.began.wait(0.05)
    call.end()
    assert second.began.wait(5)
    first.end()
    second.end()


def test_a_batch_waits_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "LONGEST_COURTESY_SECONDS", 0.01)
    courtesy = Courtesy()
    call, first = Busy(courtesy, CALL), Busy(courtesy, BATCH)
    assert call.began.wait(5)
    assert first.began.wait(5)
    second = Busy(courtesy, BATCH)
    assert second.began.wait(5)
    for one in (call, first, second):
        one.end()


def test_what_a_workflow_runs_is_not_held_up() -> None:
    courtesy = Courtesy()
    call, batch = Busy(courtesy, CALL), Busy(courtesy, BATCH)
    assert call.began.wait(5)
    assert batch.began.wait(5)
    task = Busy(courtesy, TASK)
    assert task.began.wait(5)
    for one in (task, batch, call):
        one.end()
