"""What is told of tasks."""

from __future__ import annotations

from oms.platform.events import EventData


class _Task(EventData):
    task_id: str
    kind: str
    node_id: str | None
    subjects: dict[str, str]


class TaskOpened(_Task):
    """Somebody has to do something, at a node or, without one, in customer care; `subjects` names what it is about."""

    reason: str
    due_at: str | None = None


class TaskDone(_Task):
    """A task is done; `outcome` is a code of how it ended."""

    outcome: str
