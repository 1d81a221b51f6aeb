"""Runs a state machine as Step Functions does, from the synthesised definition itself.

    output = run(definition, {"order_id": "…"}, host, {"Execution": {"Id": arn, "Name": name}})

The interpreter is ordinary blocking code. Everything outside it is its Host: functions, tokens, other machines, the
clock and chance. Values are plain JSON and never changed in place; a Host that hands them to the product copies them.
What is known of the language stands in workflow_definitions.py; all else raises NotModelled before the first state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from tests.simulation.machine.workflow_definitions import INVOKE, INVOKE_FOR_TOKEN, Definition, check
from tests.simulation.machine.workflow_errors import NotModelled, TaskFailed, TimedOut, delay, matches
from tests.simulation.machine.workflow_paths import fill, put, select, through, within_limit
from tests.simulation.machine.workflow_rules import holds, stamp

__all__ = ["Host", "NotModelled", "TaskFailed", "TimedOut", "run"]

# The most iterations of a Map that run at once, unless it says less.
MOST_AT_ONCE = 40
# Two readings of a clock that differ by less are the same moment.
AN_INSTANT = 1e-6


class Host(Protocol):
    """The world of one run. Every call may block; whatever it raises besides TaskFailed ends the run unseen."""

    def invoke(self, function_arn: str, payload: Any, timeout: float | None) -> Any:
        """A function's answer; TaskFailed by the class of its exception, or States.Timeout after `timeout` seconds."""

    def invoke_for_token(
        self, function_arn: str, payload_for: Callable[[str], Any], timeout: float | None, heartbeat: float | None
    ) -> Any:
        """What is handed in for a fresh token, after a function was called with the payload for it."""

    def start_execution(self, machine_arn: str, name: str | None, input: Any) -> Any:
        """{"ExecutionArn": …, "StartDate": …}; TaskFailed when an ended run, or another input, has that name."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def jitter(self) -> float:
        """Chance, in [0, 1)."""

    def fork(self, branches: Sequence[Callable[[], Any]], limit: int | None) -> list[Any]:
        """What the branches return, in order, `limit` at once; on the first failure drop the others and raise it."""

    def note(self, kind: str, state: str) -> None:
        """An event of the run's history, named as in GetExecutionHistory."""


def run(definition: Definition, input: Any, host: Host, context: Mapping[str, Any]) -> Any:
    """The output of one run; raises TaskFailed when it fails and TimedOut when it is over its TimeoutSeconds."""
    check(definition)
    seconds = definition.get("TimeoutSeconds")
    scope = {**context, "Execution": {**context.get("Execution", {}), "Input": input}}
    going = _Run(host, scope, None if seconds is None else host.now() + seconds)
    host.note("ExecutionStarted", "")
    try:
        output = going.walk(definition, within_limit(input, "the input"))
    except TimedOut:
        host.note("ExecutionTimedOut", "")
        raise
    except TaskFailed:
        host.note("ExecutionFailed", "")
        raise
    host.note("ExecutionSucceeded", "")
    return output


