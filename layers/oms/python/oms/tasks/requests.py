"""What a node or customer care says when it has done a task; the same over HTTP and over the store bus."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Code
from oms.platform.intake import Request


class CompletionRequest(Request):
    """How a task ended: a code of the caller's own and, for people, a note. The message of a node names the task."""

    task_id: Code | None = None
    outcome: Code = "done"
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None
