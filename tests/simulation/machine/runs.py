"""Runs of state machines: each a task that the interpreter walks through, with its tokens and its history."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.machine.lambdas import Outcome
from tests.simulation.machine.scheduler import Expired, Slot, Task
from tests.simulation.machine.topology import Machine
from tests.simulation.machine.workflow_errors import NotModelled
from tests.simulation.machine.workflows import TaskFailed, TimedOut, run

# A longer wait than this is a wait for people.
_LONGEST_UNREST = 3600
ALREADY = "StepFunctions.ExecutionAlreadyExistsException"


@dataclass(slots=True)
class Execution:
    """One run and how it stands."""

    machine: Machine
    name: str
    arn: str
    input: Any
    started_at: int
    status: str = "RUNNING"
    output: Any = None
    error: str = ""
    cause: str = ""
    ended: Slot = field(default_factory=Slot)
    history: list[tuple[str, str]] = field(default_factory=list)


class Runs:
    """All runs of all machines, and the tokens that somebody waits on."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, Slot] = {}
        self._made = 0

    def start(self, machine_arn: str, name: str | None, input: Any) -> Execution:
        """Start a run; one that runs under this name with this input is as good, any other raises TaskFailed."""
        simulation = self._simulation
        machine = simulation.topology.machines[machine_arn]
        self._made += 1
        name = name or f"run-{self._made}"
        arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        if machine.express:
            arn = f"{arn}:{self._made}"
        known = self.executions.get(arn)
        if known is not None:
            if known.status == "RUNNING" and known.input == input:
                return known
            raise TaskFailed(ALREADY, f"Execution Already Exists: '{arn}'")
        execution = Execution(machine, name, arn, json.loads(json.dumps(input)), simulation.scheduler.now)
        self.executions[arn] = execution
        simulation.note(machine.name, "starts", name)
        simulation.scheduler.spawn(machine.name, partial(self._run, execution))
        return execution

    def start_sync_execution(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run an Express machine to its end while the caller waits."""
        simulation = self._simulation
        execution = self.start(request["stateMachineArn"], request.get("name"), json.loads(request["input"]))
        simulation.aws.wait(execution.ended)
        answer = {"executionArn": execution.arn, "status": execution.status}
        if execution.status == "SUCCEEDED":
            return {**answer, "output": json.dumps(execution.output)}
        return {**answer, "error": execution.error, "cause": execution.cause}

    def start_execution(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Start a Standard machine that nobody waits for."""
        try:
            execution = self.start(request["stateMachineArn"], request.get("name"), json.loads(request["input"]))
        except TaskFailed as failure:
            # In an answer of the service it has another name than in a workflow.
            error = {"Error": {"Code": "ExecutionAlreadyExists", "Message": failure.cause}}
            raise ClientError(error, "StartExecution") from None
        return {"executionArn": execution.arn}

    def send_task_success(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in the answer that a task waits for."""
        slot = self.tokens.get(request["taskToken"])
        if slot is None or slot.filled:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "Nobody waits."}}, "SendTaskSuccess")
        self._simulation.scheduler.fill(slot, Outcome(json.loads(request["output"])))
        return {}

    def send_task_failure(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Say that what a task waits for has failed, by the name that Retry and Catch match."""
        slot = self.tokens.get(request["taskToken"])
        if slot is None or slot.filled:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "Nobody waits."}}, "SendTaskFailure")
        self._simulation.scheduler.fill(slot, Outcome(None, request["error"], request.get("cause", "")))
        return {}

    def _run(self, execution: Execution) -> None:
        context = {
            "Execution": {"Id": execution.arn, "Name": execution.name},
            "StateMachine": {"Id": execution.machine.arn, "Name": execution.machine.name},
        }
        host = RunHost(self._simulation, self, execution)
        try:
            execution.output = run(execution.machine.definition, execution.input, host, context)
            execution.status = "SUCCEEDED"
        except TimedOut as failure:
            execution.status, execution.error, execution.cause = "TIMED_OUT", failure.error, failure.cause
        except TaskFailed as failure:
            execution.status, execution.error, execution.cause = "FAILED", failure.error, failure.cause
        self._simulation.note(execution.machine.name, execution.status, execution.name)
        self._simulation.scheduler.fill(execution.ended)


