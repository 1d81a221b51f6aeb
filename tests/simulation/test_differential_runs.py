"""Names of runs and answers to tokens: the simulation against the running local engine, and where they part."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulation.engine_side import Engine, engine, start_engine
from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.machine_side import MACHINE, Bench
from tests.simulation.random_machines import INVOKE

__all__ = ["engine", "start_engine"]

EXISTS = "ExecutionAlreadyExists"
# AWS says so of an answer that comes too late; the engine forgets a token at once. The product takes both for the same.
LATE = ("TaskTimedOut", "TaskDoesNotExist")


class BothSides:
    """Starting runs and answering tokens on both sides, with what each says: `done` or the name of its refusal."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        wait = {"Type": "Task", "Resource": f"{INVOKE}.waitForTaskToken", "End": True, "TimeoutSeconds": 60}
        wait["Parameters"] = {"FunctionName": "@one", "Payload": {"case.$": "$.case", "task_token.$": "$$.Task.Token"}}
        text = json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
        self.engine, self.states = engine, engine.cloud.client("stepfunctions")
        self.machine = engine.machine(text.replace("@one", engine.function("run_task", "one")))
        self.bench = Bench(folder)
        self.runs = self.bench.runs_of(json.loads(text.replace("@one", "arn:one")), {"one": [{"silent": True}] * 9})
        engine.script("doors", {"one": [{"silent": True}] * 9})

    def start(self, name: str, **given: Any) -> tuple[str, str]:
        given = {"case": "doors", **given}
        ours = _said(lambda: self.runs.start(MACHINE, name, given).arn.rsplit(":", 1)[1])
        arn = {"stateMachineArn": self.machine, "name": name, "input": json.dumps(given)}
        theirs = _said(lambda: self.states.start_execution(**arn)["executionArn"].rsplit(":", 1)[1])
        self.bench.scheduler.run(until=self.bench.scheduler.now + 100)
        return ours, theirs

    def answer(self, number: int, verb: str, **content: str) -> tuple[str, str]:
        """Answer the token of the given start; the engine's functions write theirs down."""
        tokens = self.engine.folder / "doors.tokens"
        self.engine.wait_for(lambda: tokens.exists() and len(tokens.read_text().split()) > number)
        theirs = {"taskToken": tokens.read_text().split()[number], **content}
        ours = {"taskToken": list(self.runs.tokens)[number], **content}
        said = _said(lambda: getattr(self.runs, verb)(ours)), _said(lambda: getattr(self.states, verb)(**theirs))
        self.bench.scheduler.run(until=self.bench.scheduler.now + 100)
        return said

    def ended(self, name: str) -> tuple[Any, Any]:
        run = self.runs.executions[f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"]
        theirs = self.engine.end(f"{self.machine.replace(':stateMachine:', ':execution:')}:{name}")
        return (run.status, run.output or run.error), (theirs["status"], theirs.get("output") or theirs["error"])


def _said(act: Callable[[], Any]) -> str:
    try:
        said = act()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except TaskFailed as failure:
        # A task hears of the refusal under another name than a client.
        return failure.error.removeprefix("StepFunctions.").removesuffix("Exception")
    return said if isinstance(said, str) else "done"


@pytest.fixture
def both(engine: Engine, tmp_path: Path) -> BothSides:
    return BothSides(engine, tmp_path)


def test_names_of_runs_and_answers_to_tokens(both: BothSides) -> None:
    assert both.start("a") == ("a", "a")
    assert both.start("a", other=1) == (EXISTS, EXISTS)
    # A gap: on AWS, and in the simulation, a second start of the same run is a success while it goes on.
    assert both.start("a") == ("a", EXISTS)
    assert both.answer(0, "send_task_success", output='{"n": 1}') == ("done", "done")
    assert both.ended("a") == (("SUCCEEDED", {"n": 1}), ("SUCCEEDED", {"n": 1}))
    assert both.answer(0, "send_task_success", output='{"n": 2}') == LATE
    assert both.answer(0, "send_task_failure", error="E") == LATE
    assert both.start("a") == (EXISTS, EXISTS)
    assert both.start("b") == ("b", "b")
    assert both.answer(1, "send_task_failure", error="E", cause="why") == ("done", "done")
    assert both.ended("b") == (("FAILED", "E"), ("FAILED", "E"))
