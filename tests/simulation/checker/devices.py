"""INV31 on devices: what a node was told and what its devices said agree, and what does not is somebody's task.

A device is answered for each action. `done` means that the facts of it are stored, and name it; a conflict means that a
task is; and what was once answered finally is answered so ever after (INV4). No unit is picked by two works.
"""

from __future__ import annotations

import re
from typing import Any

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import OrderView, Picture, parsed

TOLD = re.compile(r"/v1/nodes/[^/]+/device-actions")
CONFLICT = "DEVICE_CONFLICT"
# The work of a node on which nothing goes on but by the node, its workflow's wait or a deadline.
WAITED_FOR = ("OPEN", "ACCEPTED", "PICKING", "PACKED", "READY")


def check_devices(evidence: Evidence, picture: Picture, report: Report) -> None:
    """All that devices were answered, all tasks of theirs, and the work that they and others did."""
    records = _records(picture)
    tasks = _tasks(picture)
    _answers(evidence, records, tasks, report)
    named = set()
    for pk, record in records.items():
        task_id = record.get("task_id")
        if task_id is not None:
            named.add(task_id)
            if task_id not in tasks:
                report.note("INV31", pk, f"a conflict is nobody's task: {task_id}")
    for task_id in tasks.keys() - named:
        report.note("INV31", task_id, "a task of a device that no action has opened")
    for task_id, task in tasks.items():
        if not {"said", "said_by", "said_at", "said_id", "found"} <= task["subjects"].keys():
            report.note("INV31", task_id, f"it does not say what was said and found: {task['subjects']}")
    for pk in picture.table("orders"):
        order = picture.order(pk) if "#ORDER#" in pk else None
        if order is not None:
            _picked_once(order, report)
            _waited_for(order, report)


def _answers(
    evidence: Evidence, records: dict[str, dict[str, Any]], tasks: dict[str, dict[str, Any]], report: Report
) -> None:
    first: dict[tuple[str, ...], dict[str, Any]] = {}
    for answer in evidence.answers:
        if answer.get("status") != 200 or not TOLD.fullmatch(str(answer.get("path"))):
            continue
        said = _values(answer["request_body"])["actions"]
        for action, result in zip(said, _values(answer["body"])["results"], strict=True):
            if result["result"] == "refused":
                continue
            verb = action["action"].replace("-", "_")
            place = f"T#{answer['tenant']}#COMMAND#{verb}_fulfillment_order#{answer['client']}#{action['id']}"
            where = f"{answer['path']} {action['id']}"
            known = first.setdefault((place, action["id"]), result)
            if known != result:
                report.note("INV4", where, f"answered {known} and then {result}")
            record = records.get(place)
            if record is None:
                report.note("INV31", where, f"answered {result['result']} and nothing is stored of it")
            elif (result["result"] == "done") != (record["status"] < 400):
                report.note("INV31", where, f"answered {result['result']}, stored with {record['status']}")
            if result["result"] == "conflict" and result["task_id"] not in tasks:
                report.note("INV31", where, f"a conflict is nobody's task: {result['task_id']}")


def _records(picture: Picture) -> dict[str, dict[str, Any]]:
    """What is recorded of verbs of nodes: the status, and the task of what could not be done."""
    found = {}
    for pk, items in picture.table("commands").items():
        record = items.get("COMMAND")
        if record is not None and "_fulfillment_order#" in pk:
            told = parsed(record["body"]) if record["status"] >= 400 else {}
            found[pk] = {"status": record["status"], "task_id": told.get("task_id")}
    return found


def _tasks(picture: Picture) -> dict[str, dict[str, Any]]:
    found = {}
    for pk, items in picture.table("orders").items():
        if pk.split("#", 3)[2:3] == ["TASK"] and "TASK" in items:
            task = parsed(items["TASK"]["body"])
            if task.get("kind") == CONFLICT:
                found[str(task["id"])] = task
    return found


def _picked_once(order: OrderView, report: Report) -> None:
    """Of no line more units were picked by all its works together than it has; legs pick for the work they go to."""
    picked: dict[int, int] = {}
    for work in order.works.values():
        if work.get("destination_node") is None:
            for part in work["lines"]:
                picked[part["line_no"]] = picked.get(part["line_no"], 0) + part.get("picked", 0)
    for line_no, units in picked.items():
        if units > order.lines[line_no].quantity:
            report.note("INV31", f"{order.id} line {line_no}", f"{units} of {order.lines[line_no].quantity} are picked")


def _waited_for(order: OrderView, report: Report) -> None:
    """Work that a node has is waited for by its workflow, or a person was told."""
    for work in order.works.values():
        if work["status"] in WAITED_FOR and work.get("task_token") is None and not work.get("escalated_reason"):
            report.note("INV31", str(work["id"]), f"is {work['status']}, and nobody waits for it")


def _values(content: Any) -> Any:
    return parsed(content) if isinstance(content, str) else content
