"""The order workflow: every choice, every retry, every catch, with the real handlers."""

from __future__ import annotations

import json

import pytest

from oms.fulfillment.model import Outcome
from tests.order_doors import doors
from tests.order_world import line, world
from tests.workflows.machines import SERVICE_ERROR, Machines, cloud, machines

__all__ = ["cloud", "doors", "machines", "world"]


@pytest.mark.capability("K10")
def test_an_order_is_sourced_paid_and_started(machines: Machines):
    order_id = machines.world.placed(line("A", 3), line("B", 2, method="pickup", pickup_node="S1"))
    run = machines.order(order_id)
    assert run["status"] == "SUCCEEDED"
    assert machines.states(run["executionArn"]) == [
        "SourceOrder",
        "AuthorizePayment",
        "MayFulfill",
        "StartFulfillments",
        "StartFulfillment",
        "StartFulfillment",
    ]
    works = [work.id for work in machines.world.order(order_id).fulfillment_orders]
    assert len(works) == 2
    for work in works:
        machines.waits(work)
    assert sorted(machines.fulfillment_runs()) == sorted(works)
    assert machines.world.provider.amount("authorize") == 5000
    assert [work.status.value for work in machines.world.order(order_id).fulfillment_orders] == ["OPEN", "OPEN"]


