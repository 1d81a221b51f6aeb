"""Small states, and how a machine made of them ends: what the tests of the interpreter are written in."""

from __future__ import annotations

from typing import Any

from tests.simulation.workflow_host import ScriptedHost, ends

INVOKE = "arn:aws:states:::lambda:invoke"


def task(function: str = "work", **more: Any) -> dict[str, Any]:
    """The last state of a machine: a call of a function with the whole input, its answer kept."""
    end = {} if "Next" in more else {"End": True}
    parameters = {"FunctionName": function, "Payload.$": "$"}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "OutputPath": "$.Payload"} | end | more


def wait_task(**more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": "work", "Payload": {"token.$": "$$.Task.Token", "all.$": "$"}}
    return {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Parameters": parameters,
        "End": True,
        **more,
    }


def passing(**more: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **more}


def mapping(inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": next(iter(inner)), "States": inner}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **more}


def play(states: dict[str, Any], given: Any, host: ScriptedHost | None = None, **more: Any) -> dict[str, Any]:
    """Run some states from the first on: `status`, and `output` or `error` and `cause`."""
    return ends({"StartAt": next(iter(states)), "States": states, **more}, given, host or ScriptedHost())


def output(states: dict[str, Any], given: Any, host: ScriptedHost | None = None) -> Any:
    run = play(states, given, host)
    assert run["status"] == "SUCCEEDED", run
    return run["output"]


def error(states: dict[str, Any], given: Any, host: ScriptedHost | None = None) -> str:
    run = play(states, given, host)
    assert run["status"] == "FAILED", run
    return run["error"]
