"""A Host whose functions answer by a script, on a clock that only sleeping moves; and the deployed definitions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.moto_resources import definition
from tests.simulation.machine.workflows import TaskFailed, TimedOut, run
from tests.template import Deployed, function_name, of_type, physical_name, template

NOON = 1_800_000_000.0


@dataclass(frozen=True)
class After:
    """An outcome that comes after some seconds."""

    seconds: float
    outcome: Any


class ScriptedHost:
    """Each function, machine or token takes its next outcome from `script`: a value, or a TaskFailed to raise.

    A function without a script answers with its own payload. `calls` are what was asked, in order.
    """

    def __init__(self, script: dict[str, list[Any]] | None = None, jitter: float = 0.5) -> None:
        self.script = {name: list(outcomes) for name, outcomes in (script or {}).items()}
        self.chance = jitter
        self.clock = NOON
        self.calls: list[tuple[str, Any]] = []
        self.timeouts: list[tuple[str, float | None]] = []
        self.sleeps: list[float] = []
        self.limits: list[int | None] = []
        self.notes: list[tuple[str, str]] = []
        self.tokens = 0

    def invoke(self, function_arn: str, payload: Any, timeout: float | None) -> Any:
        return self._next(function_arn, payload, payload, timeout)

    def invoke_for_token(
        self, function_arn: str, payload_for: Callable[[str], Any], timeout: float | None, heartbeat: float | None
    ) -> Any:
        self.tokens += 1
        payload = payload_for(f"token-{self.tokens}")
        return self._next(function_arn, payload, None, timeout if heartbeat is None else heartbeat)

    def start_execution(self, machine_arn: str, name: str | None, input: Any) -> Any:
        started = {"ExecutionArn": f"{machine_arn}:{name}", "StartDate": self.clock}
        return self._next(machine_arn, {"name": name, "input": input}, started, None)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        self.clock += seconds

    def now(self) -> float:
        return self.clock

    def jitter(self) -> float:
        return self.chance

    def fork(self, branches: Sequence[Callable[[], Any]], limit: int | None) -> list[Any]:
        self.limits.append(limit)
        return [branch() for branch in branches]

    def note(self, kind: str, state: str) -> None:
        self.notes.append((kind, state))

    @property
    def states(self) -> list[str]:
        """The states that were entered, in order."""
        return [state for kind, state in self.notes if kind.endswith("StateEntered")]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.notes]

    def _next(self, name: str, asked: Any, default: Any, timeout: float | None) -> Any:
        name = name.rsplit(":", 1)[-1]
        self.calls.append((name, asked))
        self.timeouts.append((name, timeout))
        outcomes = self.script.get(name)
        outcome = outcomes.pop(0) if outcomes else default
        if isinstance(outcome, After):
            taken = outcome.seconds if timeout is None else min(outcome.seconds, timeout)
            self.clock += taken
            outcome = outcome.outcome if taken == outcome.seconds else TaskFailed("States.Timeout")
        if isinstance(outcome, TaskFailed):
            raise outcome
        return json.loads(json.dumps(outcome))


def ends(machine: dict[str, Any], given: Any, host: ScriptedHost) -> dict[str, Any]:
    """How a run of a whole definition ends, in the words of DescribeExecution."""
    context = {
        "Execution": {"Id": "arn:run", "Name": "run-1"},
        "StateMachine": {"Id": "arn:machine", "Name": "machine"},
    }
    try:
        return {"status": "SUCCEEDED", "output": run(machine, given, host, context)}
    except TimedOut:
        return {"status": "TIMED_OUT"}
    except TaskFailed as failure:
        return {"status": "FAILED", "error": failure.error, "cause": failure.cause}


@cache
def deployed_definition(logical_id: str) -> dict[str, Any]:
    """A workflow of the template for AWS; its functions are named by their folders at the end of their ARNs."""
    found = template("aws")
    refs = {name: physical_name(found, name) for name in found["Resources"]}
    deployed = Deployed(found, refs)
    for machine in of_type(found, "AWS::StepFunctions::StateMachine"):
        refs[machine] = deployed.arn(machine)
    text = definition(deployed, logical_id)
    for function in of_type(found, "AWS::Lambda::Function"):
        text = text.replace(f":function:{function}", f":function:{function_name(function)}")
    return json.loads(text)
