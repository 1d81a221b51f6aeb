"""What a node rejects, or has not answered for, goes to other nodes: as the deployed workflows run it."""

from __future__ import annotations

import pytest

from tests.functions.test_brokering import broker, hold
from tests.order_doors import doors
from tests.order_world import TENANT, line, world
from tests.workflows.machines import Machines, cloud, machines
from tests.workflows.test_fulfillment_workflow import DAY, OVERDUE, UNTIL_PARCEL, begin, ends

__all__ = ["cloud", "doors", "machines", "world"]


@pytest.mark.capability("H2", "E8")
def test_what_a_node_rejects_goes_to_the_next_one(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.node(work, "reject", reason="damaged")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *("NoteRejection", "RerouteFulfillmentOrder", "IsRerouted", "NothingLeftToDo"),
    ]
    first, second = machines.world.order(order_id).fulfillment_orders
    assert (first.escalated_reason, second.node_id, second.status, second.replaces) == (None, "S1", "SCHEDULED", work)
    told = machines.doors.stored_event(order_id, "OrderRerouted")["detail"]["data"]
    assert told["lines"] == [{"line_no": 1, "sku": "A", "node_id": "S1", "quantity": 5}]
    # The fact of it runs the order workflow again, which starts the new work.
    run = machines.wait(machines.start("OrderWorkflow", {"tenant": TENANT, "order_id": order_id}, wait=False))
    assert run["status"] == "SUCCEEDED"
    machines.waits(second.id)
    machines.node(second.id, "ship")
    view = machines.world.view(order_id)
    machines.until(lambda: machines.world.view(order_id).payment_status == "CAPTURED")
    assert (view.status, view.lines[0].quantities) == ("COMPLETED", {"shipped": 5})


@pytest.mark.capability("E8")
def test_work_that_a_node_has_not_answered_for_is_taken_from_it_where_another_has_all_of_it(machines: Machines):
    order_id, _, arn = begin(machines, seconds=1, silent_for=DAY)
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *OVERDUE,
        "NothingLeftToDo",
    ]
    first, second = machines.world.order(order_id).fulfillment_orders
    assert (first.status, first.rejected_reason, second.node_id) == ("REJECTED", "TIMED_OUT", "S1")
    assert machines.doors.stored_event(order_id, "FulfillmentOrderWithdrawn")["detail"]["data"]["node_id"] == "DC1"


@pytest.mark.capability("E8")
def test_re_routing_that_fails_ends_with_a_person(machines: Machines):
    order_id, work, arn = begin(machines)
    machines.function.broken["reroute_fulfillment"] = ["SomethingElse"] * 7
    machines.node(work, "reject", reason="damaged")
    assert ends(machines, arn)[1:] == [
        *("NoteRejection", "RerouteFulfillmentOrder", "EscalateFulfillmentOrder", "MayStillShip", "NothingLeftToDo"),
    ]
    assert machines.world.view(order_id).fulfillment_orders[0].escalated_reason == "REJECTED"


@pytest.mark.capability("E12")
def test_the_run_of_work_that_a_better_plan_took_over_ends_and_nobody_is_told(machines: Machines):
    world = machines.world
    world.add_item("D", {"S2": 5})
    hold(machines.doors, {"id": "near", "cents_per_100_km": 10, "reoptimize_from_cents": 100})
    order_id, work, arn = begin(machines, line("D", 5))
    with machines.function.lock:
        world.receive("D", "DC1", 5)
        broker(machines.doors, "StockFreed", sku="D")
        withdrawn = machines.doors.stored_event(order_id, "FulfillmentOrderWithdrawn")
        assert machines.doors.queue("resume_fulfillment", withdrawn) == []
    assert ends(machines, arn) == [*UNTIL_PARCEL, "NothingLeftToDo"]
    first, second = world.order(order_id).fulfillment_orders
    assert (first.id, first.status, first.escalated_reason) == (work, "REPLACED", None)
    run = machines.wait(machines.start("OrderWorkflow", {"tenant": TENANT, "order_id": order_id}, wait=False))
    assert run["status"] == "SUCCEEDED"
    machines.waits(second.id)
    machines.node(second.id, "ship")
    machines.until(lambda: world.view(order_id).payment_status == "CAPTURED")
    assert (world.view(order_id).status, second.node_id) == ("COMPLETED", "DC1")
