"""What other contexts may read of tasks."""

from __future__ import annotations

from oms.platform.dynamodb import Database
from oms.tasks.model import Task, TaskKind, TaskState, task_id
from oms.tasks.store import load_open_tasks, load_task


def task_of(database: Database, tenant: str, kind: TaskKind, cause: str) -> Task | None:
    """The task that a cause has opened, whatever became of it, or None: what `task_opened` asks for."""
    return load_task(database, tenant, task_id(tenant, kind, cause))


def task_by_id(database: Database, tenant: str, task_id: str) -> Task | None:
    """A task by its id, whatever became of it, or None."""
    return load_task(database, tenant, task_id)


def open_task_of(database: Database, tenant: str, kind: TaskKind, cause: str) -> Task | None:
    """The same while it is open: what `task_done` asks for where the cause is gone by itself."""
    task = task_of(database, tenant, kind, cause)
    return task if task is not None and task.state is TaskState.OPEN else None


def open_tasks(database: Database, tenant: str, node_id: str | None) -> list[Task]:
    """The open tasks of a node or, with None, of customer care, in the order in which they are due."""
    return load_open_tasks(database, tenant, node_id)
