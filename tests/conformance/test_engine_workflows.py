"""Workflows on the local engine: named errors, task tokens, time-outs, synchronous runs."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.conformance.cloud import Cloud

TASK_RETRY_AND_CATCH = {
    "Retry": [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 1, "MaxAttempts": 1}],
    "Catch": [{"ErrorEquals": ["StockGone"], "ResultPath": "$.problem", "Next": "Caught"}],
}


def test_a_standard_workflow_catches_a_named_error(cloud: Cloud) -> None:
    machine = cloud.machine(
        {
            "Sell": {"Type": "Task", "Resource": cloud.function("run_task"), "End": True, **TASK_RETRY_AND_CATCH},
            "Caught": {"Type": "Pass", "Parameters": {"error.$": "$.problem.Error"}, "End": True},
        }
    )
    ended = cloud.execute(machine, {"raise": "shirts"})
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"error": "StockGone"}


def waiting_machine(cloud: Cloud, timeout: int | str) -> tuple[str, str]:
    """A machine that waits for a task token, for seconds or as its input says, and the queue that gets the token."""
    tokens = cloud.queue()
    machine = cloud.machine(
        {
            "Wait": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                **({"TimeoutSecondsPath": timeout} if isinstance(timeout, str) else {"TimeoutSeconds": timeout}),
                "Parameters": {
                    "FunctionName": cloud.function("run_task", TOKENS=tokens),
                    "Payload": {"token.$": "$$.Task.Token", "raise.$": "$.raise"},
                },
                "Catch": [
                    {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.problem", "Next": "Late"},
                    {"ErrorEquals": ["StockGone"], "ResultPath": "$.problem", "Next": "Failed"},
                ],
                "End": True,
            },
            "Late": {"Type": "Pass", "Result": {"late": True}, "End": True},
            "Failed": {"Type": "Pass", "Parameters": {"error.$": "$.problem.Error"}, "End": True},
        }
    )
    return machine, tokens


def test_a_task_token_resumes_a_waiting_workflow(cloud: Cloud) -> None:
    machine, tokens = waiting_machine(cloud, timeout=60)
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine, input='{"raise": null}')["executionArn"]
    token = cloud.collect(tokens, lambda seen: len(seen) == 1)[0]
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"

    states.send_task_success(taskToken=token, output='{"shipped": 2}')
    ended = cloud.ended(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"shipped": 2})
    with pytest.raises(ClientError) as late:
        states.send_task_success(taskToken=token, output="{}")
    assert late.value.response["Error"]["Code"] in ("TaskTimedOut", "TaskDoesNotExist")


def test_a_task_token_that_never_comes_times_out(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout=1)
    ended = cloud.execute(machine, {"raise": None})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"late": True})


def test_a_task_token_times_out_when_the_input_says_so(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout="$.seconds")
    ended = cloud.execute(machine, {"raise": None, "seconds": 1})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"late": True})


def test_a_callback_task_fails_at_once_when_its_function_raises(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout=60)
    ended = cloud.execute(machine, {"raise": "shirts"})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"error": "StockGone"})


def test_an_express_workflow_answers_synchronously_and_starts_a_standard_one(cloud: Cloud) -> None:
    task = {"Type": "Task", "Resource": cloud.function("run_task")}
    child = cloud.machine({"Work": {**task, "End": True}})
    express = cloud.machine(
        {
            "Sell": {**task, "ResultPath": "$.sold", **TASK_RETRY_AND_CATCH, "Next": "Start"},
            "Start": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": child, "Name.$": "$.echo", "Input": {"echo": "child"}},
                "ResultPath": "$.child",
                "End": True,
            },
            "Caught": {"Type": "Fail", "Error": "SoldOut"},
        },
        kind="EXPRESS",
    )
    states = cloud.client("stepfunctions")
    done = states.start_sync_execution(stateMachineArn=express, input=json.dumps({"echo": "order-7"}))
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert (output["sold"]["echo"], output["child"]["ExecutionArn"].rpartition(":")[2]) == ("order-7", "order-7")

    failed = states.start_sync_execution(stateMachineArn=express, input=json.dumps({"raise": "shirts"}))
    assert (failed["status"], failed["error"]) == ("FAILED", "SoldOut")

    durations = []
    for number in range(4):
        began = time.monotonic()
        states.start_sync_execution(stateMachineArn=express, input=json.dumps({"echo": f"again-{number}"}))
        durations.append(time.monotonic() - began)
    assert min(durations) < 0.1
