"""Functions: the real handlers, each call a task of its own on a worker of its own, which is cold, warm or dead.

A worker is what a Lambda sandbox is: one loaded handler with whatever it remembers between calls, one call at a time.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from tests.simulation.machine import seams
from tests.simulation.machine.scheduler import Killed, Task
from tests.simulation.machine.topology import Function
from tests.template import ROOT

# No run of a few orders needs nearly so many calls: one that does goes in a circle.
MOST_INVOCATIONS = 3_000
WRITES_FILES = "finance_export"


class Runaway(RuntimeError):
    """The account is busy with itself and never comes to an end."""


class Crashed(BaseException):
    """The sandbox died: nothing in it runs on. Not an Exception, so that no handler catches it."""


@dataclass(slots=True)
class Outcome:
    """How a call ended: its answer, or the name and message of its error."""

    value: Any = None
    error: str | None = None
    message: str = ""


@dataclass(slots=True)
class Worker:
    """One sandbox of a function. `skew` is how far its clock is off, in milliseconds."""

    function: Function
    module: types.ModuleType
    skew: int
    nodes: Any
    items: dict[Any, Any] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict)


class Context:
    """What Lambda hands to a handler beside the event."""

    def __init__(self, invocation: Invocation) -> None:
        self.function_name = invocation.function.name
        self.memory_limit_in_mb = 512
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{invocation.function.name}"
        self.aws_request_id = f"request-{invocation.number}"
        self._invocation = invocation

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._invocation.deadline - seams.running.scheduler.now)


class Invocation:
    """One call of a function on a worker; while it runs, the worker's globals are in place."""

    def __init__(self, function: Function, worker: Worker, number: int, deadline: int) -> None:
        self.function = function
        self.worker = worker
        self.number = number
        self.deadline = deadline
        self.calls = 0
        self.over = False
        self._current_event: Any = None
        self._lambda_context: Any = None

    def enter(self) -> None:
        routers, reads, settings = _globals()
        routers.current_event, routers.lambda_context = self._current_event, self._lambda_context
        reads._nodes, reads._items = self.worker.nodes, self.worker.items
        settings.os.environ = self.worker.function.environment
        seams.running.invocation = self

    def leave(self) -> None:
        routers, _, _ = _globals()
        self._current_event, self._lambda_context = routers.current_event, routers.lambda_context
        seams.running.invocation = None


@cache
def _globals() -> tuple[Any, Any, Any]:
    """The places in modules where a worker keeps what belongs to it alone."""
    from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

    from oms.platform import settings
    from oms.registry import reads

    BaseRouter.current_event = BaseRouter.lambda_context = None
    return BaseRouter, reads, settings


@cache
def _code(function: str) -> Any:
    path = ROOT / "functions" / function / "handler.py"
    return compile(path.read_text(), str(path), "exec")


# What is dear to make and remembers nothing is used again by later cold starts: all but modules that keep books.
_spare: dict[str, list[types.ModuleType]] = {}


def _load(function: str) -> types.ModuleType:
    spare = _spare.get(function)
    if spare:
        return spare.pop()
    if function == WRITES_FILES:
        seams.files()
    module = types.ModuleType(f"functions.{function}.handler")
    code = _code(function)
    module.__file__ = code.co_filename
    exec(code, module.__dict__)
    return module


class Lambdas:
    """All functions and their workers."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self._idle: dict[str, list[Worker]] = {}
        self._made: list[Worker] = []
        self.invocations = 0
        self.most = MOST_INVOCATIONS

    def invoke(self, name: str, event: Any, then: Callable[[Outcome], object]) -> Task:
        """Call a function; `then` hears how it ended, and must not block."""
        simulation = self._simulation
        function = simulation.topology.functions[name]
        self.invocations += 1
        if self.invocations > self.most:
            raise Runaway(f"{name} is called for the {self.invocations}th time of any function")
        deadline = simulation.scheduler.now + function.timeout * 1000
        invocation = Invocation(function, self._worker(function), self.invocations, deadline)
        simulation.note(name, "starts", invocation.number)
        return simulation.scheduler.spawn(name, partial(self._run, invocation, event, then), invocation)

    def retire(self) -> None:
        """Keep what later simulations may use again."""
        for worker in self._made:
            if not hasattr(worker.module, "books"):
                _spare.setdefault(worker.function.name, []).append(worker.module)
        self._made.clear()

    def _worker(self, function: Function) -> Worker:
        idle = self._idle.setdefault(function.name, [])
        if idle and not self._simulation.faults.cold_start():
            return idle.pop()
        from oms.platform.dynamodb import Database
        from oms.registry.store import NodeCache

        worker = Worker(function, _load(function.name), self._simulation.faults.skew(), NodeCache())
        self._made.append(worker)
        module = worker.module
        runtime = getattr(module, "runtime", None) or getattr(getattr(module, "books", None), "runtime", None)
        if runtime is not None:
            # What a function keeps in memory goes by its database, and a cold start has nothing in memory.
            runtime.database = Database()
            runtime.random = self._simulation.chance
            runtime.pause = self._simulation.pause
        return worker

    def _run(self, invocation: Invocation, event: Any, then: Callable[[Outcome], object]) -> None:
        simulation, name = self._simulation, invocation.function.name
        lost = True
        try:
            outcome = Outcome(invocation.worker.module.handler(event, Context(invocation)))
            lost = False
        except Crashed:
            outcome = Outcome(None, "Lambda.Unknown", "Runtime exited without providing a reason")
        except Killed:
            outcome = Outcome(
                None, "Sandbox.Timedout", f"Task timed out after {invocation.function.timeout}.00 seconds"
            )
        except Exception as error:  # noqa: BLE001 - this is what Lambda does
            outcome = Outcome(None, type(error).__name__, str(error))
            lost = False
        invocation.over = True
        if not lost:
            self._idle[name].append(invocation.worker)
        simulation.note(name, outcome.error or "ends", invocation.number)
        then(outcome)
