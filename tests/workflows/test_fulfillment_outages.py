"""The fulfilment workflow while its own tasks fail: work that cannot be handed over, and nobody who could be told."""

from __future__ import annotations

import pytest

from tests.order_doors import doors
from tests.order_world import TENANT, line, world
from tests.workflows.machines import SERVICE_ERROR, Machines, cloud, machines
from tests.workflows.test_fulfillment_workflow import UNTIL_PARCEL, begin, ends, scarce

__all__ = ["cloud", "doors", "machines", "world"]


def test_work_that_could_not_be_handed_over_waits_for_a_person_and_then_goes_on(machines: Machines):
    order_id = machines.world.sourced(line("A", 1))
    machines.world.authorize(order_id)
    (work,) = machines.world.order(order_id).fulfillment_orders
    machines.function.broken["release_fulfillment"] = ["SomethingElse"]
    content = {
        "tenant": TENANT,
        "order_id": order_id,
        "fulfillment_order_id": work.id,
        "timeout_seconds": 60,
        "rest_seconds": 60,
    }
    arn = machines.start("FulfillmentWorkflow", content, name=work.id, wait=False)
    machines.waits(work.id, 2)
    assert machines.states(arn)[:4] == [
        "ReleaseFulfillmentOrder",
        "NoteReleaseFailure",
        "EscalateFulfillmentOrder",
        "MayStillShip",
    ]
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "RELEASE_FAILED"
    with machines.function.lock:
        machines.world.cancel(order_id)
        machines.doors.queue("resume_fulfillment", machines.doors.stored_event(order_id, "FulfillmentOrderCancelled"))
    assert ends(machines, arn)[-1] == "NothingLeftToDo"


def test_work_that_cannot_be_handed_over_for_long_is_tried_until_it_can(machines: Machines):
    machines.function.broken["release_fulfillment"] = ["SomethingElse"] * 3
    order_id, work, arn = begin(machines)
    machines.waits(work, 4)
    machines.node(work, "ship")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *("NoteReleaseFailure", "EscalateFulfillmentOrder", "MayStillShip", "AwaitRestOfShipment"),
        *("NoteWaitFailure", "EscalateFulfillmentOrder", "MayStillShip", "WaitForRepair", "AwaitRestOfShipment") * 2,
        "CapturePayment",
    ]
    assert machines.world.events(order_id).count("FulfillmentOrderEscalated") == 1


def test_an_unpaid_release_is_refused_by_the_work_itself(machines: Machines):
    """K10 also where somebody starts the workflow by hand."""
    order_id = machines.world.sourced(line("A", 1))
    (work,) = machines.world.order(order_id).fulfillment_orders
    content = {
        "tenant": TENANT,
        "order_id": order_id,
        "fulfillment_order_id": work.id,
        "timeout_seconds": 60,
        "rest_seconds": 60,
    }
    arn = machines.start("FulfillmentWorkflow", content, name=work.id, wait=False)
    machines.waits(work.id, 2)
    assert "NoteReleaseFailure" in machines.states(arn)
    assert machines.world.work(work.id).status.value == "SCHEDULED"


@pytest.mark.parametrize("errors", [["Busy"] * 8, ["TransientFailure", SERVICE_ERROR]])
def test_the_release_rides_out_failures(machines: Machines, errors: list[str]):
    machines.function.broken["release_fulfillment"] = list(errors)
    order_id, work, arn = begin(machines)
    machines.until(lambda: machines.world.work(work).status.value == "OPEN")
    machines.node(work, "ship")
    assert ends(machines, arn)[-1] == "CapturePayment"
    assert machines.world.events(order_id).count("FulfillmentOrderReleased") == 1


def test_the_escalation_itself_rides_out_anything(machines: Machines):
    order_id, work, arn = begin(machines, scarce(machines))
    machines.function.broken["escalate_fulfillment"] = ["SomethingElse"] * 10
    machines.node(work, "reject", reason="damaged")
    assert ends(machines, arn)[-1] == "NothingLeftToDo"
    assert machines.world.events(order_id).count("FulfillmentOrderEscalated") == 1


def test_an_escalation_that_fails_for_hours_is_made_later(machines: Machines):
    order_id, work, arn = begin(machines, scarce(machines))
    machines.function.broken["escalate_fulfillment"] = ["SomethingElse"] * 11
    machines.node(work, "reject", reason="damaged")
    assert ends(machines, arn)[1:] == [
        *("NoteRejection", "RerouteFulfillmentOrder", "IsRerouted"),
        *("EscalateFulfillmentOrder", "WaitForRepair", "AwaitRestOfShipment"),
        *("NoteRejection", "RerouteFulfillmentOrder", "IsRerouted"),
        *("EscalateFulfillmentOrder", "MayStillShip", "NothingLeftToDo"),
    ]
    assert machines.world.events(order_id).count("FulfillmentOrderEscalated") == 1
