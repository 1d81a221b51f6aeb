"""How a workflow fails, which names Retry and Catch answer to, and how long a retry waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# What no wildcard matches: the run is over.
TERMINAL = frozenset({"States.Runtime", "States.DataLimitExceeded"})
TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout"})
# Names that begin with `States.` and that a definition may name; every other name is a function's or a service's own.
NAMED = frozenset(
    {
        "States.ALL",
        "States.TaskFailed",
        "States.Timeout",
        "States.HeartbeatTimeout",
        "States.ResultPathMatchFailure",
        "States.NoChoiceMatched",
        "States.Permissions",
    }
)


class NotModelled(BaseException):
    """The simulated machine does not know this; whoever needs it teaches it, and nothing is guessed.

    Not an Exception, so that no handler takes it for a failure of its own.
    """


class TaskFailed(Exception):
    """A state failed, and with it the run unless it is caught; `error` is the name that Retry and Catch match."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class TimedOut(TaskFailed):
    """The whole run was over its time, which no state can catch; its status is TIMED_OUT, not FAILED."""

    def __init__(self) -> None:
        super().__init__("States.Timeout", "the execution ran longer than its TimeoutSeconds")


def matches(names: Sequence[str], error: str) -> bool:
    """Whether an ErrorEquals names an error, itself or by a wildcard."""
    if error in TERMINAL:
        return False
    if error in names or "States.ALL" in names:
        return True
    if error in TIMEOUTS:
        return "States.Timeout" in names
    return "States.TaskFailed" in names


def delay(retrier: Mapping[str, Any], earlier: int, jitter: float) -> float:
    """Seconds before the next attempt after `earlier` retries by the same retrier; `jitter` is in [0, 1)."""
    seconds = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2)) ** earlier
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return seconds * jitter if retrier.get("JitterStrategy") == "FULL" else seconds
