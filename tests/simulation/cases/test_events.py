"""Cases 13, 14, 15, 31 and 37: events that are lost, repeated, late or somebody else's."""

from __future__ import annotations

import pytest

from tests.simulation.cases.steps import (
    effects,
    events_of,
    heard_on_bus,
    later,
    nothing_kept,
    only_at_newark,
    placed,
    refused,
    released,
    rested,
    ship,
    shown,
    states,
    step,
    stock,
)
from tests.simulation.cases.weather import hold_back, three_times
from tests.simulation.world import line, order, simulated

# An order that is shipped at once, as its own facts tell it.
STORY = [
    "OrderPlaced",
    "OrderSourced",
    "PaymentAuthorized",
    "FulfillmentOrderReleased",
    "FulfillmentOrderAccepted",
    "FulfillmentOrderPicked",
    "FulfillmentOrderPacked",
    "ShipmentShipped",
    "OrderCompleted",
    "PaymentCaptured",
]


@pytest.mark.parametrize("fault", ["crash_before", "crash_after", "answer_lost", "throttled"])
def test_case_13_what_was_committed_is_published(fault):
    simulation = simulated(faults=False)
    simulation.before_call("publish_events", 1, fault)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    later(simulation, 30)
    assert simulation.faults.fired[fault, "publish_events", "PutEvents"] == 1
    published = heard_on_bus(simulation, "OrderPlaced")
    assert {event["data"]["order_id"] for event in published} == {order_id}
    assert len(published) == (1 if fault in ("crash_before", "throttled") else 2)
    assert effects(simulation) == [("authorized", 1400)], "whoever consumes it does so once"
    ship(simulation, *released(simulation))
    rested(simulation)
    assert events_of(simulation, order_id) == STORY


def test_case_14_every_event_three_times_is_one_effect():
    simulation = simulated(faults=False)
    three_times(simulation)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    ship(simulation, *released(simulation))
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]
    assert stock(simulation, "MUG", "dc-newark") == (4, 0, 0)
    assert events_of(simulation, order_id) == STORY
    assert len([1 for _, sk in simulation.rows("ledger") if sk == "MARK"]) == 3
    assert [run.machine.name for run in simulation.runs.executions.values()].count("FulfillmentWorkflow") == 1


def test_case_15_a_cancellation_that_overtakes_its_order():
    simulation = simulated(faults=False)
    hold_back(simulation, "OrderPlaced", 600)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    path = f"/v1/orders/{order_id}/cancellations"
    assert simulation.http("POST", path, {"reason": "late"}, key="c-1").status == 200
    later(simulation, 300)
    assert states(simulation, order_id)[0] == "CANCELLED"
    later(simulation, 900)
    rested(simulation)
    assert states(simulation, order_id) == ("CANCELLED", "VOIDED", "UNFULFILLED")
    assert effects(simulation) == [], "what was cancelled is never paid for"
    assert stock(simulation, "MUG", "dc-newark") == (6, 0, 0)
    found = simulation.http("GET", "/v1/orders?channel=web&external_id=o-1").body["orders"]
    assert [(entry["id"], entry["status"]) for entry in found] == [(order_id, "CANCELLED")]


def test_case_31_an_answer_to_a_workflow_that_has_one():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    ship(simulation, work_id)
    later(simulation, 5)
    before = shown(simulation, order_id)
    # The node says it again under a new key, and over its bus; and the bus repeats that it has shipped.
    with nothing_kept(simulation):
        again = simulation.http("POST", f"/v1/fulfillment-orders/{work_id}/ship", {}, key="again", client="acme-wms")
        refused(again, 409, "already_done")
    simulation.say("wms.dc-newark", "ShipFulfillmentOrder", "m-1", {"fulfillment_order_id": work_id})
    repeated = next(entry for entry in simulation.buses.accepted if entry[2] == "ShipmentShipped")
    names = ("EventBusName", "Source", "DetailType", "Detail")
    simulation.buses.put(dict(zip(names, repeated[:4], strict=True)))
    later(simulation, 60)
    told = "twice the order was read, the workflow told, and looked up how long its parcels may be silent"
    assert simulation.calls("resume_fulfillment") == 6, told
    assert shown(simulation, order_id) == before
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]
    assert {run.status for run in simulation.runs.executions.values()} == {"SUCCEEDED"}


def test_case_31_an_answer_after_the_workflow_has_given_up_waiting():
    simulation = simulated(faults=False)
    only_at_newark(simulation)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    later(simulation, 25 * 3600)
    assert shown(simulation, order_id)["fulfillment_orders"][0]["escalated_reason"] == "TIMED_OUT"
    assert [token.filled for token in simulation.runs.tokens.values()] == [True, False], "it waits anew"
    assert step(simulation, work_id, "ship").status == 200
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_case_37_a_node_speaks_for_its_own_work_only():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    ((work_id, node),) = released(simulation).items()
    assert node == "dc-newark"
    before, own = shown(simulation, order_id), dict(simulation.rows("commands"))
    simulation.say("store.albany", "AcceptFulfillmentOrder", "m-1", {"fulfillment_order_id": work_id})
    later(simulation, 3600)
    parked = {name: len(queue.messages) for name, queue in simulation.queues.items() if queue.messages}
    assert parked == {"NodeMessagesDeadLetters": 1}
    assert shown(simulation, order_id) == before
    assert {k: v for k, v in simulation.rows("commands").items() if "fulfillment_order" in k[0]} == {
        k: v for k, v in own.items() if "fulfillment_order" in k[0]
    }
    # Over HTTP, the work of another node does not exist.
    other = simulation.http(
        "POST",
        f"/v1/fulfillment-orders/{work_id}/accept",
        {},
        key="a-1",
        client="store",
        scopes=["fulfillment.write", "node.albany"],
    )
    refused(other, 404, "not_found")
    ship(simulation, work_id)
    assert simulation.run_until_quiet()
    assert simulation.violations == []
