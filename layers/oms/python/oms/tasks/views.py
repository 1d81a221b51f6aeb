"""A task as callers see it. Response shapes of the API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.tasks.model import Task


class TaskView(BaseModel):
    """A task of a node or, without one, of customer care."""

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str | None
    kind: str
    state: str
    subjects: dict[str, str] = Field(description="what it is about, by name: `order_id`, `sku` and the like")
    reason: str
    opened_at: str
    due_at: str | None
    outcome: str | None = Field(description="a code of how it ended; null while it is open")
    note: str | None
    done_at: str | None
    done_by: str | None
    version: int
    available_actions: list[str]


def task_view(task: Task) -> TaskView:
    """A task as it is now."""
    shown = task.model_dump(mode="json")
    return TaskView(**shown, available_actions=task.available_actions)