class _Run:
    """One run, or one iteration or branch within it; `deadline` is that of the whole run."""

    def __init__(self, host: Host, scope: dict[str, Any], deadline: float | None) -> None:
        self.host = host
        self.scope = scope
        self.deadline = deadline

    def walk(self, part: Definition, value: Any) -> Any:
        """Go from state to state; what the last one hands on."""
        name: str | None = part["StartAt"]
        while name is not None:
            state = part["States"][name]
            self._expire()
            self.host.note(f"{state['Type']}StateEntered", name)
            value, following = self._step(name, state, value)
            self.host.note(f"{state['Type']}StateExited", name)
            name = following
        return value

    def _step(self, name: str, state: Definition, value: Any) -> tuple[Any, str | None]:
        retriers = state.get("Retry", [])
        used = [0] * len(retriers)
        while True:
            scope = {**self.scope, "State": {"Name": name, "RetryCount": sum(used)}}
            try:
                return self._attempt(name, state, value, scope)
            except TimedOut:
                raise
            except TaskFailed as failure:
                self._expire()
                chosen = _first(retriers, failure.error)
                if chosen is None or used[chosen] >= retriers[chosen].get("MaxAttempts", 3):
                    return self._caught(state, value, failure)
                jitter = self.host.jitter() if retriers[chosen].get("JitterStrategy") == "FULL" else 0.0
                pause = delay(retriers[chosen], used[chosen], jitter)
                used[chosen] += 1
            self._sleep(pause)

    def _caught(self, state: Definition, value: Any, failure: TaskFailed) -> tuple[Any, str | None]:
        catchers = state.get("Catch", [])
        chosen = _first(catchers, failure.error)
        if chosen is None:
            raise failure
        told = {"Error": failure.error, "Cause": failure.cause}
        caught = put(catchers[chosen].get("ResultPath", "$"), value, told)
        return within_limit(caught, "the output"), catchers[chosen]["Next"]

    def _attempt(self, name: str, state: Definition, value: Any, scope: dict[str, Any]) -> tuple[Any, str | None]:
        """One try of a state: what it hands on, and to which state."""
        kind = state["Type"]
        if kind == "Fail":
            raise TaskFailed(state.get("Error", ""), state.get("Cause", ""))
        seen = through(state.get("InputPath", "$"), value, scope, "InputPath")
        following = state.get("Next")
        if kind == "Choice":
            following, result = _choose(state, seen, scope), seen
        elif kind == "Wait":
            self._wait(state, seen, scope)
            result = seen
        elif kind == "Succeed":
            result = seen
        else:
            result = self._result(name, state, value, seen, scope)
        output = through(state.get("OutputPath", "$"), result, scope, "OutputPath")
        return within_limit(output, "the output"), following

    def _result(self, name: str, state: Definition, value: Any, seen: Any, scope: dict[str, Any]) -> Any:
        """What a state with a result makes of it: the result selected, and put into the state's input."""
        if state["Type"] == "Task":
            result = self._task(name, state, seen, scope)
        elif state["Type"] == "Map":
            result = self._map(name, state, seen, scope)
        else:
            given = fill(state["Parameters"], seen, scope) if "Parameters" in state else seen
            within_limit(given, "the input")
            if state["Type"] == "Parallel":
                result = self._parallel(name, state, given)
            else:
                result = state.get("Result", given)
        within_limit(result, "the result")
        if "ResultSelector" in state:
            result = fill(state["ResultSelector"], result, scope)
        return put(state.get("ResultPath", "$"), value, result)

    def _task(self, name: str, state: Definition, seen: Any, scope: dict[str, Any]) -> Any:
        self.host.note("TaskScheduled", name)
        self.host.note("TaskStarted", name)
        try:
            result = self._call(name, state, seen, scope)
        except TaskFailed as failure:
            over = failure.error in ("States.Timeout", "States.HeartbeatTimeout")
            self.host.note("TaskTimedOut" if over else "TaskFailed", name)
            raise
        self.host.note("TaskSucceeded", name)
        return result

    def _call(self, name: str, state: Definition, seen: Any, scope: dict[str, Any]) -> Any:
        template = state["Parameters"]
        timeout = self._timeout(state, seen, scope)
        if state["Resource"] == INVOKE_FOR_TOKEN:
            function = fill({key: template[key] for key in template if key.startswith("FunctionName")}, seen, scope)

            def payload_for(token: str) -> Any:
                whole = fill(template, seen, {**scope, "Task": {"Token": token}})
                return within_limit(whole.get("Payload", {}), "the payload")

            # Told before the function answers: a history is then never shorter than the real one.
            self.host.note("TaskSubmitted", name)
            heartbeat = state.get("HeartbeatSeconds")
            return self.host.invoke_for_token(function["FunctionName"], payload_for, timeout, heartbeat)
        given = within_limit(fill(template, seen, scope), "the parameters")
        if state["Resource"] == INVOKE:
            answer = self.host.invoke(given["FunctionName"], given.get("Payload", {}), timeout)
            http = {"HttpStatusCode": 200}
            return {"ExecutedVersion": "$LATEST", "Payload": answer, "SdkHttpMetadata": http, "StatusCode": 200}
        return self.host.start_execution(given["StateMachineArn"], given.get("Name"), given.get("Input", {}))

    def _timeout(self, state: Definition, seen: Any, scope: dict[str, Any]) -> float | None:
        """Seconds that a task may take: its own, and no more than the run has left."""
        own = state.get("TimeoutSeconds")
        if "TimeoutSecondsPath" in state:
            own = select(state["TimeoutSecondsPath"], seen, scope, "TimeoutSecondsPath")
            if not isinstance(own, int) or isinstance(own, bool) or own < 1:
                raise TaskFailed("States.Runtime", f"TimeoutSecondsPath selects {own!r}, not a positive whole number")
        left = None if self.deadline is None else self.deadline - self.host.now()
        return min((seconds for seconds in (own, left) if seconds is not None), default=None)

    def _map(self, name: str, state: Definition, seen: Any, scope: dict[str, Any]) -> list[Any]:
        items = select(state.get("ItemsPath", "$"), seen, scope, "ItemsPath")
        if not isinstance(items, list):
            raise TaskFailed("States.Runtime", f"ItemsPath selects {type(items).__name__}, not a list")

        def iterate(index: int) -> Any:
            item = {"Item": {"Index": index, "Value": items[index]}}
            selector = state.get("ItemSelector")
            given = items[index] if selector is None else fill(selector, seen, {**scope, "Map": item})
            within = _Run(self.host, {**self.scope, "Map": item}, self.deadline)
            self.host.note("MapIterationStarted", name)
            try:
                output = within.walk(state["ItemProcessor"], within_limit(given, "the item"))
            except TaskFailed:
                self.host.note("MapIterationFailed", name)
                raise
            self.host.note("MapIterationSucceeded", name)
            return output

        limit = min(state.get("MaxConcurrency", 0) or MOST_AT_ONCE, MOST_AT_ONCE)
        return self._fork("Map", name, [partial(iterate, index) for index in range(len(items))], limit)

    def _parallel(self, name: str, state: Definition, given: Any) -> list[Any]:
        return self._fork("Parallel", name, [partial(self.walk, part, given) for part in state["Branches"]], None)

    def _fork(self, kind: str, name: str, branches: Sequence[Callable[[], Any]], limit: int | None) -> list[Any]:
        self.host.note(f"{kind}StateStarted", name)
        try:
            results = self.host.fork(branches, limit) if branches else []
        except TaskFailed:
            self.host.note(f"{kind}StateFailed", name)
            raise
        self.host.note(f"{kind}StateSucceeded", name)
        return results

    def _wait(self, state: Definition, seen: Any, scope: dict[str, Any]) -> None:
        (field,) = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & set(state)
        given = select(state[field], seen, scope, field) if field.endswith("Path") else state[field]
        if field.startswith("Seconds") and isinstance(given, int) and not isinstance(given, bool):
            seconds = float(given)
        elif field.startswith("Timestamp") and (moment := stamp(given)):
            seconds = moment.timestamp() - self.host.now()
        else:
            raise TaskFailed("States.Runtime", f"{field} gives {given!r}")
        self._sleep(max(0.0, seconds))

    def _sleep(self, seconds: float) -> None:
        left = seconds if self.deadline is None else self.deadline - self.host.now()
        self.host.sleep(min(seconds, left))
        self._expire()

    def _expire(self) -> None:
        if self.deadline is not None and self.host.now() >= self.deadline - AN_INSTANT:
            raise TimedOut


def _first(entries: Sequence[Mapping[str, Any]], error: str) -> int | None:
    """The first retrier or catcher that names an error. One that is used up is not passed over for the next."""
    return next((number for number, entry in enumerate(entries) if matches(entry["ErrorEquals"], error)), None)


def _choose(state: Definition, seen: Any, scope: dict[str, Any]) -> str:
    for rule in state["Choices"]:
        if holds(rule, seen, scope):
            return str(rule["Next"])
    if "Default" not in state:
        raise TaskFailed("States.NoChoiceMatched", "no rule holds, and there is no default")
    return str(state["Default"])
