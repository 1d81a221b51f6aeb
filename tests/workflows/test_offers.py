"""Work on offer as the deployed workflows run it: taken by another node, and accepted in time by its own."""

from __future__ import annotations

import pytest

from oms.platform.principal import node_principal
from tests.functions.test_brokering import hold
from tests.order_doors import doors
from tests.order_world import TENANT, world
from tests.workflows.machines import Machines, cloud, machines
from tests.workflows.test_fulfillment_workflow import OVERDUE, UNTIL_PARCEL, begin, ends

__all__ = ["cloud", "doors", "machines", "world"]

OFFER = {"id": "offer", "offer": {"nodes": 2, "minutes": 5}}


@pytest.mark.capability("E13")
def test_the_run_of_the_first_node_ends_and_the_node_that_took_it_has_one_of_its_own(machines: Machines):
    world = machines.world
    hold(machines.doors, OFFER)
    order_id, work, arn = begin(machines)
    with machines.function.lock:
        world.act(work, "accept", principal=node_principal(TENANT, "S1"))
        withdrawn = machines.doors.stored_event(order_id, "FulfillmentOrderWithdrawn")
        assert machines.doors.queue("resume_fulfillment", withdrawn) == []
    assert ends(machines, arn) == [*UNTIL_PARCEL, "NothingLeftToDo"]
    first, second = world.order(order_id).fulfillment_orders
    assert (first.status, first.escalated_reason, second.node_id, second.status) == (
        *("REPLACED", None),
        *("S1", "ACCEPTED"),
    )
    for _ in range(2):
        # The event of it comes twice: the work gets one run.
        run = machines.wait(machines.start("OrderWorkflow", {"tenant": TENANT, "order_id": order_id}, wait=False))
        assert run["status"] == "SUCCEEDED"
    machines.waits(second.id)
    assert sorted(machines.fulfillment_runs()) == [work, second.id]
    machines.node(second.id, "ship")
    machines.until(lambda: world.view(order_id).payment_status == "CAPTURED")
    assert world.view(order_id).status == "COMPLETED"


@pytest.mark.capability("E13")
def test_an_offer_that_is_over_wakes_nobody_where_its_own_node_has_accepted(machines: Machines):
    hold(machines.doors, OFFER)
    order_id, work, arn = begin(machines, seconds=1, rest=60, silent_for=300)
    machines.node(work, "accept")
    machines.waits(work, 2)
    machines.node(work, "ship")
    assert ends(machines, arn) == [
        *UNTIL_PARCEL,
        *OVERDUE,
        *("EscalateFulfillmentOrder", "MayStillShip", "AwaitRestOfShipment", "CapturePayment"),
    ]
    (only,) = machines.world.order(order_id).fulfillment_orders
    assert (only.status, only.escalated_reason) == ("COMPLETED", None)
