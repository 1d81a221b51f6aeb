"""Where the local engine runs a state machine otherwise than the interpreter, which does what is known of AWS.

Besides these, nothing is compared of: pauses between attempts (the engine waits no longer than a minute, and knows
neither MaxDelaySeconds nor JitterStrategy), words of causes, heartbeats, and what a Map or Parallel that fails had
still under way (the engine lets the other branches end; the interpreter drops them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INVOKE = "arn:aws:states:::lambda:invoke"
ANY = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Caught"}]


@dataclass(frozen=True)
class Gap:
    """A machine, and how it ends on each side; `output` says whether what it hands on is compared."""

    why: str
    definition: dict[str, Any]
    simulated: Any
    engine: Any
    script: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    output: bool = False

    def short(self, run: dict[str, Any]) -> Any:
        """What this gap is about."""
        if self.output and run["status"] == "SUCCEEDED":
            return run["output"]
        return run.get("error", run["status"])


def _machine(first: dict[str, Any], **more: Any) -> dict[str, Any]:
    caught = {"Type": "Succeed"}
    return {"StartAt": "First", "States": {"First": first, "Caught": caught}, **more}


def _task(payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": "@one", "Payload": {"case.$": "$.case", **payload}}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "TimeoutSeconds": 30, "End": True, **more}


GAPS: dict[str, Gap] = {
    "a path that leads nowhere": Gap(
        "AWS: the run fails with States.Runtime. The engine passes on null.",
        _machine({"Type": "Pass", "Parameters": {"x.$": "$.absent"}, "End": True}),
        "States.Runtime",
        {"x": None},
        output=True,
    ),
    "a choice of what is not there": Gap(
        "AWS: the run fails with States.Runtime. The engine takes the default.",
        _machine(
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.absent", "StringEquals": "x", "Next": "Caught"}],
                "Default": "Caught",
            }
        ),
        "States.Runtime",
        "SUCCEEDED",
    ),
    "a Map of no list": Gap(
        "AWS: the run fails with States.Runtime. The engine takes it for a list of one.",
        _machine(
            {
                "Type": "Map",
                "ItemsPath": "$.case",
                "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Result": 1, "End": True}}},
                "End": True,
            }
        ),
        "States.Runtime",
        [1],
        output=True,
    ),
    "a run over its time": Gap(
        "AWS: TIMED_OUT. The engine does not know TimeoutSeconds of a machine.",
        _machine(_task({}), TimeoutSeconds=1),
        "TIMED_OUT",
        "SUCCEEDED",
        {"one": [{"seconds": 1.5}]},
    ),
    "more than 256 KiB": Gap(
        "AWS: the run fails with States.DataLimitExceeded, whatever it catches. The engine has no limit.",
        _machine(_task({}, Catch=ANY)),
        "States.DataLimitExceeded",
        "SUCCEEDED",
        {"one": [{"value": "x" * 300_000}]},
    ),
    "the envelope of an answer": Gap(
        "AWS: it also holds the version and data about the exchange. The engine's has two fields.",
        _machine(_task({}, OutputPath="$.ExecutedVersion")),
        "$LATEST",
        None,
        output=True,
    ),
    "a wildcard and a broken definition": Gap(
        "AWS: States.ALL does not catch States.Runtime. The engine's does.",
        _machine(_task({}, Catch=ANY)),
        "States.Runtime",
        "SUCCEEDED",
        {"one": [{"raise": "States.Runtime"}]},
    ),
}
