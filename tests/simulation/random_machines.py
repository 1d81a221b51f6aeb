"""Small random state machines whose functions follow a script, within what the local engine does as AWS does."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

INVOKE = "arn:aws:states:::lambda:invoke"
STEPS = ("one", "two", "three")
ERRORS = ("Busy", "Gone", "Lambda.Unknown")
WHOLE = {"n": 3, "text": "b", "flag": True, "list": [1, {"x": 2}], "deep": {"a": {"b": "c"}}, "nothing": None}
PATHS = ("$.n", "$.text", "$.flag", "$.list", "$.list[0]", "$.list[1].x", "$.deep.a", "$.deep['a'].b", "$.nothing", "$")


@dataclass(frozen=True)
class Case:
    """A machine, with `@one` and so on for its functions, its input, and the outcomes of each function."""

    name: str
    definition: dict[str, Any]
    given: dict[str, Any]
    script: dict[str, list[dict[str, Any]]]


def case(number: int) -> Case:
    """The machine of a number; its input has the fields of WHOLE, and every state leaves them there."""
    chance = Random(f"machine:{number}")
    name = f"m{number}"
    script = {step: [_outcome(chance) for _ in range(chance.randint(0, 5))] for step in STEPS}
    count = chance.randint(1, 4)
    states: dict[str, Any] = {"End": {"Type": "Succeed"}}
    if chance.random() < 0.3:
        states["End"] = {"Type": "Pass", "Parameters": _template(chance), "End": True}
    states["Bad"] = {"Type": "Fail", "Error": "Bad", "Cause": "as written"}
    following = "End"
    given: dict[str, Any] = {"case": name, **WHOLE}
    for place in reversed(range(count)):
        states[f"S{place}"] = _state(chance, following, place)
        following = f"S{place}"
        if states[following]["Type"] == "Map":
            given[f"items{place}"] = _items(chance)
    return Case(name, {"StartAt": "S0", "States": states}, given, script)


def _outcome(chance: Random) -> dict[str, Any]:
    if chance.random() < 0.45:
        # To a task that waits for no token, a refusal is no more than its payload handed back.
        return {chance.choice(("raise", "raise", "refuse")): chance.choice(ERRORS[:2])}
    return {"value": chance.choice((1, "b", [1, 2], {"n": 3, "text": "c"}, True, None))}


def _state(chance: Random, following: str, place: int) -> dict[str, Any]:
    make = chance.choice((_task, _task, _task, _token, _pass, _choice, _wait, _map, _parallel))
    return make(chance, following, place)


def _kept(chance: Random, place: int) -> dict[str, Any]:
    """Where the result goes: away, or to a place of its own."""
    return {"ResultPath": chance.choice((None, f"$.r{place}", f"$.kept.r{place}"))}


def _template(chance: Random) -> dict[str, Any]:
    filled = {f"p{number}.$": chance.choice(PATHS) for number in range(chance.randint(1, 3))}
    filled |= {"fixed": chance.choice((1, "$.n", {"inner.$": "$.text"})), "who.$": "$$.State.Name"}
    return filled


def _handled(chance: Random, place: int) -> dict[str, Any]:
    """Retry and Catch."""
    fields: dict[str, Any] = {}
    if chance.random() < 0.6:
        retriers = [{"ErrorEquals": [chance.choice(ERRORS)], "MaxAttempts": chance.randint(0, 2), "IntervalSeconds": 1}]
        if chance.random() < 0.5:
            wide = chance.choice(("States.ALL", "States.TaskFailed"))
            retriers.append({"ErrorEquals": [wide], "MaxAttempts": chance.randint(0, 2), "BackoffRate": 1.5})
        fields["Retry"] = retriers
    if chance.random() < 0.6:
        path = chance.choice((None, f"$.caught{place}"))
        names = [chance.choice((*ERRORS, "States.ALL", "States.TaskFailed"))]
        fields["Catch"] = [{"ErrorEquals": names, "ResultPath": path, "Next": chance.choice(("End", "Bad"))}]
    return fields


def _task(chance: Random, following: str, place: int) -> dict[str, Any]:
    payload = {"case.$": "$.case", **_template(chance), "try.$": "$$.State.RetryCount"}
    state = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": f"@{chance.choice(STEPS)}", "Payload": payload},
        "TimeoutSeconds": 30,
        "Next": following,
        **_kept(chance, place),
        **_handled(chance, place),
    }
    if chance.random() < 0.8:
        # The engine's envelope holds less than that of AWS.
        state["ResultSelector"] = {"got.$": "$.Payload", "code.$": "$.StatusCode", "and": place}
    else:
        state["ResultPath"] = None
    return state


def _token(chance: Random, following: str, place: int) -> dict[str, Any]:
    payload = {"case.$": "$.case", "task_token.$": "$$.Task.Token"}
    return {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Parameters": {"FunctionName": f"@{chance.choice(STEPS)}", "Payload": payload},
        "TimeoutSeconds": 30,
        "Next": following,
        **_kept(chance, place),
        **_handled(chance, place),
    }


def _pass(chance: Random, following: str, place: int) -> dict[str, Any]:
    state = {"Type": "Pass", "Next": following, **_kept(chance, place)}
    if chance.random() < 0.5:
        return {**state, "Result": chance.choice((1, [], {"a": {"b": None}}))}
    return {**state, "InputPath": "$", "Parameters": _template(chance)}


def _rule(chance: Random) -> dict[str, Any]:
    return chance.choice(
        (
            {"Variable": "$.n", "NumericEquals": 3},
            {"Variable": "$.n", "NumericGreaterThan": 3},
            {"Variable": "$.text", "NumericLessThan": 9},
            {"Variable": "$.text", "StringEquals": "b"},
            {"Variable": "$.text", "StringLessThan": "b"},
            {"Variable": "$.text", "StringMatches": "*b"},
            {"Variable": "$.flag", "BooleanEquals": False},
            {"Variable": "$.nothing", "IsNull": True},
            {"Variable": "$.absent", "IsPresent": True},
            {"Variable": "$.deep.a.b", "IsString": True},
            {"Variable": "$.n", "NumericEqualsPath": "$.list[1].x"},
        )
    )


def _choice(chance: Random, following: str, place: int) -> dict[str, Any]:
    rules: list[dict[str, Any]] = [
        {"And": [_rule(chance), _rule(chance)]},
        {"Or": [_rule(chance), {"Not": _rule(chance)}]},
        _rule(chance),
    ]
    chosen = chance.sample(rules, chance.randint(1, 2))
    ways = (following, "End", "Bad")
    state = {"Type": "Choice", "Choices": [{**rule, "Next": chance.choice(ways)} for rule in chosen]}
    return {**state, "Default": chance.choice(ways)} if chance.random() < 0.8 else state


def _wait(chance: Random, following: str, place: int) -> dict[str, Any]:
    return {"Type": "Wait", "Next": following, **chance.choice(({"Seconds": 5}, {"SecondsPath": "$.n"}))}


def _map(chance: Random, following: str, place: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"Type": "Pass", "End": True}
    if chance.random() < 0.7:
        inner = {"Type": "Task", "Resource": INVOKE, "End": True, "TimeoutSeconds": 30}
        inner |= {"Parameters": {"FunctionName": "@echo", "Payload.$": "$"}, "OutputPath": "$.Payload"}
    return {
        "Type": "Map",
        "ItemsPath": "$$.Execution.Input.list"
        if chance.random() < 0.2 and inner["Type"] == "Pass"
        else f"$.items{place}",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": inner}},
        "MaxConcurrency": chance.randint(0, 3),
        "Next": following,
        **_kept(chance, place),
        **_handled(chance, place),
    }


def _items(chance: Random) -> list[dict[str, Any]]:
    """Items fail by what they are: in which order they run is nobody's promise."""
    items = [{"k": chance.randint(0, 9), "case": "none"} for _ in range(chance.randint(0, 4))]
    return [*items, {"fail": "Busy"}] if chance.random() < 0.3 else items


def _parallel(chance: Random, following: str, place: int) -> dict[str, Any]:
    failing = {"Type": "Fail", "Error": chance.choice(ERRORS[:2])}
    branches = [{"Type": "Pass", "Parameters": _template(chance), "End": True} for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.25:
        branches[-1] = failing
    return {
        "Type": "Parallel",
        "Branches": [{"StartAt": "B", "States": {"B": branch}} for branch in branches],
        "Next": following,
        **_kept(chance, place),
        **_handled(chance, place),
    }
