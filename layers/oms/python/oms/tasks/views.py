"""A task as callers see it. Response shapes of the API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.views import FulfillmentOrderView
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


class NodeCounts(BaseModel):
    """How much there is at a node: work at each step, tasks of each kind, and what of all that is overdue."""

    model_config = ConfigDict(frozen=True)
    new: int
    accepted: int
    picking: int
    packed: int
    ready: int
    overdue: int
    tasks: dict[str, int] = Field(description="by kind; a kind of which there is none is left out")


class QueueEntry(BaseModel):
    """Some work, with its `step`, or a task, with its `kind`."""

    model_config = ConfigDict(frozen=True)
    step: str | None = Field(description="of work: `new`, `accepted`, `picking`, `packed` or `ready`")
    kind: str | None = Field(description="of a task")
    due_at: str | None = Field(description="by when the node is to be done with the next step; null where nothing is")
    minutes_left: int | None = Field(description="open minutes of the node until then; negative ones since then")
    overdue: bool
    fulfillment_order: FulfillmentOrderView | None = None
    task: TaskView | None = None


class NodeQueue(BaseModel):
    """The queue of a node, what is due first first."""

    model_config = ConfigDict(frozen=True)
    node_id: str
    at: str
    counts: NodeCounts = Field(description="of all that is at the node, whatever is shown")
    more_at: list[str] = Field(description="the steps, or `tasks`, with more than the 1,000 that were read")
    entries: list[QueueEntry]
    next_cursor: str | None


class CareTasks(BaseModel):
    """Open tasks of customer care, what is due first first."""

    model_config = ConfigDict(frozen=True)
    tasks: list[TaskView]
    next_cursor: str | None
