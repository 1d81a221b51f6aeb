"""A device of a node that tells what it did, for tests: over HTTP as a list of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.functions.conftest import Answer
from tests.order_doors import Doors


def action(
    name: str, work: str, minute: int, action_id: str = "", after: dict[str, Any] | None = None, **body: Any
) -> dict[str, Any]:
    """What a device did some minutes past noon; its id is its name where none is given."""
    earlier = {"after": {"id": after["id"], "action": after["action"]}} if after else {}
    at = f"2026-11-23T12:{minute:02d}:00Z"
    return {"id": action_id or name, "action": name, "subject": work, "occurred_at": at, "body": body, **earlier}


def tell(doors: Doors, *actions: dict[str, Any], device: str = "dev-1", node: str = "DC1", **more: Any) -> Answer:
    """The answer to one list."""
    body = {"device_id": device, "actions": list(actions)}
    return doors.api("fulfillment").post(f"/v1/nodes/{node}/device-actions", body, **more)


def results(answer: Answer) -> list[tuple[str, str]]:
    """Each action's id and what became of it."""
    assert answer.status == 200, answer.body
    return [(one["id"], one["result"]) for one in answer.body["results"]]


def units(work_line: int, quantity: int) -> list[dict[str, int]]:
    return [{"line_no": work_line, "quantity": quantity}]


def linked(actions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same actions, each after the one before it."""
    found: list[dict[str, Any]] = []
    for one in actions:
        before = {"after": {"id": found[-1]["id"], "action": found[-1]["action"]}} if found else {}
        found.append({**one, **before})
    return found
