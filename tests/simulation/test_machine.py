"""The simulated account itself: one calm order exactly, the same seed the same run, and nothing unknown passed over."""

from __future__ import annotations

import json

import pytest

from tests.simulation.machine.tables import Tables
from tests.simulation.machine.topology import topology
from tests.simulation.machine.workflow_errors import NotModelled
from tests.simulation.seeds import play
from tests.simulation.world import line, order, simulated


def ship(simulation, work_id):
    """A warehouse does what it was told, over HTTP."""
    for verb in ("accept", "pick", "pack", "ship"):
        path = f"/v1/fulfillment-orders/{work_id}/{verb}"
        assert simulation.http("POST", path, {}, key=verb, client="acme-wms").status == 200


def released(simulation):
    """The work that nodes have heard of, in order."""
    heard = [event for event in simulation.heard if event["detail-type"] == "FulfillmentOrderReleased"]
    return [json.loads(event["detail"])["data"]["fulfillment_order_id"] for event in heard]


def test_one_order_goes_from_the_shop_to_the_ledger():
    simulation = simulated(faults=False)
    answer = simulation.http("POST", "/v1/orders", order("o-1", line("MUG", 2)), key="k-1")
    assert (answer.status, answer.body["status"]) == (201, "CONFIRMED")
    simulation.run(2)
    (work_id,) = released(simulation)
    ship(simulation, work_id)
    assert simulation.run_until_quiet()

    order_id = answer.body["id"]
    header = simulation.rows("orders")[f"T#acme#ORDER#{order_id}", "ORDER"]
    assert (header["status"], header["payment_status"], header["fulfillment_status"]) == (
        "COMPLETED",
        "CAPTURED",
        "FULFILLED",
    )
    moved = [(entry["effect"], entry["amount"]) for entry in simulation.provider.psp.journal.log]
    assert moved[:2] == [("authorized", 1400), ("captured", 1400)]
    stock = simulation.rows("stock")["T#acme#SKU#MUG", "NODE#dc-newark"]
    assert (stock["on_hand"], stock["reserved"], stock["allocated"]) == (4, 0, 0)
    entries = [row for (_, sk), row in simulation.rows("ledger").items() if sk == "MARK"]
    assert len(entries) == 3, "the hold, the shipment and the capture are posted, each once"
    runs = [(run["machine"], run["status"]) for run in simulation.evidence().executions]
    assert runs == [("OrderWorkflow", "SUCCEEDED"), ("FulfillmentWorkflow", "SUCCEEDED")]
    assert simulation.evidence().in_flight == simulation.evidence().dead == []
    assert simulation.violations == []


def test_a_repeated_call_gets_the_first_answer():
    simulation = simulated(faults=False)
    document = order("o-1", line("LAMP"))
    first, second = (simulation.http("POST", "/v1/orders", document, key="k-1") for _ in range(2))
    assert second.text == first.text
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("fault", ["crash_before", "crash_after", "answer_lost", "throttled", "contended", "slow"])
def test_a_fault_strikes_the_call_that_was_named(fault):
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG"))
    simulation.http("POST", "/v1/orders", document, key="other")  # a cold start reads more
    document["external_id"] = "o-2"
    simulation.before_call("place_order", 2, fault)
    answer = simulation.http("POST", "/v1/orders", document, key="k-1")
    assert any(key[:2] == (fault, "place_order") for key in simulation.faults.fired)
    for _ in range(3):
        answer = simulation.http("POST", "/v1/orders", document, key="k-1")
    assert answer.status == 201
    simulation.run_until_quiet()
    assert simulation.violations == []


def test_an_operation_that_is_not_imitated_fails_loudly():
    import boto3

    simulation = simulated(faults=False)
    with pytest.raises(NotModelled, match="dynamodb Scan"):
        boto3.client("dynamodb").scan(TableName="OrdersTable")
    with pytest.raises(NotModelled, match="sns Publish"):
        boto3.client("sns").publish(TopicArn="arn", Message="x")
    assert simulation.aws.seen == set()
    assert [violation.invariant for violation in simulation.violations] == ["MACHINE", "MACHINE"]


@pytest.mark.parametrize("seed", [3, 50, 77])
def test_the_same_seed_is_the_same_run(seed):
    first, second = play(seed, told=True), play(seed, told=True)
    assert first.digest == second.digest
    assert first.story == second.story


def test_other_tables_between_two_runs_change_nothing():
    """Seed 0 has a transaction that the engine itself carries out; its changes must reach the run's own tables."""
    first = play(0, told=True)
    Tables(topology())
    assert play(0, told=True).digest == first.digest


def test_the_choices_of_a_run_repeat_it():
    first = play(11, told=True)
    again = play(11, first.choices, told=True)
    assert again.story == first.story


def test_no_choices_at_all_are_a_calm_day():
    calm = play(5, [])
    assert calm.points == {}
    assert calm.violations == []
