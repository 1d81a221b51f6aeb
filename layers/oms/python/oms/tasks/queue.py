"""The queue of a node: its work and its tasks in one order, by when each is due, with how many there are. Pure.

Open time never runs backwards, so what is due first has the least open time left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.fulfillment.deadlines import due_at
from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.model import Status as WorkStatus
from oms.platform.clock import parse_instant
from oms.registry.hours import open_time_between
from oms.registry.model import Node
from oms.tasks.model import Task, TaskKind

# What has no time comes after all that has; instants begin with a digit.
_LAST = "~"


class Step(StrEnum):
    """How far work is at its node."""

    NEW = "new"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    READY = "ready"


STEP_OF = {
    WorkStatus.OPEN: Step.NEW,
    WorkStatus.ACCEPTED: Step.ACCEPTED,
    WorkStatus.PICKING: Step.PICKING,
    WorkStatus.PACKED: Step.PACKED,
    WorkStatus.READY: Step.READY,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Some work or a task in a queue."""

    item: FulfillmentOrder | Task
    due_at: str | None

    @property
    def position(self) -> tuple[str, str, str]:
        """Where it stands: by when it is due, then by age."""
        since = self.item.opened_at if isinstance(self.item, Task) else self.item.created_at
        return self.due_at or _LAST, since, self.item.id

    @property
    def step(self) -> Step | None:
        """How far work is; a task has no steps."""
        return None if isinstance(self.item, Task) else STEP_OF[self.item.status]

    @property
    def kind(self) -> TaskKind | None:
        """What a task asks for; work is of no kind."""
        return self.item.kind if isinstance(self.item, Task) else None

    def is_overdue(self, now: str) -> bool:
        """Whether its time is over."""
        return self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are shown; None means any. A step, method or service leaves out tasks, a kind leaves out work."""

    step: Step | None = None
    kind: TaskKind | None = None
    method: str | None = None
    service: str | None = None
    overdue: bool | None = None

    def admits(self, entry: Entry, now: str) -> bool:
        """Whether an entry is among them."""
        if self.overdue is not None and entry.is_overdue(now) is not self.overdue:
            return False
        if isinstance(entry.item, Task):
            return self.kind in (None, entry.item.kind) and not (self.step or self.method or self.service)
        return (
            self.kind is None
            and self.step in (None, entry.step)
            and self.method in (None, entry.item.method)
            and self.service in (None, entry.item.service)
        )


def entries_of(works: Iterable[FulfillmentOrder], tasks: Iterable[Task]) -> list[Entry]:
    """Work and tasks in the order of the queue."""
    found = [Entry(work, due_at(work)) for work in works] + [Entry(task, task.due_at) for task in tasks]
    return sorted(found, key=lambda one: one.position)


def counts(entries: Sequence[Entry], now: str) -> dict[str, object]:
    """How much work there is at each step, how many tasks of each kind, and how much of it all is overdue."""
    steps = Counter(one.step for one in entries if one.step is not None)
    kinds = Counter(one.kind for one in entries if one.kind is not None)
    return {
        **{step.value: steps[step] for step in Step},
        "overdue": sum(one.is_overdue(now) for one in entries),
        "tasks": {kind.value: kinds[kind] for kind in TaskKind if kinds[kind]},
    }


def minutes_left(entry: Entry, node: Node, now: datetime) -> int | None:
    """The whole minutes of open time of its node until it is due; negative ones since then."""
    if entry.due_at is None:
        return None
    due = parse_instant(entry.due_at)
    if due >= now:
        return open_time_between(node, now, due) // timedelta(minutes=1)
    return -(open_time_between(node, due, now) // timedelta(minutes=1))
