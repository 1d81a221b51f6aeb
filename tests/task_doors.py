"""Tasks for tests: opened as a command of any context opens them, in its own transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from oms.platform.commands import event_writes
from oms.platform.consumers import call_from_workflow
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import task_of
from oms.tasks.writes import task_opened
from tests.order_world import TENANT, World


def opened(
    world: World, kind: str, cause: str, node_id: str | None, due_in_minutes: int | None = None, **subjects: str
) -> str:
    """The id of a task that a cause has opened."""
    now = world.clock.now()
    due_at = None if due_in_minutes is None else now + timedelta(minutes=due_in_minutes)
    task: Any = new_task(
        TENANT, TaskKind(kind), cause, node_id=node_id, subjects=subjects, reason="not_found", now=now, due_at=due_at
    )
    change = task_opened(TENANT, task, task_of(world.database, TENANT, TaskKind(kind), cause))
    call = call_from_workflow("count_stock", TENANT, cause)
    if change.writes:
        world.database.commit([*change.writes, *event_writes(world.runtime, call, change.events)])
    return change.task.id
