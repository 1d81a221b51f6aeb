"""The workflows' definitions: explained, bounded in time, ids only, and few states on the happy path."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.template import ROOT, of_type

MACHINE = "AWS::StepFunctions::StateMachine"
WORKFLOWS = {
    "OrderWorkflow": "order",
    "FulfillmentWorkflow": "fulfillment",
    "PaymentWorkflow": "payment",
    "ReturnWorkflow": "return",
}
IDS = {
    "tenant",
    "order_id",
    "fulfillment_order_id",
    "return_id",
    "timeout_seconds",
    "rest_seconds",
    "task_token",
    "reason",
    "wait_seconds",
}
SERVICE_ERRORS = {
    "Runtime.ExitError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}


def _definition(name: str) -> dict:
    return json.loads((ROOT / "infra" / "workflows" / f"{name}.asl.json").read_text())


def _states(definition: dict) -> Iterator[tuple[str, dict]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


@pytest.fixture(params=sorted(WORKFLOWS.values()))
def states(request) -> dict[str, dict]:
    return dict(_states(_definition(request.param)))


def test_the_template_runs_the_files(template):
    for logical_id, name in WORKFLOWS.items():
        machine = of_type(template, MACHINE)[logical_id]
        text = (ROOT / "infra" / "workflows" / f"{name}.asl.json").read_text()
        assert machine["DefinitionString"] == text
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(machine["DefinitionSubstitutions"])


def test_the_order_workflow_is_express_and_those_that_wait_are_standard(template):
    kinds = {name: machine["StateMachineType"] for name, machine in of_type(template, MACHINE).items()}
    assert kinds == {name: "EXPRESS" if name == "OrderWorkflow" else "STANDARD" for name in WORKFLOWS}


def test_failed_runs_are_logged_traced_and_ring(template):
    for name, machine in of_type(template, MACHINE).items():
        assert machine["LoggingConfiguration"]["Level"] == "ERROR", name
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False, name
        assert machine["TracingConfiguration"] == {"Enabled": True}, name
    watched = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Ref"])
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/States"
    }
    assert watched == {(metric, name) for metric in ("ExecutionsFailed", "ExecutionsTimedOut") for name in WORKFLOWS}


def test_every_state_says_what_it_is_for(states):
    for name, state in states.items():
        assert len(state["Comment"]) > 20, name


def test_every_task_ends_in_time(states):
    for name, state in states.items():
        if state["Type"] == "Task":
            assert "TimeoutSeconds" in state or "TimeoutSecondsPath" in state, name


def test_every_task_rides_out_a_failing_service(states):
    for name, state in states.items():
        if state["Type"] == "Task" and "lambda" in state["Resource"]:
            retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
            assert retried >= SERVICE_ERRORS or retried == {"States.ALL"}, name
            assert all(retrier["BackoffRate"] > 1 for retrier in state["Retry"]), name
            assert all(retrier["JitterStrategy"] == "FULL" for retrier in state["Retry"]), name


def test_tasks_are_told_ids_only(states):
    for name, state in states.items():
        payload = state.get("Parameters", {}).get("Payload", {})
        assert {field.removesuffix(".$") for field in payload} <= IDS, name


def test_definitions_are_json_path_only(states):
    text = json.dumps(states)
    assert "QueryLanguage" not in text
    assert "{%" not in text


def test_a_shipped_order_passes_two_states_of_the_standard_workflow():
    definition = _definition("fulfillment")
    path, state = [], definition["StartAt"]
    while state:
        path.append(state)
        state = definition["States"][state].get("Next")
    assert path == ["ReleaseFulfillmentOrder", "CapturePayment"]


def test_every_answer_of_a_node_but_shipped_is_caught_by_its_name():
    from oms.fulfillment.model import Outcome

    states = _definition("fulfillment")["States"]
    for name in ("ReleaseFulfillmentOrder", "AwaitRestOfShipment"):
        caught = {error: one["Next"] for one in states[name]["Catch"] for error in one["ErrorEquals"]}
        assert set(caught) == {*Outcome, "States.Timeout", "States.ALL"} - {"SHIPPED"}
        assert caught["PARTIALLY_SHIPPED"] == "CapturePartialPayment"
        assert caught["INCOMPLETE"] == "CaptureIncompletePayment"
        # The ids go on whatever the answer was.
        assert states[name]["ResultPath"] is None
        assert {one["ResultPath"] for one in states[name]["Catch"]} == {None}


def test_a_wait_for_a_node_ends_in_an_escalation_and_goes_on():
    states = _definition("fulfillment")["States"]
    waits = [name for name, state in states.items() if "waitForTaskToken" in state.get("Resource", "")]
    assert waits == ["ReleaseFulfillmentOrder", "AwaitRestOfShipment"]
    for name in waits:
        # The first wait may be for an offer, which is shorter.
        seconds = "timeout_seconds" if name == "ReleaseFulfillmentOrder" else "rest_seconds"
        assert states[name]["TimeoutSecondsPath"] == f"$.{seconds}"
        assert states[name]["Catch"][0] == {
            "ErrorEquals": ["States.Timeout"],
            "ResultPath": None,
            "Next": "NoteTimeout",
        }
        # What is due before the wait would end is taken like what is due at its end.
        assert states[name]["Catch"][1] == {"ErrorEquals": ["DUE_EARLIER"], "ResultPath": None, "Next": "NoteTimeout"}
        retried = {error for retrier in states[name]["Retry"] for error in retrier["ErrorEquals"]}
        assert "States.Timeout" not in retried
        assert "States.ALL" not in retried
        assert "States.TaskFailed" not in retried
    assert states["NoteTimeout"]["Result"]["then"] == "WAIT_ON"
    assert (states["NoteTimeout"]["Next"], states["TakeDueDeadlines"]["Next"]) == ("TakeDueDeadlines", "SetNextWait")
    # The next wait is as long as what is due says, or an hour where nobody could say it.
    assert (states["SetNextWait"]["InputPath"], states["SetNextWait"]["ResultPath"]) == (
        *("$.due.wait_seconds", "$.rest_seconds"),
    )
    assert states["TakeDueDeadlines"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "NoteDueFailure"}
    ]
    assert states["NoteDueFailure"]["Result"] == {"then": "WAIT_ON", "wait_seconds": 3600}
    assert states["WhatIsDue"]["Default"] == "AwaitRestOfShipment"
    assert states["NoteRejection"]["Result"]["then"] == "END"


def test_a_run_whose_work_may_be_open_tries_again_every_hour_and_never_ends():
    states = _definition("fulfillment")["States"]
    assert states["NoteWaitFailure"]["Result"] == {"reason": "RELEASE_FAILED", "then": "TRY_LATER"}
    wait = states["WaitForRepair"]
    assert (wait["Type"], wait["Seconds"], wait["Next"]) == ("Wait", 3600, "AwaitRestOfShipment")
    assert states["EscalateFulfillmentOrder"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "WaitForRepair"}
    ]
    # What ends a run is the end of its work, and nothing else.
    ends = {name for name, state in states.items() if state.get("Result", {}).get("then") == "END"}
    assert ends == {"NoteCaptureFailure", "NoteRejection", "NoteIncomplete"}


def test_a_fulfilment_that_runs_already_counts_as_started():
    start = dict(_states(_definition("order")))["StartFulfillment"]
    exists = ["StepFunctions.ExecutionAlreadyExistsException", "ExecutionAlreadyExists"]
    assert start["Parameters"]["Name.$"] == "$.fulfillment_order_id"
    assert start["Retry"][0] == {"ErrorEquals": exists, "MaxAttempts": 0}
    assert start["Catch"][0]["ErrorEquals"] == exists


def test_the_order_workflow_ends_before_its_caller_does():
    from infra.functions import FUNCTIONS

    assert _definition("order")["TimeoutSeconds"] < FUNCTIONS["start_order_workflow"].timeout
