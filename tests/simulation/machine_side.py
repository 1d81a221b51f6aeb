"""Queues, streams and runs of the simulation by themselves, over the scripted function instead of real handlers."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from tests.simulation.machine.choices import Choices
from tests.simulation.machine.faults import Faults
from tests.simulation.machine.lambdas import Outcome
from tests.simulation.machine.queues import Queue
from tests.simulation.machine.runs import Runs
from tests.simulation.machine.scheduler import Scheduler
from tests.simulation.machine.streams import Stream
from tests.simulation.machine.topology import Feed, Machine, QueueSpec
from tests.simulation.scripted_function import judge, name_of, value_of

DAY = 86_400_000
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"


class Bench:
    """As much of a simulation as queues and streams need, on a calm day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.choices = Choices(0, None)
        self.chance = Random(0)
        self.calls: Counter[str] = Counter()
        self.faults = Faults(self.choices, False)
        self.scheduler = Scheduler(self.choices, 0)
        self.lambdas = SimpleNamespace(invoke=self._invoke)
        self.topology = SimpleNamespace(tables={"table": {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}})
        self.queues: dict[str, Queue] = {"dead": Queue(self, QueueSpec("dead", 30, None, 0), None)}

    def runs_of(self, definition: dict[str, Any], script: dict[str, list[dict[str, Any]]]) -> Runs:
        """Runs of one machine, whose functions are named by their steps and answer by a script."""
        steps = (*script, "echo")
        self.topology.function_arns = {f"arn:{step}": step for step in steps}
        self.topology.machines = {MACHINE: Machine("machine", MACHINE, False, definition)}
        self._script = {step: list(outcomes) for step, outcomes in script.items()}
        self.lambdas.invoke = self._answer
        self.runs = Runs(self)
        return self.runs

    def note(self, *_: Any) -> None:
        return

    def queue(self, *, batch: int, most_receives: int, partial: bool) -> Queue:
        feed = Feed("scripted", "queue", batch, 10, partial)
        return Queue(self, QueueSpec("queue", 1, "dead", most_receives), feed)

    def stream(self, service: str, **settings: Any) -> Stream:
        name = "table" if service == "dynamodb" else "stream"
        return Stream(self, name, Feed("scripted", name, concurrency=1, on_failure="dead", **settings), service)

    @staticmethod
    def add(stream: Stream, key: str, value: str) -> None:
        if stream.service == "dynamodb":
            stream.add_change(None, {"pk": {"S": key}, "sk": {"S": value}, "value": {"S": value}})
        else:
            stream.add(key, {"data": base64.b64encode(value.encode()).decode()})

    def settle(self) -> None:
        """Until nothing happens any more."""
        assert self.scheduler.run(until=self.scheduler.now + DAY)

    def dead(self) -> list[str]:
        return [message.body for message in self.queues["dead"].messages]

    def _invoke(self, name: str, event: dict[str, Any], then: Callable[[Outcome], object]) -> None:
        def work() -> None:
            records = event["Records"]
            failed, raised = judge(str(self._folder), [value_of(record) for record in records])
            if raised:
                then(Outcome(None, "ValueError", "as the record says"))
            else:
                named = [{"itemIdentifier": name_of(records, place)} for place in failed]
                then(Outcome({"batchItemFailures": named}))

        self.scheduler.spawn(name, work)

    def _answer(self, step: str, event: dict[str, Any], then: Callable[[Outcome], object]) -> None:
        """What `run_task` of the scripted function does."""

        def work() -> None:
            self.calls[step] += 1
            outcomes = self._script.get(step)
            outcome = outcomes.pop(0) if outcomes else {}
            if "seconds" in outcome:
                self.scheduler.sleep(outcome["seconds"] * 1000)
            name = event.get("fail") or outcome.get("raise")
            if name:
                then(Outcome(None, name, "as the script says"))
                return
            token = event.get("task_token")
            if token and "refuse" in outcome:
                self.runs.send_task_failure({"taskToken": token, "error": outcome["refuse"]})
            elif token and "silent" not in outcome:
                self.runs.send_task_success({"taskToken": token, "output": json.dumps(outcome.get("value"))})
            then(Outcome(outcome.get("value", event)))

        self.scheduler.spawn(step, work)
