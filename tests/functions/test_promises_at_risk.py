"""A promise that will not be kept is told before it breaks: to the customer, to customer care, and on the queue."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.test_promises import GROUND, HOURS, LEAD_TIME, basket, card, promised
from tests.functions.test_service_levels import promise, wake
from tests.notice_doors import Notices, notices
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, line, world
from tests.pickup_doors import collected

__all__ = ["doors", "notices", "world"]

AT_RISK = "FulfillmentOrderPromiseAtRisk"
LEVEL = {"id": "all", "accept_minutes": 120, "pick_minutes": 240, "at_risk_minutes": 90}
# Monday, collected at 17:00 in New York; then on Tuesday.
DUE, NEXT = "2026-11-23T22:00:00.000Z", "2026-11-24T22:00:00.000Z"


def begun(notices: Notices, **more: Any) -> tuple[str, str]:
    """Two of A, promised for collection on Monday, which DC1 has to send; the ids of the order and the work."""
    changed = node("DC1", *PLACES["DC1"], hours=HOURS, lead_time=LEAD_TIME).model_copy(update={"version": 2})
    notices.doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()
    card(notices.doors, GROUND)
    made = promised(notices.doors, basket("A", 2, price=1_000))
    assert (made.status, made.body["options"][0]["ship_by"]) == (201, DUE)
    order_id = notices.place(line("A", 2, description="Blue mug"), promise_id=made.body["id"], **more)
    (work,) = notices.doors.run_order_workflow(order_id)
    return order_id, work


def told(doors: Doors, order_id: str) -> list[dict[str, Any]]:
    return [row["data"] for row in doors.timeline(order_id) if row["event"] == AT_RISK]


def care(doors: Doors) -> list[tuple[str, str, str]]:
    shown = doors.api("capacity").get("/v1/tasks").body["tasks"]
    return [(one["kind"], one["reason"], one["due_at"]) for one in shown]


@pytest.mark.capability("B8", whole=True)
def test_a_promise_at_risk_is_told_once_with_a_new_day_before_it_breaks(notices: Notices):
    doors = notices.doors
    promise(doors, LEVEL)
    order_id, work = begun(notices)
    shown = doors.see(order_id)["fulfillment_orders"][0]["deadlines"]
    assert shown[-1] == {"kind": "PROMISE", "at": DUE, "next_at": NEXT}
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/accept", {})
    # 7:00 in New York, open from 9:00 to 18:00: 90 open minutes before 17:00 it is 15:30.
    assert wake(doors, order_id, work, 509) == ("WAIT_ON", 1)
    assert told(doors, order_id) == []
    wake(doors, order_id, work, 1)
    assert doors.world.clock.now().isoformat() == "2026-11-23T20:30:00+00:00"
    assert told(doors, order_id) == [
        {
            **{"order_id": order_id, "fulfillment_order_id": work, "node_id": "DC1", "external_id": "536365"},
            **{"due_at": DUE, "next_at": NEXT},
            "lines": [
                {
                    **{"line_no": 1, "sku": "A", "quantity": 2},
                    **{"expected_before": "2026-11-25", "expected_on": "2026-11-26"},
                }
            ],
        }
    ]
    with doors.world.unchanged():
        wake(doors, order_id, work)
    risk = ("PROMISE_AT_RISK", "PROMISE_AT_RISK", DUE)
    assert risk in care(doors)
    notices.hear(times=3)
    assert notices.states(order_id) == [("confirmed", "SENT", None), ("delayed", "SENT", None)]
    letter = notices.letters[-1]
    assert letter.subject == "Your order 536365 comes later"
    assert letter.text.split("\n\n")[2:4] == ["2 × Blue mug", "We now expect it on November 26, 2026."]
    # The queue of the node shows what is left of its time, and that it is over.
    queue = "/v1/nodes/DC1/tasks"
    (entry,) = doors.api("capacity").get(queue).body["entries"]
    doors.world.clock.advance(minutes=91)
    (late,) = doors.api("capacity").get(f"{queue}?overdue=true").body["entries"]
    assert [(one["due_at"], one["minutes_left"], one["overdue"]) for one in (entry, late)] == [
        ("2026-11-23T18:00:00.000Z", -150, True),
        ("2026-11-23T18:00:00.000Z", -241, True),
    ]
    doors.world.check()


@pytest.mark.capability("B8")
def test_the_threshold_is_that_of_the_node_and_what_has_left_is_no_risk(notices: Notices):
    doors = notices.doors
    stores = {"id": "stores", "where": {"kinds": ["store"]}, "at_risk_minutes": 300}
    promise(doors, stores, {"id": "rest", "at_risk_minutes": 60})
    order_id, work = begun(notices)
    assert wake(doors, order_id, work, 0) == ("WAIT_ON", 540)
    # 16:00 in New York: an hour before it is to leave, and it leaves.
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
    with doors.world.unchanged():
        wake(doors, order_id, work, 540)
    assert (told(doors, order_id), care(doors)) == ([], [])


@pytest.mark.capability("B8")
def test_work_that_begins_too_late_is_at_risk_at_once_and_a_parcel_of_two_is_told_of_what_is_left(notices: Notices):
    doors = notices.doors
    promise(doors, {"id": "all", "at_risk_minutes": 600})
    order_id, work = begun(notices)
    assert doors.world.continued == [(f"token-{work}", "DUE_EARLIER")]
    ship = {"lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", ship).status == 200
    wake(doors, order_id, work, 1)
    assert [(one["next_at"], one["lines"][0]["quantity"]) for one in told(doors, order_id)] == [(NEXT, 1)]


@pytest.mark.capability("B8")
def test_without_a_threshold_or_a_promise_nobody_is_warned(notices: Notices):
    promise(notices.doors, {"id": "all", "accept_minutes": 60})
    first, _ = begun(notices)
    promise(notices.doors, LEVEL)
    second = notices.place(line("B", 1), external_id="o-2")
    notices.doors.run_order_workflow(second)
    kinds = [
        one["kind"]
        for order in (first, second)
        for one in notices.doors.see(order)["fulfillment_orders"][0]["deadlines"]
    ]
    assert kinds == ["ACCEPT", "ACCEPT", "PICK"]


@pytest.mark.capability("B8")
def test_a_counter_without_lead_time_has_the_time_it_has_to_answer(notices: Notices):
    doors = notices.doors
    promise(doors, {"id": "all", "at_risk_minutes": 30})
    made = promised(doors, basket("A", 1, "pickup"), pickup_node="S1")
    order_id = notices.place(collected("A", 1), promise_id=made.body["id"], locale="de-DE")
    (work,) = doors.run_order_workflow(order_id)
    for _ in range(2):
        wake(doors, order_id, work, 1)
    assert [(one["due_at"], one["next_at"]) for one in told(doors, order_id)] == [
        ("2026-11-23T12:00:00.000Z", "2026-11-24T12:00:00.000Z")
    ]
    notices.hear(times=2)
    assert notices.letters[-1].subject == "Ihre Bestellung 536365 verspätet sich"
    assert "24. November 2026" in notices.letters[-1].text