@pytest.mark.capability("A1")
def test_a_second_run_starts_nothing_twice(machines: Machines):
    """The event may come any number of times: an execution that exists counts as started."""
    order_id = machines.world.placed(line("A", 3))
    first, second = machines.order(order_id), machines.order(order_id)
    assert (first["status"], second["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert machines.world.provider.moved("authorize") == {"psp_1": 1}
    machines.waits(machines.world.order(order_id).fulfillment_orders[0].id)
    third = machines.order(order_id)  # now the work is released, and no more named by the second task
    assert third["status"] == "SUCCEEDED"
    assert machines.names.count("release_fulfillment") == 1


def test_a_run_whose_fulfilments_were_started_before_succeeds(machines: Machines):
    """The first run died after it had started the fulfilment and before the node was told."""
    order_id = machines.world.placed(line("A", 3))
    machines.world.source(order_id)
    (work,) = machines.world.order(order_id).fulfillment_orders
    machines.function.broken["release_fulfillment"] = ["TransientFailure"] * 3
    content = {
        "tenant": "acme",
        "order_id": order_id,
        "fulfillment_order_id": work.id,
        "timeout_seconds": 60,
        "rest_seconds": 60,
    }
    machines.world.authorize(order_id)
    machines.start("FulfillmentWorkflow", content, name=work.id, wait=False)
    run = machines.order(order_id)
    assert run["status"] == "SUCCEEDED"
    assert list(machines.fulfillment_runs()) == [work.id]


@pytest.mark.capability("K10")
@pytest.mark.parametrize(("step", "status"), [("declined", "PENDING_REVIEW"), ("action", "CONFIRMED")])
def test_without_money_nothing_is_started(machines: Machines, step: str, status: str):
    order_id = machines.world.placed(line("A", 3))
    machines.world.provider.script["authorize"] = [step]
    run = machines.order(order_id)
    assert run["status"] == "SUCCEEDED"
    assert machines.states(run["executionArn"])[-1] == "AwaitDecision"
    assert machines.fulfillment_runs() == {}
    seen = machines.world.view(order_id)
    assert (seen.status, seen.fulfillment_orders[0].status) == (status, "SCHEDULED")


@pytest.mark.capability("A3")
def test_after_a_decision_the_same_workflow_goes_on(machines: Machines):
    order_id = machines.world.placed(line("A", 3))
    machines.world.provider.script["authorize"] = ["declined"]
    machines.order(order_id)
    machines.world.review(order_id, "accept")
    assert machines.order(order_id)["status"] == "SUCCEEDED"
    (work,) = machines.world.order(order_id).fulfillment_orders
    machines.waits(work.id)
    assert machines.world.events(order_id).count("OrderSourced") == 1


def test_a_free_order_needs_no_money(machines: Machines):
    order_id = machines.world.placed(line("A", 1, 0))
    run = machines.order(order_id)
    assert json.loads(run["output"])["outcome"] == "NOT_REQUIRED"
    assert "StartFulfillment" in machines.states(run["executionArn"])


def test_a_cancelled_order_is_left_alone(machines: Machines):
    order_id = machines.world.placed(line("A", 1))
    machines.world.cancel(order_id)
    run = machines.order(order_id)
    assert json.loads(run["output"])["outcome"] == "CANCELLED"
    assert machines.states(run["executionArn"])[-1] == "AwaitDecision"
    assert machines.world.provider.effects == []


@pytest.mark.capability("K11")
def test_an_unknown_outcome_is_asked_again(machines: Machines):
    order_id = machines.world.placed(line("A", 3))
    machines.world.provider.script.update({"authorize": ["lost_after", "lost_before"], "find": ["lost_before"] * 2})
    assert machines.order(order_id)["status"] == "SUCCEEDED"
    assert machines.names[:4] == ["source_order", "authorize_payment", "authorize_payment", "authorize_payment"]
    assert machines.world.provider.moved("authorize") == {"psp_1": 1}


@pytest.mark.parametrize("function", ["source_order", "authorize_payment"])
@pytest.mark.parametrize("error", ["Busy", "TransientFailure", SERVICE_ERROR])
def test_a_task_rides_out_four_failures(machines: Machines, function: str, error: str):
    order_id = machines.world.placed(line("A", 1))
    machines.function.broken[function] = [error] * 4
    assert machines.order(order_id)["status"] == "SUCCEEDED"
    assert machines.names.count(function) == 5


@pytest.mark.parametrize("function", ["source_order", "authorize_payment"])
@pytest.mark.parametrize(("errors", "calls"), [(["TransientFailure"] * 5, 5), (["SomethingElse"], 1)])
def test_a_task_that_cannot_ends_the_run_and_the_message_comes_again(
    machines: Machines, function: str, errors: list[str], calls: int
):
    order_id = machines.world.placed(line("A", 1))
    machines.function.broken[function] = list(errors)
    run = machines.order(order_id)
    assert (run["status"], run["error"]) == ("FAILED", errors[0])
    assert machines.names.count(function) == calls
    assert machines.order(order_id)["status"] == "SUCCEEDED"  # each step takes effect once, so it may run again
    assert machines.world.provider.moved("authorize") == {"psp_1": 1}


def placed_message(machines: Machines, order_id: str) -> list[str]:
    """start_order_workflow with the message of a placed order; the ids of the messages that come again."""
    return machines.doors.queue("start_order_workflow", machines.doors.stored_event(order_id, "OrderPlaced"))


def test_the_message_is_done_when_the_run_is(machines: Machines):
    """start_order_workflow runs the deployed workflow and waits for its end: the money is held when it returns."""
    order_id = machines.world.placed(line("A", 1))
    assert placed_message(machines, order_id) == []
    assert machines.world.order(order_id).payments[0].state == "AUTHORIZED"
    arn = machines.deployed.arn("OrderWorkflow")
    runs = machines.client.list_executions(stateMachineArn=arn)["executions"]
    (run,) = [run for run in runs if run["name"].startswith(order_id)]
    assert len(run["name"]) <= 80
    asked = machines.client.describe_execution(executionArn=run["executionArn"])["input"]
    assert json.loads(asked) == {"tenant": "acme", "order_id": order_id}


def test_a_run_that_fails_gives_its_message_back(machines: Machines):
    order_id = machines.world.placed(line("A", 1))
    machines.function.broken["source_order"] = ["SomethingElse"]
    with machines.world.unchanged():
        assert placed_message(machines, order_id) == ["m0"]
    assert machines.names == ["source_order"]


def test_an_order_of_nobody_gives_its_message_back(machines: Machines):
    order_id = machines.world.placed(line("A", 1))
    event = machines.doors.stored_event(order_id, "OrderPlaced")
    event["detail"]["data"]["order_id"] = "ord_none"
    with machines.world.unchanged():
        assert machines.doors.queue("start_order_workflow", event) == ["m0"]


def test_an_answer_that_nobody_waits_for_is_no_error(machines: Machines):
    """A task token that was answered, timed out or never was: the adapter says so and raises nothing."""
    assert [machines.world.continue_workflow("no-such-token", outcome) for outcome in Outcome] == [False] * len(Outcome)
