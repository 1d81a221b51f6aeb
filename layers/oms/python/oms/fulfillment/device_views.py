"""What is answered for each action of a device. Response shapes of the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class DeviceResult(StrEnum):
    """What became of an action of a device."""

    DONE = "done"
    ALREADY_DONE = "already_done"  # it says nothing that was not so before
    CONFLICT = "conflict"  # it does not fit what others said; a task asks a person of the node
    REFUSED = "refused"  # it was not understood, or must be sent again; nothing is kept of it


class DeviceActionResult(BaseModel):
    """The answer for one action; all but `refused` are final, and the same whenever it is sent again."""

    model_config = ConfigDict(frozen=True)
    id: str
    result: DeviceResult
    task_id: str | None = Field(default=None, description="of a conflict: the task that a person of the node has")
    problem: dict[str, Any] | None = Field(
        default=None, description="why it was not done, as the verb alone would be refused; `pointer` is in the action"
    )


class DeviceActionResults(BaseModel):
    """The answers in the order of the actions as they were sent."""

    model_config = ConfigDict(frozen=True)
    device_id: str
    results: list[DeviceActionResult]
