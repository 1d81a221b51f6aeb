"""Retry and Catch, and the end of a run: its time, its size, its history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.workflow_host import NOON, After, ScriptedHost
from tests.simulation.workflow_parts import error, output, passing, play, task


def test_retries_wait_longer_and_longer_and_end():
    host = ScriptedHost({"work": [TaskFailed("E", "why")] * 9})
    run = play({"A": task(Retry=[{"ErrorEquals": ["E"]}])}, {}, host)
    assert run == {"status": "FAILED", "error": "E", "cause": "why"}
    assert host.sleeps == [1, 2, 4]


@pytest.mark.parametrize(
    ("fields", "sleeps"),
    [
        ({"IntervalSeconds": 3, "BackoffRate": 1, "MaxAttempts": 2}, [3, 3]),
        ({"IntervalSeconds": 5, "BackoffRate": 2.5, "MaxAttempts": 3}, [5, 12.5, 31.25]),
        ({"IntervalSeconds": 5, "MaxDelaySeconds": 12, "MaxAttempts": 4}, [5, 10, 12, 12]),
        ({"IntervalSeconds": 4, "JitterStrategy": "FULL", "MaxAttempts": 2}, [1, 2]),
        ({"IntervalSeconds": 4, "JitterStrategy": "NONE", "MaxAttempts": 1}, [4]),
        ({"MaxAttempts": 0}, []),
    ],
)
def test_the_pauses_between_attempts(fields, sleeps):
    host = ScriptedHost({"work": [TaskFailed("E")] * 9}, jitter=0.25)
    assert error({"A": task(Retry=[{"ErrorEquals": ["E"], **fields}])}, {}, host) == "E"
    assert host.sleeps == sleeps


def test_each_retrier_counts_for_itself_and_none_stands_in_for_another():
    retriers = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    host = ScriptedHost({"work": [TaskFailed(name) for name in "ABBA"]})
    assert error({"A": task(Retry=retriers)}, {}, host) == "A"
    assert host.sleeps == [1, 1, 2]


def test_the_number_of_retries_is_told():
    parameters = {"FunctionName": "work", "Payload": {"try.$": "$$.State.RetryCount"}}
    host = ScriptedHost({"work": [TaskFailed("E"), TaskFailed("E")]})
    assert output({"A": task(Parameters=parameters, Retry=[{"ErrorEquals": ["E"]}])}, {}, host) == {"try": 2}


@pytest.mark.parametrize(
    ("names", "failure", "caught"),
    [
        (["E"], "E", True),
        (["F", "E"], "E", True),
        (["F"], "E", False),
        (["States.ALL"], "E", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.HeartbeatTimeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.TaskFailed"], "E", True),
        (["States.TaskFailed"], "Lambda.Unknown", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.HeartbeatTimeout", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["States.Timeout"], "States.Timeout", True),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["States.Timeout"], "Sandbox.Timedout", False),
    ],
)
def test_which_names_catch_which_errors(names, failure, caught):
    state = task(Catch=[{"ErrorEquals": names, "Next": "B"}])
    host = ScriptedHost({"work": [TaskFailed(failure, "why")]})
    run = play({"A": state, "B": passing()}, {"n": 1}, host)
    if caught:
        assert run == {"status": "SUCCEEDED", "output": {"Error": failure, "Cause": "why"}}
    else:
        assert run["error"] == failure


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ({}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": "$"}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": None}, {"n": 1}),
        ({"ResultPath": "$.failure"}, {"n": 1, "failure": {"Error": "E", "Cause": "why"}}),
    ],
)
def test_a_caught_error_goes_on_with_the_input(path, expected):
    state = task(Catch=[{"ErrorEquals": ["E"], "Next": "B", **path}])
    host = ScriptedHost({"work": [TaskFailed("E", "why")]})
    assert output({"A": state, "B": passing()}, {"n": 1}, host) == expected


def test_retries_come_before_the_catch():
    state = task(Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}], Catch=[{"ErrorEquals": ["E"], "Next": "B"}])
    host = ScriptedHost({"work": [TaskFailed("E"), TaskFailed("E")]})
    output({"A": state, "B": passing()}, {}, host)
    assert host.states == ["A", "B"]
    assert host.sleeps == [1]


def test_a_run_over_its_time_ends_whatever_it_catches():
    guarded = task(
        TimeoutSeconds=30,
        Retry=[{"ErrorEquals": ["States.ALL"]}],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}],
    )
    host = ScriptedHost({"work": [After(29, TaskFailed("E")), After(40, 1)]})
    assert play({"A": guarded, "B": passing()}, {}, host, TimeoutSeconds=50) == {"status": "TIMED_OUT"}
    assert host.clock == NOON + 50
    assert host.timeouts == [("work", 30), ("work", 20)]
    assert host.kinds[-1] == "ExecutionTimedOut"


def test_a_run_over_its_time_in_a_wait_or_between_retries():
    host = ScriptedHost({"work": [TaskFailed("E")] * 9})
    assert play({"A": {"Type": "Wait", "Seconds": 9, "End": True}}, {}, host, TimeoutSeconds=4) == {
        "status": "TIMED_OUT"
    }
    retried = task(Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 9}])
    assert play({"A": retried}, {}, host, TimeoutSeconds=5) == {"status": "TIMED_OUT"}
    assert host.sleeps == [4, 1, 2, 2]


@pytest.mark.parametrize("where", ["input", "answer", "output", "payload"])
def test_data_over_256_kib_ends_the_run(where):
    long = "x" * (256 * 1024)
    host = ScriptedHost({"work": [long]}) if where == "answer" else ScriptedHost({"work": [1]})
    given: Any = {"input": long, "answer": {}, "output": {"h": "x" * (200 * 1024)}, "payload": {"h": long[:140_000]}}[
        where
    ]
    state = task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}])
    if where == "output":
        state |= {"Parameters": {"FunctionName": "work"}, "ResultPath": "$.r", "OutputPath": "$"}
        host.script["work"] = ["y" * (100 * 1024)]
    if where == "payload":
        state["Parameters"] = {"FunctionName": "work", "Payload": {"one.$": "$", "two.$": "$"}}
    assert error({"A": state, "B": passing()}, given, host) == "States.DataLimitExceeded"


def test_characters_are_counted_in_bytes():
    assert output({"A": passing()}, "x" * (256 * 1024 - 2)) is not None
    assert error({"A": passing()}, "é" * (128 * 1024)) == "States.DataLimitExceeded"


def test_the_history_of_a_run():
    host = ScriptedHost()
    output({"A": {**task(), "Next": "B"} | {"End": False}, "B": {"Type": "Succeed"}}, {}, host)
    assert host.notes == [
        ("ExecutionStarted", ""),
        ("TaskStateEntered", "A"),
        ("TaskScheduled", "A"),
        ("TaskStarted", "A"),
        ("TaskSucceeded", "A"),
        ("TaskStateExited", "A"),
        ("SucceedStateEntered", "B"),
        ("SucceedStateExited", "B"),
        ("ExecutionSucceeded", ""),
    ]


def test_what_a_host_raises_besides_failures_ends_the_run_unseen():
    class Killed(BaseException):
        pass

    class Host(ScriptedHost):
        def invoke(self, function_arn: str, payload: Any, timeout: float | None) -> Any:
            raise Killed

    host = Host()
    with pytest.raises(Killed):
        play({"A": task(Retry=[{"ErrorEquals": ["States.ALL"]}])}, {}, host)
    assert host.kinds[-1] == "TaskStarted"
