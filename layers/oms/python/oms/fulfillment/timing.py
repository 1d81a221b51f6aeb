"""By when something must have happened with some work, and what is done before and after that. Pure."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class DeadlineKind(StrEnum):
    """What must have happened by a deadline; `deadlines` says which states it concerns, `waking` how steps are done."""

    ACCEPT = "ACCEPT"  # the node has taken the work
    PICK = "PICK"  # all of it is off the shelf


class Do(StrEnum):
    """What is done about a deadline at one of its steps."""

    REMIND = "REMIND"  # the node is told
    ESCALATE = "ESCALATE"  # a person is told
    REROUTE = "REROUTE"  # other nodes get the units, where they have all of them


class DeadlineStep(BaseModel):
    """One thing to do, from an instant on (RFC 3339 in UTC); `done` once it was."""

    model_config = ConfigDict(frozen=True)
    do: Do
    at: str
    done: bool = False


class Deadline(BaseModel):
    """By when something must have happened, and the steps before and after that, in their order."""

    model_config = ConfigDict(frozen=True)
    kind: DeadlineKind
    at: str
    steps: tuple[DeadlineStep, ...] = ()
