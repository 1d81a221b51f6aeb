"""The checker about tasks: each is opened once, listed while it is open, and done once."""

from __future__ import annotations

import json

import pytest

from tests.simulation.checked_run import Run

KEY = ("T#acme#TASK#tsk_1", "TASK")
LISTED = {"gsi1pk": "T#acme#TASKS#CARE", "gsi1sk": "~#2026#tsk_1"}


def row(version: int, state: str | None = None, **more: str) -> dict[str, object]:
    return {"version": version, "body": json.dumps({"id": "tsk_1"} | ({"state": state} if state else {})), **more}


OPENED, DONE = row(1, **LISTED), row(2, "DONE")
WRONG = {
    "opened twice": [OPENED, row(2, **LISTED)],
    "done twice": [OPENED, DONE, row(3, "DONE")],
    "done from the start": [row(1, "DONE")],
    "opened again": [OPENED, DONE, row(3, **LISTED)],
    "a version left out": [OPENED, row(3, "DONE")],
    "open and in no list": [row(1)],
    "done and in a list": [OPENED, row(2, "DONE", **LISTED)],
    "removed": [OPENED, None],
}


def test_a_task_that_is_opened_and_done_is_nothing_to_tell():
    run = Run.healthy()
    assert run.broken_by(run.put("orders", KEY, OPENED), invariant="INV8") == []
    assert run.broken_by(run.put("orders", KEY, DONE), invariant="INV8") == []


@pytest.mark.parametrize("name", WRONG)
def test_a_task_that_goes_another_way_is_told(name):
    run = Run.healthy()
    *before, last = WRONG[name]
    for item in before:
        run.put("orders", KEY, item)
    assert run.broken_by(run.put("orders", KEY, last), invariant="INV8")
