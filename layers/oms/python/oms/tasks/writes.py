"""Opening and ending tasks, as writes and events for the transaction of whatever command is the cause.

`before` is the task as it is stored (`reads.task_of`), so that a cause which has opened its task opens no second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.platform.events import EventDraft
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put
from oms.tasks.events import TaskDone, TaskOpened
from oms.tasks.model import Task, TaskState, done

TABLE = "orders"


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task as a change leaves it, with the writes and events of it: two actions of a transaction, or none."""

    task: Task
    writes: Sequence[Write] = ()
    events: Sequence[EventDraft] = ()


def task_key(tenant: str, task_id: str) -> Key:
    """Where a task is kept."""
    return Key(f"{tenant_prefix(tenant)}TASK#{task_id}", "TASK")


def task_list(tenant: str, node_id: str | None) -> str:
    """The list of the open tasks of a node, or of customer care, in the index."""
    return f"{tenant_prefix(tenant)}TASKS#{'CARE' if node_id is None else f'NODE#{node_id}'}"


def task_opened(tenant: str, task: Task, before: Task | None, *, correlation_id: str | None = None) -> TaskChange:
    """Open a task of `new_task`; where its cause has opened it before, nothing changes, whatever became of it."""
    if before is not None:
        return TaskChange(before)
    told = TaskOpened(
        task_id=task.id,
        kind=task.kind.value,
        node_id=task.node_id,
        subjects=task.subjects,
        reason=task.reason,
        due_at=task.due_at,
    )
    write = create(TABLE, task_key(tenant, task.id), _item(tenant, task))
    return TaskChange(task, [write], [_draft(task, told, task.reason, correlation_id)])


def task_done(
    tenant: str,
    before: Task,
    *,
    outcome: str,
    by: str,
    now: datetime,
    note: str | None = None,
    correlation_id: str | None = None,
) -> TaskChange:
    """End an open task; raises TaskDoneBefore for any other. The transaction is held to the task as it was read."""
    task = done(before, outcome=outcome, by=by, now=now, note=note)
    told = TaskDone(
        task_id=task.id, kind=task.kind.value, node_id=task.node_id, subjects=task.subjects, outcome=outcome
    )
    write = put(TABLE, task_key(tenant, task.id), _item(tenant, task), version=before.version)
    return TaskChange(task, [write], [_draft(task, told, outcome, correlation_id)])


def _draft(task: Task, told: TaskOpened | TaskDone, reason: str, correlation_id: str | None) -> EventDraft:
    # Each change of a task is one event, so its version is the number of its event.
    return EventDraft(f"TASK#{task.id}", task.version, told, reason=reason, correlation_id=correlation_id)


def _item(tenant: str, task: Task) -> Item:
    """An open task stands in a list, by when it is due and then by age; one without a date comes last."""
    item: Item = {"version": task.version, "body": task.model_dump_json(exclude_defaults=True)}
    if task.state is TaskState.OPEN:
        item |= {
            "gsi1pk": task_list(tenant, task.node_id),
            "gsi1sk": f"{task.due_at or '~'}#{task.opened_at}#{task.id}",
        }
    return item
