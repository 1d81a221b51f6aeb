"""Work that is put on hold while its workflow waits: the wait begins anew and ends when the hold does."""

from __future__ import annotations

import pytest

from tests.order_doors import doors
from tests.order_world import world
from tests.workflows.machines import Machines, cloud, machines
from tests.workflows.test_fulfillment_workflow import begin, ends

__all__ = ["cloud", "doors", "machines", "world"]


@pytest.mark.capability("H3")
def test_a_hold_with_an_end_defers_the_wait_until_there(machines: Machines):
    order_id, work, arn = begin(machines, seconds=86_400)
    with machines.function.lock:
        body = {"reason": "address_check", "expires_at": "2026-11-23T13:30:00Z"}
        held = machines.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/hold", body)
        assert (held.status, held.body["status"]) == (200, "ON_HOLD")
        told = machines.doors.stored_event(order_id, "FulfillmentOrderHeld")
        assert machines.doors.queue("resume_fulfillment", told) == []
    # It asks what is due, and waits again until the hold ends.
    machines.waits(work, 2)
    asked = [event for name, event in machines.function.calls if name == "release_fulfillment"]
    assert [event.get("wait_seconds") for event in asked] == [None, 5_400]
    with machines.function.lock:
        over = machines.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/release-hold", None)
        assert (over.status, over.body["status"]) == (200, "OPEN")
    machines.node(work, "ship")
    due = ["NoteTimeout", "TakeDueDeadlines", "SetNextWait", "WhatIsDue"]
    assert ends(machines, arn) == ["ReleaseFulfillmentOrder", *due, "AwaitRestOfShipment", "CapturePayment"]
    view = machines.world.view(order_id)
    assert (view.status, view.payment_status) == ("COMPLETED", "CAPTURED")
