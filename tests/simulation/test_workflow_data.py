"""What passes through a state: paths, templates, results, and the limit on size; and what a task is given."""

from __future__ import annotations

import pytest

from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.workflow_host import NOON, After, ScriptedHost
from tests.simulation.workflow_parts import error, output, passing, task, wait_task


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"a": {"b": [1, 2]}, "c": 3}),
        ({"InputPath": "$.a"}, {"b": [1, 2]}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.a.b[1]"}, 2),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$$.Execution.Name"}, "run-1"),
        ({"Result": {"r": 1}}, {"r": 1}),
        ({"Result": 7, "ResultPath": None}, {"a": {"b": [1, 2]}, "c": 3}),
        ({"Result": 7, "ResultPath": "$.a.d"}, {"a": {"b": [1, 2], "d": 7}, "c": 3}),
        ({"Result": 7, "ResultPath": "$.new.deep"}, {"a": {"b": [1, 2]}, "c": 3, "new": {"deep": 7}}),
        (
            {"Parameters": {"x.$": "$['a'].b[0]", "y": [{"z.$": "$.c"}], "w": "$.c"}},
            {"x": 1, "y": [{"z": 3}], "w": "$.c"},
        ),
        (
            {"InputPath": "$.a", "Parameters": {"x.$": "$.b"}, "ResultPath": "$.c"},
            {"a": {"b": [1, 2]}, "c": {"x": [1, 2]}},
        ),
        ({"Parameters": {"in.$": "$$.Execution.Input.c", "at.$": "$$.State.Name"}}, {"in": 3, "at": "A"}),
    ],
)
def test_data_passes_a_state(fields, expected):
    given = {"a": {"b": [1, 2]}, "c": 3}
    assert output({"A": passing(**fields)}, given) == expected
    assert given == {"a": {"b": [1, 2]}, "c": 3}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"InputPath": "$.gone"}, "States.Runtime"),
        ({"OutputPath": "$.gone"}, "States.Runtime"),
        ({"Parameters": {"x.$": "$.gone"}}, "States.Runtime"),
        ({"OutputPath": "$.list[2]"}, "States.Runtime"),
        ({"OutputPath": "$.text.inside"}, "States.Runtime"),
        ({"Result": 1, "ResultPath": "$.text.inside"}, "States.ResultPathMatchFailure"),
    ],
)
def test_a_path_that_leads_nowhere_fails_the_run(fields, name):
    assert error({"A": passing(**fields)}, {"text": "t", "list": [1, 2]}) == name


def test_no_catch_and_no_retry_sees_a_broken_path():
    guarded = task(
        Parameters={"FunctionName": "work", "Payload": {"x.$": "$.gone"}},
        Retry=[{"ErrorEquals": ["States.ALL"]}],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}],
    )
    host = ScriptedHost()
    assert error({"A": guarded, "B": passing()}, {}, host) == "States.Runtime"
    assert host.sleeps == []


def test_a_function_is_called_and_answers_in_an_envelope():
    host = ScriptedHost({"work": [{"ok": True}]})
    states = {"A": task(OutputPath="$", TimeoutSeconds=9)}
    assert output(states, {"n": 1}, host) == {
        "ExecutedVersion": "$LATEST",
        "Payload": {"ok": True},
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "StatusCode": 200,
    }
    assert host.calls == [("work", {"n": 1})]
    assert host.timeouts == [("work", 9)]


def test_a_result_is_selected_and_put_into_the_input():
    state = task(ResultSelector={"code.$": "$.StatusCode", "n.$": "$.Payload.n"}, ResultPath="$.done", OutputPath="$")
    assert output({"A": state}, {"n": 1}) == {"n": 1, "done": {"code": 200, "n": 1}}


def test_a_function_without_a_payload_gets_an_empty_one():
    host = ScriptedHost()
    output({"A": task(Parameters={"FunctionName.$": "$.f"})}, {"f": "work"}, host)
    assert host.calls == [("work", {})]


def test_a_task_over_its_time_fails_by_name():
    host = ScriptedHost({"work": [After(31, 1)]})
    assert error({"A": task(TimeoutSeconds=30)}, {}, host) == "States.Timeout"
    assert host.clock == NOON + 30


def test_a_timeout_may_stand_in_the_input():
    host = ScriptedHost({"work": [After(8, 1)]})
    assert error({"A": task(TimeoutSecondsPath="$.s")}, {"s": 7}, host) == "States.Timeout"
    assert host.timeouts == [("work", 7)]
    for wrong in (0, -1, 1.5, "7", True, None):
        assert error({"A": task(TimeoutSecondsPath="$.s")}, {"s": wrong}) == "States.Runtime"


def test_what_a_token_was_answered_with_is_the_result():
    host = ScriptedHost({"work": [{"outcome": "SHIPPED"}]})
    assert output({"A": wait_task(TimeoutSeconds=60)}, {"n": 1}, host) == {"outcome": "SHIPPED"}
    assert host.calls == [("work", {"token": "token-1", "all": {"n": 1}})]
    assert "TaskSubmitted" in host.kinds


def test_every_attempt_has_a_token_of_its_own():
    host = ScriptedHost({"work": [TaskFailed("Busy"), TaskFailed("Busy"), 1]})
    assert output({"A": wait_task(Retry=[{"ErrorEquals": ["Busy"]}])}, {}, host) == 1
    assert [payload["token"] for _, payload in host.calls] == ["token-1", "token-2", "token-3"]


def test_a_token_without_a_heartbeat_is_over_before_its_timeout():
    host = ScriptedHost({"work": [After(6, 1)]})
    assert error({"A": wait_task(TimeoutSeconds=60, HeartbeatSeconds=5)}, {}, host) == "States.Timeout"


def test_another_machine_is_started():
    parameters = {"StateMachineArn": "arn:of:other", "Name.$": "$.id", "Input.$": "$"}
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "End": True,
        "Parameters": parameters,
    }
    host = ScriptedHost()
    assert output({"A": start}, {"id": "f1"}, host) == {"ExecutionArn": "arn:of:other:f1", "StartDate": NOON}
    assert host.calls == [("other", {"name": "f1", "input": {"id": "f1"}})]
