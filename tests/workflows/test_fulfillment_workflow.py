"""The fulfilment workflow: every answer of a node, every time-out, every failure, with the real handlers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order_doors import doors
from tests.order_world import TENANT, line, world
from tests.workflows.machines import SERVICE_ERROR, Machines, cloud, machines

__all__ = ["cloud", "doors", "machines", "world"]

UNTIL_PARCEL = ["ReleaseFulfillmentOrder"]


# What a run does when its wait is over and the node has had its time.
OVERDUE = ["NoteTimeout", "TakeDueDeadlines", "SetNextWait", "WhatIsDue", "RerouteFulfillmentOrder", "IsRerouted"]
DAY = 86_400


def begin(
    machines: Machines,
    *lines: dict[str, Any],
    seconds: int = 60,
    rest: int | None = None,
    silent_for: int = 0,
    **changes: Any,
) -> tuple[str, str, str]:
    """An order whose only fulfilment order waits for its node: its id, the work's id and the run's ARN.

    By when the run's wait is over, the node has said nothing for so many seconds of the retailer's clock.
    """
    order_id = machines.world.sourced(*(lines or (line("A", 5),)), **changes)
    machines.world.authorize(order_id)
    (work,) = machines.world.order(order_id).fulfillment_orders
    content = {
        "tenant": TENANT,
        "order_id": order_id,
        "fulfillment_order_id": work.id,
        "timeout_seconds": seconds,
        "rest_seconds": seconds if rest is None else rest,
    }
    arn = machines.start("FulfillmentWorkflow", content, name=work.id, wait=False)
    machines.waits(work.id)
    machines.world.clock.advance(seconds=silent_for)
    return order_id, work.id, arn


def scarce(machines: Machines) -> dict[str, Any]:
    """A line of an item that only one node has."""
    machines.world.add_item("D", {"DC1": 5})
    return line("D", 5)


def ends(machines: Machines, arn: str, status: str = "SUCCEEDED") -> list[str]:
    """The states of a run that has ended as expected."""
    run = machines.wait(arn)
    assert run["status"] == status, run
    return machines.states(arn)


@pytest.mark.capability("H2", "K4")
def test_shipped_and_captured(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.node(work, "accept")
    machines.node(work, "ship")
    assert ends(machines, arn) == [*UNTIL_PARCEL, "CapturePayment"]
    view = machines.world.view(order_id)
    assert (view.status, view.payment_status, view.fulfillment_status) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert machines.world.provider.effects == [("authorize", "psp_1", 5000), ("capture", "psp_1", 5000)]


@pytest.mark.capability("H6", "K4")
def test_a_first_parcel_then_the_rest(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.node(work, "ship", lines={1: 2})
    machines.waits(work, 2)
    assert machines.world.provider.amount("capture") == 2000
    machines.node(work, "ship", lines={1: 1})
    machines.waits(work, 3)
    machines.node(work, "ship")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        "CapturePartialPayment",
        "AwaitRestOfShipment",
        "CapturePartialPayment",
        "AwaitRestOfShipment",
        "CapturePayment",
    ]
    assert [amount for verb, _, amount in machines.world.provider.effects if verb == "capture"] == [2000, 1000, 2000]
    assert machines.world.events(order_id).count("FulfillmentOrderReleased") == 1


@pytest.mark.capability("H2", "K4")
def test_what_nobody_else_has_is_put_in_front_of_a_person(machines: Machines):
    order_id, work, arn = begin(machines, scarce(machines))
    machines.node(work, "reject", reason="damaged")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *("NoteRejection", "RerouteFulfillmentOrder", "IsRerouted"),
        *("EscalateFulfillmentOrder", "MayStillShip", "NothingLeftToDo"),
    ]
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "REJECTED"
    assert machines.world.view(order_id).lines[0].quantities == {"open": 5}


@pytest.mark.capability("H2", "K4")
@pytest.mark.parametrize("captured_before", [True, False])
def test_what_a_node_shipped_before_it_gave_up_is_captured_and_the_rest_is_a_persons(
    machines: Machines, captured_before: bool
):
    order_id, work, arn = begin(machines, scarce(machines))
    if captured_before:
        machines.node(work, "ship", lines={1: 2})
        machines.waits(work, 2)
    else:
        with machines.function.lock:
            machines.world.act(work, "ship", {1: 2})
    machines.node(work, "close", reason="not_found")
    parcel = ["CapturePartialPayment", "AwaitRestOfShipment"] if captured_before else []
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *parcel,
        "CaptureIncompletePayment",
        *("NoteIncomplete", "RerouteFulfillmentOrder", "IsRerouted"),
        "EscalateFulfillmentOrder",
        "MayStillShip",
        "NothingLeftToDo",
    ]
    assert [amount for verb, _, amount in machines.world.provider.effects if verb == "capture"] == [2000]
    (seen,) = machines.world.view(order_id).fulfillment_orders
    assert (seen.status, seen.escalated_reason) == ("INCOMPLETE", "INCOMPLETE")
    assert machines.world.view(order_id).lines[0].quantities == {"open": 3, "shipped": 2}


def test_of_given_up_work_and_of_its_refused_capture_the_person_is_told_both(machines: Machines):
    order_id, work, arn = begin(machines, scarce(machines))
    machines.world.provider.script["capture"] = ["declined"]
    with machines.function.lock:
        machines.world.act(work, "ship", {1: 2})
    machines.node(work, "close", reason="not_found")
    assert ends(machines, arn)[1:] == [
        "CaptureIncompletePayment",
        "NoteIncompleteCaptureFailure",
        "EscalateFulfillmentOrder",
        "MayStillShip",
        *("NoteIncomplete", "RerouteFulfillmentOrder", "IsRerouted"),
        "EscalateFulfillmentOrder",
        "MayStillShip",
        "NothingLeftToDo",
    ]
    told = [event["reason"] for name, event in machines.function.calls if name == "escalate_fulfillment"]
    assert told == ["CAPTURE_FAILED", "INCOMPLETE"]
    assert machines.world.events(order_id).count("FulfillmentOrderEscalated") == 2
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "CAPTURE_FAILED"


@pytest.mark.capability("H2")
def test_a_cancellation_ends_the_wait(machines: Machines):
    order_id, _, arn = begin(machines)
    with machines.function.lock:
        machines.world.cancel(order_id)
        machines.doors.queue("resume_fulfillment", machines.doors.stored_event(order_id, "FulfillmentOrderCancelled"))
        machines.doors.queue("release_payment", machines.doors.stored_event(order_id, "OrderCancelled"))
    assert ends(machines, arn) == [*UNTIL_PARCEL, "NothingLeftToDo"]
    assert machines.world.provider.effects == [("authorize", "psp_1", 5000), ("void", "psp_1", 5000)]


def test_cancelling_the_rest_of_a_parcel_ends_the_wait(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.node(work, "ship", lines={1: 2})
    machines.waits(work, 2)
    with machines.function.lock:
        machines.world.cancel(order_id)
    machines.node(work, "cancel-response", accepted=True)
    assert ends(machines, arn)[-2:] == ["AwaitRestOfShipment", "CapturePayment"]
    assert machines.world.provider.held["psp_1"].captured == 2000
    assert machines.world.provider.held["psp_1"].capturable == 0


@pytest.mark.capability("H2")
def test_a_silent_node_is_escalated_and_may_still_ship(machines: Machines):
    order_id, work, arn = begin(machines, scarce(machines), seconds=1, silent_for=DAY)
    machines.waits(work, 2)
    machines.node(work, "ship")
    states = ends(machines, arn)
    assert states[:10] == [
        "ReleaseFulfillmentOrder",
        *OVERDUE,
        "EscalateFulfillmentOrder",
        "MayStillShip",
        "AwaitRestOfShipment",
    ]
    assert states[-2:] == ["AwaitRestOfShipment", "CapturePayment"]
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "TIMED_OUT"
    assert machines.world.events(order_id).count("FulfillmentOrderReleased") == 1
    # A late answer to the first wait is nobody's any more.
    with machines.function.lock:
        assert (
            machines.doors.queue("resume_fulfillment", machines.doors.stored_event(order_id, "ShipmentShipped")) == []
        )


@pytest.mark.capability("K4")
@pytest.mark.parametrize("errors", [["TransientFailure"] * 14, ["Busy", SERVICE_ERROR, "Sandbox.Timedout"]])
def test_a_capture_rides_out_a_provider_that_is_down(machines: Machines, errors: list[str]):
    _, work, arn = begin(machines)
    machines.function.broken["capture_payment"] = list(errors)
    machines.node(work, "ship")
    assert ends(machines, arn) == [*UNTIL_PARCEL, "CapturePayment"]
    assert machines.world.provider.amount("capture") == 5000
    assert machines.names.count("capture_payment") == len(errors) + 1


@pytest.mark.capability("K4")
@pytest.mark.parametrize("errors", [["TransientFailure"] * 15, ["SomethingElse"]])
def test_a_capture_that_cannot_be_is_put_in_front_of_a_person(machines: Machines, errors: list[str]):
    order_id, work, arn = begin(machines)
    machines.function.broken["capture_payment"] = list(errors)
    machines.node(work, "ship")
    states = ends(machines, arn)
    assert states[1:] == [
        "CapturePayment",
        "NoteCaptureFailure",
        "EscalateFulfillmentOrder",
        "MayStillShip",
        "NothingLeftToDo",
    ]
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "CAPTURE_FAILED"


@pytest.mark.capability("K4")
def test_a_refused_first_parcel_is_escalated_once_and_the_rest_goes_on(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.world.provider.script["capture"] = ["declined"]
    machines.node(work, "ship", lines={1: 2})
    machines.waits(work, 2)
    machines.node(work, "ship")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        "CapturePartialPayment",
        "NotePartialCaptureFailure",
        "EscalateFulfillmentOrder",
        "MayStillShip",
        "AwaitRestOfShipment",
        "CapturePayment",
    ]
    assert machines.world.events(order_id).count("FulfillmentOrderEscalated") == 1
    view = machines.world.view(order_id)
    assert [capture.captured for shipment in view.shipments for capture in shipment.captures] == [False, True]
    assert view.fulfillment_orders[0].escalated_reason == "CAPTURE_FAILED"


def test_digital_work_needs_no_node(machines: Machines):
    order_id, _, arn = begin(machines, line("GIFT", 1, 2500, type="non_stock", method="digital"))
    assert ends(machines, arn) == [*UNTIL_PARCEL, "CapturePayment"]
    assert machines.world.view(order_id).status == "COMPLETED"


@pytest.mark.capability("H2")
def test_a_token_is_answered_once(machines: Machines):
    """A second answer, and one after the end, change nothing and are no error."""
    order_id, work, arn = begin(machines)
    machines.node(work, "ship")
    ends(machines, arn)
    with machines.function.lock, machines.world.unchanged():
        for _ in range(2):
            event = machines.doors.stored_event(order_id, "ShipmentShipped")
            assert machines.doors.queue("resume_fulfillment", event) == []
