"""A task: what a person has to do about something, at a node or, where it names none, in customer care. Pure.

The same cause opens one task, once: the id of a task follows from its kind and its cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.clock import format_instant
from oms.platform.ids import derived_id
from oms.platform.problems import ActionNotAvailable


class TaskKind(StrEnum):
    """What a task asks for."""

    COUNT = "COUNT"  # count the stock of an item
    PARCEL_SILENT = "PARCEL_SILENT"  # nothing was heard of a parcel for too long
    DEVICE_CONFLICT = "DEVICE_CONFLICT"  # what a device did without a network does not fit what happened meanwhile
    PROMISE_AT_RISK = "PROMISE_AT_RISK"  # what was promised will not be kept
    DELIVERY_FAILED = "DELIVERY_FAILED"  # a parcel could not be delivered, or comes back
    WORK_OVERDUE = "WORK_OVERDUE"  # a node has not done in time what it had to do with its work
    CUSTOMER_ARRIVED = "CUSTOMER_ARRIVED"  # a customer is there for goods that are ready: bring them
    ACTIVATION_FAILED = "ACTIVATION_FAILED"  # what was paid for cannot be activated
    INVOICE_DIFFERS = "INVOICE_DIFFERS"  # a supplier's invoice is not what was ordered and has left
    TRANSFER_DISCREPANCY = "TRANSFER_DISCREPANCY"  # what arrived of a transfer is not what was sent


class TaskState(StrEnum):
    """The states of a task."""

    OPEN = "OPEN"
    DONE = "DONE"


TRANSITIONS: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE}),
    TaskState.DONE: frozenset(),
}


class TaskDoneBefore(ActionNotAvailable):
    """The task was done before; a late message may be dropped."""

    code = "task_already_done"
    title = "This task is done already."
    remedy = "Read the list of tasks again; nothing is left to do for this one."


class Task(BaseModel):
    """One task. `subjects` names what it is about, such as `order_id` or `sku`; instants are RFC 3339 in UTC.

    `reason` is a stable code of why it was opened. Without a node it is customer care's. Without `due_at` it has time.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str | None
    kind: TaskKind
    subjects: dict[str, str]
    reason: str
    opened_at: str
    due_at: str | None = None
    state: TaskState = TaskState.OPEN
    outcome: str | None = None
    note: str | None = None
    done_at: str | None = None
    done_by: str | None = None
    version: int = 1

    @property
    def available_actions(self) -> list[str]:
        """What can be done with it now."""
        return ["complete"] if TaskState.DONE in TRANSITIONS[self.state] else []


def task_id(tenant: str, kind: TaskKind, cause: str) -> str:
    """The id of the task of a kind that a cause opens; `cause` is any text that names it once for the tenant."""
    return derived_id("tsk", tenant, kind.value, cause)


def new_task(
    tenant: str,
    kind: TaskKind,
    cause: str,
    *,
    node_id: str | None,
    subjects: Mapping[str, str],
    reason: str,
    now: datetime,
    due_at: datetime | None = None,
) -> Task:
    """The task that a cause opens, at a node or, with None, in customer care."""
    return Task(
        id=task_id(tenant, kind, cause),
        node_id=node_id,
        kind=kind,
        subjects=dict(subjects),
        reason=reason,
        opened_at=format_instant(now),
        due_at=None if due_at is None else format_instant(due_at),
    )


def done(task: Task, *, outcome: str, by: str, now: datetime, note: str | None = None) -> Task:
    """The task as done by somebody, with a code of how it ended. Raises TaskDoneBefore where it is not open."""
    if TaskState.DONE not in TRANSITIONS[task.state]:
        raise TaskDoneBefore(f"The task {task.id} is {task.state.value}.")
    changes = {"outcome": outcome, "note": note, "done_at": format_instant(now), "done_by": by}
    return task.model_copy(update={"state": TaskState.DONE, "version": task.version + 1, **changes})
