"""The checker about devices: what they were told is stored, and what does not fit is a task with both sayings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulation.checked_run import Run

WORK = "ful_1_1"
RECORD = "T#acme#COMMAND#pick_fulfillment_order#acme-wms#p-1"
SAID = {"said": "pick", "said_by": "acme-wms@d-1", "said_at": "2026", "said_id": "p-1", "found": "PICKING"}
TASK = {"id": "tsk_1", "kind": "DEVICE_CONFLICT", "node_id": "albany", "subjects": SAID}
REFUSED = {"code": "already_done", "task_id": "tsk_1"}


def told(result: str, **more: Any) -> dict[str, Any]:
    """One answer to a device that said what it had picked."""
    action = {"id": "p-1", "action": "pick", "subject": WORK, "occurred_at": "2026-11-23T12:00:00Z", "body": {}}
    return {
        "tenant": "acme",
        "client": "acme-wms",
        "method": "POST",
        "path": "/v1/nodes/albany/device-actions",
        "key": "k-1",
        "status": 200,
        "request_body": {"device_id": "d-1", "actions": [action]},
        "body": {"device_id": "d-1", "results": [{"id": "p-1", "result": result, "task_id": None, **more}]},
    }


def run_with(
    *answers: dict[str, Any], record: tuple[int, dict[str, Any]] | None, task: dict[str, Any] | None = None
) -> Run:
    run = Run.healthy()
    run.evidence.answers.extend(answers)
    if record is not None:
        status, body = record
        run.put("commands", (RECORD, "COMMAND"), {"status": status, "body": json.dumps(body), "input_hash": "h"})
    if task is not None:
        row = {"version": 1, "body": json.dumps(task), "gsi1pk": "T#acme#TASKS#NODE#albany", "gsi1sk": "~#2026#tsk_1"}
        run.put("orders", ("T#acme#TASK#tsk_1", "TASK"), row)
    return run


CONFLICT = told("conflict", task_id="tsk_1")


def test_what_a_device_did_and_what_does_not_fit_are_nothing_to_tell():
    assert run_with(told("done"), told("done"), record=(200, {"id": WORK})).broken("INV31") == []
    assert run_with(CONFLICT, CONFLICT, record=(409, REFUSED), task=TASK).broken("INV31") == []
    assert run_with(told("refused"), record=None).broken("INV31") == []


@pytest.mark.parametrize(
    ("run", "invariant"),
    [
        (lambda: run_with(told("done"), record=None), "INV31"),
        (lambda: run_with(told("done"), record=(409, REFUSED), task=TASK), "INV31"),
        (lambda: run_with(told("already_done"), record=(200, {"id": WORK})), "INV31"),
        (lambda: run_with(CONFLICT, record=(409, REFUSED)), "INV31"),
        (lambda: run_with(record=(409, REFUSED)), "INV31"),
        (lambda: run_with(record=None, task=TASK), "INV31"),
        (lambda: run_with(record=(409, REFUSED), task={**TASK, "subjects": {"said": "pick"}}), "INV31"),
        (lambda: run_with(told("done"), CONFLICT, record=(409, REFUSED), task=TASK), "INV4"),
    ],
    ids=[
        "done and not stored",
        "done and stored as refused",
        "already done and stored as done",
        "a conflict that was told and is no task",
        "a conflict that is stored and is no task",
        "a task that nothing has opened",
        "a task with one saying",
        "two final answers",
    ],
)
def test_what_does_not_agree_is_told(run: Any, invariant: str):
    assert run().broken(invariant)


def test_no_unit_is_picked_by_two_works_and_none_waits_for_nobody():
    run = Run.healthy()
    key = run.key("orders", "WORK#", "COMPLETED")
    work = json.loads(run.evidence.tables["orders"][key]["body"])
    twice = {**work, "id": f"{work['id']}9"}
    run.put("orders", (key[0], f"WORK#{twice['id']}"), {"version": 1, "body": json.dumps(twice)})
    assert any("are picked" in one for one in run.broken("INV31"))
    run = Run.healthy()
    run.rewrite("orders", key, status="PICKING", task_token=None)
    assert any("nobody waits for it" in one for one in run.broken("INV31"))
