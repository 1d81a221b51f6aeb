"""How calls about tasks are read: what is to be shown, and how a task ended, over HTTP or over the store bus."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oms.platform.fields import MOST_UNITS, Code, Label
from oms.platform.intake import Request
from oms.tasks.model import TaskKind
from oms.tasks.queue import Step, Wanted


class CompletionRequest(Request):
    """How a task ended: a code of the caller's own and, for people, a note. The message of a node names the task.

    Of a COUNT, `counted` is how many units of the item the node has in all, wherever they lie. Stock is corrected by
    it, for a `reason` as every correction has one; where none is given, it is that of the task.
    """

    task_id: Code | None = None
    outcome: Code = "done"
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    counted: Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)] | None = None
    reason: Label | None = None


class QueueQuery(Request):
    """What of the queue of a node is shown: work of a step, method or service, or tasks of a kind."""

    step: Step | None = None
    kind: TaskKind | None = None
    method: Code | None = None
    service: Code | None = None
    overdue: Literal["true", "false"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None

    def wanted(self) -> Wanted:
        """Which entries these are."""
        overdue = None if self.overdue is None else self.overdue == "true"
        return Wanted(self.step, self.kind, self.method, self.service, overdue)


class CareQuery(Request):
    """Which tasks of customer care are shown."""

    kind: TaskKind | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None