class RunHost:
    """The world of one run, for the interpreter."""

    def __init__(self, simulation: Any, runs: Runs, execution: Execution) -> None:
        self._simulation = simulation
        self._runs = runs
        self._execution = execution

    def invoke(self, function_arn: str, payload: Any, timeout: float | None) -> Any:
        slot = Slot()
        self._call(function_arn, payload, slot)
        return self._wait(slot, timeout)

    def invoke_for_token(
        self, function_arn: str, payload_for: Callable[[str], Any], timeout: float | None, heartbeat: float | None
    ) -> Any:
        if heartbeat is not None:
            raise NotModelled("a heartbeat")
        slot = Slot()
        runs = self._runs
        token = f"token-{len(runs.tokens) + 1}-{self._execution.name}"
        runs.tokens[token] = slot

        def answered(outcome: Outcome) -> None:
            # What the function returns is nothing; that it failed ends the wait.
            if outcome.error is not None:
                self._simulation.scheduler.fill(slot, outcome)

        self._call(function_arn, payload_for(token), slot, answered)
        try:
            # A day's wait for a node is no unrest.
            return self._wait(slot, timeout, patient=True)
        finally:
            slot.filled = True

    def start_execution(self, machine_arn: str, name: str | None, input: Any) -> Any:
        if self._simulation.faults.spend("invoke_refused", "StartExecution"):
            raise TaskFailed("StepFunctions.ThrottlingException", "Rate exceeded")
        execution = self._runs.start(machine_arn, name, input)
        return {"ExecutionArn": execution.arn, "StartDate": execution.started_at / 1000}

    def sleep(self, seconds: float) -> None:
        # A wait of days for a customer, or for a hold to run out, is no unrest.
        patient = seconds > _LONGEST_UNREST
        self._simulation.scheduler.wait(Slot(), seconds * 1000, quietly=True, patient=patient)

    def now(self) -> float:
        return self._simulation.scheduler.now / 1000

    def jitter(self) -> float:
        return float(self._simulation.chance.random())

    def fork(self, branches: Sequence[Callable[[], Any]], limit: int | None) -> list[Any]:
        """Run branches beside each other; the first failure ends the others."""
        if len(branches) == 1:
            return [branches[0]()]
        scheduler = self._simulation.scheduler
        results: list[Any] = [None] * len(branches)
        failed = Slot()
        room = limit or len(branches)
        tasks: list[Task] = []
        waiting = list(enumerate(branches))
        left = len(branches)
        done = Slot()

        def one(place: int, branch: Callable[[], Any]) -> None:
            nonlocal left
            try:
                results[place] = branch()
            except TaskFailed as failure:
                scheduler.fill(failed, failure)
                scheduler.fill(done)
                return
            left -= 1
            if waiting:
                start()
            if not left:
                scheduler.fill(done)

        def start() -> None:
            place, branch = waiting.pop(0)
            tasks.append(scheduler.spawn(self._execution.machine.name, partial(one, place, branch)))

        while waiting and room:
            room -= 1
            start()
        if branches:
            scheduler.wait(done)
        if failed.filled:
            for task in tasks:
                scheduler.kill(task)
            raise failed.value
        return results

    def note(self, kind: str, state: str) -> None:
        self._execution.history.append((kind, state))

    def _call(
        self, function_arn: str, payload: Any, slot: Slot, then: Callable[[Outcome], object] | None = None
    ) -> None:
        simulation = self._simulation
        name = simulation.topology.function_arns[function_arn]
        if simulation.faults.spend("invoke_refused", name):
            raise TaskFailed("Lambda.TooManyRequestsException", "Rate Exceeded.")
        event = json.loads(json.dumps(payload))
        simulation.lambdas.invoke(name, event, then or partial(simulation.scheduler.fill, slot))

    def _wait(self, slot: Slot, timeout: float | None, *, patient: bool = False) -> Any:
        limit = None if timeout is None else timeout * 1000
        try:
            outcome: Outcome = self._simulation.scheduler.wait(slot, limit, patient=patient)
        except Expired:
            raise TaskFailed("States.Timeout", "") from None
        if outcome.error is not None:
            cause = json.dumps({"errorType": outcome.error, "errorMessage": outcome.message})
            raise TaskFailed(outcome.error, cause)
        return json.loads(json.dumps(outcome.value))
