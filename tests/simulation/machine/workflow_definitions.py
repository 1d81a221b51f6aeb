"""What a definition may say: every field, state type and resource that the interpreter knows, and no other.

A definition that says more is refused before its first state, so that the interpreter never passes over anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulation.machine.workflow_errors import NAMED, NotModelled
from tests.simulation.machine.workflow_paths import check_template, parse
from tests.simulation.machine.workflow_rules import check_rule

Definition = Mapping[str, Any]
INVOKE = "arn:aws:states:::lambda:invoke"
INVOKE_FOR_TOKEN = f"{INVOKE}.waitForTaskToken"
START_EXECUTION = "arn:aws:states:::states:startExecution"

_ALWAYS = {"Type", "Comment"}
_FLOW = {"InputPath", "OutputPath"}
_NEXT = {"Next", "End"}
_RESULT = {"Parameters", "ResultSelector", "ResultPath", "Retry", "Catch"}
_FIELDS = {
    "Task": _FLOW | _NEXT | _RESULT | {"Resource"} | {"TimeoutSeconds", "TimeoutSecondsPath"} | {"HeartbeatSeconds"},
    "Pass": _FLOW | _NEXT | {"Parameters", "Result", "ResultPath"},
    "Choice": _FLOW | {"Choices", "Default"},
    "Wait": _FLOW | _NEXT | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Map": _FLOW | _NEXT | _RESULT | {"ItemsPath", "ItemSelector", "MaxConcurrency", "ItemProcessor"},
    "Parallel": _FLOW | _NEXT | _RESULT | {"Branches"},
    "Succeed": _FLOW,
    "Fail": {"Error", "Cause"},
}
_PARAMETERS = {
    INVOKE: {"FunctionName", "Payload"},
    INVOKE_FOR_TOKEN: {"FunctionName", "Payload"},
    START_EXECUTION: {"StateMachineArn", "Name", "Input"},
}
_PATHS = ("InputPath", "OutputPath", "ResultPath", "TimeoutSecondsPath", "ItemsPath", "SecondsPath", "TimestampPath")
_RETRY = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds", "JitterStrategy"}
_CATCH = {"ErrorEquals", "ResultPath", "Next"}

# A definition is checked once; the entry holds it, so that its id stays its own.
_checked: dict[int, Definition] = {}


def check(definition: Definition) -> None:
    """Raise NotModelled unless the interpreter does all that a definition says."""
    if _checked.get(id(definition)) is definition:
        return
    _only(definition, {"Comment", "StartAt", "States", "TimeoutSeconds"}, "the definition")
    _check_states(definition)
    _checked[id(definition)] = definition


def _only(given: Iterable[str], known: set[str], where: str) -> None:
    if unknown := sorted(set(given) - known):
        raise NotModelled(f"{', '.join(unknown)} of {where}")


def _check_states(part: Definition) -> None:
    states = part["States"]
    _target(part["StartAt"], states, "StartAt")
    for name, state in states.items():
        _check_state(name, state, states)


def _check_state(name: str, state: Definition, states: Definition) -> None:
    kind = state["Type"]
    if kind not in _FIELDS:
        raise NotModelled(f"the type {kind} of {name}")
    _only(state, _FIELDS[kind] | _ALWAYS, f"{name}, a {kind}")
    for field in _PATHS:
        if state.get(field) is not None:
            _check_path(field, state[field])
    for field in ("Parameters", "ResultSelector", "ItemSelector"):
        check_template(state.get(field))
    _check_errors(name, state, states)
    if kind not in ("Choice", "Succeed", "Fail"):
        if ("Next" in state) is (state.get("End") is True):
            raise NotModelled(f"{name}, which has not exactly one of Next and End")
        if "Next" in state:
            _target(state["Next"], states, name)
    _check_own_fields(name, kind, state, states)


def _check_own_fields(name: str, kind: str, state: Definition, states: Definition) -> None:
    if kind == "Task":
        _check_task(name, state)
    elif kind == "Choice":
        for rule in state["Choices"]:
            check_rule(rule)
            _target(rule["Next"], states, name)
        if "Default" in state:
            _target(state["Default"], states, name)
    elif kind == "Wait":
        if len({"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & set(state)) != 1:
            raise NotModelled(f"{name}, which does not say once how long it waits")
    elif kind == "Parallel":
        for branch in state["Branches"]:
            _only(branch, {"Comment", "StartAt", "States"}, f"a branch of {name}")
            _check_states(branch)
    elif kind == "Map":
        if "Parameters" in state:
            raise NotModelled(f"Parameters of {name}, the old name of ItemSelector")
        processor = state["ItemProcessor"]
        _only(processor, {"Comment", "ProcessorConfig", "StartAt", "States"}, f"the processor of {name}")
        if processor.get("ProcessorConfig", {"Mode": "INLINE"}) != {"Mode": "INLINE"}:
            raise NotModelled(f"the processor of {name} in a mode other than INLINE")
        _check_states(processor)


def _check_path(field: str, text: str) -> None:
    path = parse(text)
    if field == "ResultPath" and (path.context or any(isinstance(step, int) for step in path.steps)):
        raise NotModelled(f"the ResultPath {text}")


def _check_task(name: str, state: Definition) -> None:
    resource = state["Resource"]
    if resource not in _PARAMETERS:
        raise NotModelled(f"the resource {resource} of {name}")
    given = {field.removesuffix(".$") for field in state["Parameters"]}
    _only(given, _PARAMETERS[resource], f"the parameters of {name}")
    if {"TimeoutSeconds", "TimeoutSecondsPath"} <= set(state):
        raise NotModelled(f"two timeouts of {name}")
    if "HeartbeatSeconds" in state and resource != INVOKE_FOR_TOKEN:
        raise NotModelled(f"HeartbeatSeconds of {name}, which waits for no token")
    if "$$.Task.Token" in str(state) and resource != INVOKE_FOR_TOKEN:
        raise NotModelled(f"the task token of {name}, which waits for none")


def _check_errors(name: str, state: Definition, states: Definition) -> None:
    for field, known in (("Retry", _RETRY), ("Catch", _CATCH)):
        entries = state.get(field, [])
        for entry in entries:
            _only(entry, known, f"{field} of {name}")
            names = entry["ErrorEquals"]
            _only((error for error in names if error.startswith("States.")), set(NAMED), f"{field} of {name}")
            if not names or ("States.ALL" in names and (len(names) > 1 or entry is not entries[-1])):
                raise NotModelled(f"{field} of {name}: States.ALL stands alone and last")
            if entry.get("ResultPath") is not None:
                _check_path("ResultPath", entry["ResultPath"])
            if "Next" in entry:
                _target(entry["Next"], states, name)
            if entry.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
                raise NotModelled(f"the jitter of {name}")


def _target(name: str, states: Definition, where: str) -> None:
    if name not in states:
        raise NotModelled(f"{where} leads to {name}, which is no state beside it")
