"""Legs: what several nodes have for a customer comes together at a hub, and leaves as one parcel."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from oms.orders.quantities import quantities
from tests.functions.conftest import Answer
from tests.functions.test_brokering import hold
from tests.functions.test_decisions import decided
from tests.functions.test_offers import listed, say, seen
from tests.functions.test_promises import basket, card, promised, works
from tests.functions.test_rerouting import ANYWHERE, act, at, reroute
from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

# To New York a shipment costs 110 from DC1, 130 from S1 and 500 from S2. A leg to DC1 costs 30 from S1 and 400 from S2.
NEAR = {"id": "near", "shipment_cents": 100, "cents_per_100_km": 10}
HUB = {"hub": {"nodes": ["DC1"]}, "hours": 48}
UNTIL = "2026-11-25T12:00:00.000Z"


def two_nodes(doors: Doors, **more: Any) -> tuple[str, dict[str, str]]:
    """An order of what only S1 and only S2 have, which is released; its works by node."""
    for sku, node_id, units in (("P", "S1", 4), ("Q", "S2", 3)):
        if not any(key.pk.endswith(f"#SKU#{sku}") for _, key in doors.world.database.rows):
            doors.world.add_item(sku, {node_id: units})
    order_id = doors.place(document(line("P", 4, 500), line("Q", 3, 700), **more))
    doors.run_order_workflow(order_id)
    return order_id, {one.node_id: one.id for one in doors.world.order(order_id).fulfillment_orders}


def legs(doors: Doors, order_id: str) -> list[tuple[str, str, str | None, list[int]]]:
    """Node, status and destination of each fulfilment order, and the units of each line that are in transit."""
    found = doors.world.order(order_id).fulfillment_orders
    return [
        (one.node_id, one.status.value, one.destination_node, [part.in_transit for part in one.lines]) for one in found
    ]


def states(doors: Doors, order_id: str) -> list[dict[str, int]]:
    order = doors.world.order(order_id)
    return [quantities(order, one) for one in order.lines]


def stock(doors: Doors, sku: str, *node_ids: str) -> dict[str, tuple[int, int, int]]:
    """On hand, allocated and available units by node."""
    found = {node_id: doors.world.stock(sku, node_id) for node_id in node_ids}
    return {node_id: (row.on_hand, row.allocated, row.available) for node_id, row in found.items()}


def receive(doors: Doors, leg: str, node_id: str = "DC1", key: str | None = None, **body: Any) -> Answer:
    return say(doors, leg, "receive", node_id, key=key, **body)


def sent(doors: Doors, leg: str, *lines: tuple[int, int]) -> None:
    body = {"lines": [{"line_no": n, "quantity": units} for n, units in lines]} if lines else {}
    act(doors, leg, "ship", **body)


@pytest.mark.capability("E11")
def test_legs_are_merged_to_one_parcel_at_a_hub_when_requested(doors: Doors):
    hold(doors, {**NEAR, "consolidation": HUB})
    order_id, work = two_nodes(doors, consolidate=True)
    assert legs(doors, order_id) == [("S1", "OPEN", "DC1", [0]), ("S2", "OPEN", "DC1", [0])]
    assert doors.see(order_id)["consolidate"] is True
    released = doors.stored_event(order_id, "FulfillmentOrderReleased")["detail"]["data"]
    assert (released["method"], released["destination_node"], released["ship_to"]) == ("transfer", "DC1", None)
    view = seen(doors, work["S1"], "S1").body
    assert (view["method"], view["destination_node"], view["hold_until"]) == ("transfer", "DC1", UNTIL)
    assert view["available_actions"] == ["accept", "reject", "pick", "pack", "ship"]
    # It cannot be received before it has left, and only where it goes to.
    with doors.world.unchanged():
        assert receive(doors, work["S1"]).status == 409
    # A leg takes units off the sender's stock. It is no shipment to the customer, and no money moves.
    act(doors, work["S1"], "ship", shipment={"carrier": "ups", "tracking_number": "1Z1"})
    assert stock(doors, "P", "S1") == {"S1": (0, 0, 0)}
    order = doors.see(order_id)
    assert (order["shipments"], order["status"], order["fulfillment_status"]) == ([], "IN_PROGRESS", "UNFULFILLED")
    assert states(doors, order_id) == [{"packed": 4}, {"released": 3}]
    assert doors.stored_event(order_id, "FulfillmentOrderDispatched")["detail"]["data"] == {
        "order_id": order_id,
        "fulfillment_order_id": work["S1"],
        "node_id": "DC1",
        "from_node": "S1",
        "lines": [{"line_no": 1, "sku": "P", "quantity": 4}],
        "carrier": "ups",
        "tracking_number": "1Z1",
    }
    assert listed(doors, "DC1", "IN_TRANSIT") == [(work["S1"], ["receive"])]
    assert listed(doors, "S1", "IN_TRANSIT") == [(work["S1"], [])]
    with doors.world.unchanged():
        assert receive(doors, work["S1"], "S1").status == 409
        assert receive(doors, work["S1"], "S2").status == 404
        assert say(doors, work["S1"], "accept", "DC1").status == 409
        assert say(doors, work["S1"], "ship", "S1").body["code"] == "already_done"
        too_many = receive(doors, work["S1"], lines=[{"line_no": 1, "quantity": 5}])
        assert (too_many.status, too_many.body["errors"][0]["code"]) == (422, "quantity_too_large")
    # What arrives is allocated to the work of the hub in the same transaction; that waits for the rest.
    came = receive(doors, work["S1"], key="once")
    assert (came.status, came.body["status"]) == (200, "COMPLETED")
    final = doors.world.order(order_id).fulfillment_orders[-1].id
    assert at(doors, order_id)[2] == ("DC1", "ON_HOLD", [(1, 4)])
    assert stock(doors, "P", "DC1") == {"DC1": (4, 4, 0)}
    assert states(doors, order_id) == [{"allocated": 4}, {"released": 3}]
    assert doors.stored_event(order_id, "FulfillmentOrderReceived")["detail"]["data"] == {
        "order_id": order_id,
        "fulfillment_order_id": work["S1"],
        "node_id": "DC1",
        "from_node": "S1",
        "lines": [{"line_no": 1, "sku": "P", "quantity": 4}],
        "unwanted": [],
        "lost": [],
        "damaged": [],
        "over": [],
        "reason": None,
        "onward": final,
        "begins_work": True,
    }
    # Told twice it is received once.
    with doors.world.unchanged():
        again = receive(doors, work["S1"], key="once")
        assert (again.status, again.body) == (200, came.body)
        assert receive(doors, work["S1"]).body["code"] == "already_done"
        assert listed(doors, "DC1", "IN_TRANSIT") == []
    # Its workflow waits until the deadline; the hub is not told yet, and can do nothing with it.
    (waiting,) = doors.task("authorize_payment", order_id=order_id)["fulfillment_orders"]
    assert (waiting["fulfillment_order_id"], waiting["timeout_seconds"]) == (final, 172_800)
    assert doors.run_order_workflow(order_id) == [final]
    assert at(doors, order_id)[2] == ("DC1", "ON_HOLD", [(1, 4)])
    assert seen(doors, final, "DC1").body["available_actions"] == []
    with doors.world.unchanged():
        assert say(doors, final, "ship", "DC1").status == 409
    # The last leg comes by a message of the hub, twice; then the hub has ordinary work.
    sent(doors, work["S2"])
    told = message("store.DC1", "ReceiveFulfillmentOrder", "m1", fulfillment_order_id=work["S2"])
    assert doors.queue("node_messages", told, told) == []
    assert at(doors, order_id) == [
        ("S1", "COMPLETED", [(1, 0)]),
        ("S2", "COMPLETED", [(2, 0)]),
        ("DC1", "OPEN", [(1, 4), (2, 3)]),
    ]
    assert doors.stored_event(order_id, "FulfillmentOrderReleased")["detail"]["data"]["lines"] == [
        {"line_no": n, "sku": sku, "quantity": units, "components": [], "part_of": None, "segment": None}
        for n, sku, units in ((1, "P", 4), (2, "Q", 3))
    ]
    # The legs have ended for their workflows; nothing was captured.
    for event in ("FulfillmentOrderReceived",):
        assert doors.queue("resume_fulfillment", doors.stored_event(order_id, event)) == []
    assert doors.world.continued[-1] == (f"token-{work['S2']}", Outcome.SHIPPED)
    doors.world.capture(work["S2"])
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    # One parcel, one capture, all of the money.
    act(doors, final, "ship")
    doors.world.capture(final)
    order = doors.see(order_id)
    assert [(one["node_id"], one["goods"]) for one in order["shipments"]] == [("DC1", 4_100)]
    assert (order["status"], order["fulfillment_status"]) == ("COMPLETED", "FULFILLED")
    assert order["payment_status"] == "CAPTURED"
    assert stock(doors, "P", "DC1") == stock(doors, "Q", "DC1") == {"DC1": (0, 0, 0)}
    assert states(doors, order_id) == [{"shipped": 4}, {"shipped": 3}]


@pytest.mark.capability("E11", whole=True)
def test_legs_to_a_hub_or_a_store_are_one_parcel_when_requested_or_cheaper_and_wait_until_a_deadline(doors: Doors):
    # Requested, at a hub: both legs arrive, and one parcel leaves.
    hold(doors, {**NEAR, "consolidation": HUB})
    order_id, work = two_nodes(doors, consolidate=True)
    for node_id in ("S1", "S2"):
        sent(doors, work[node_id])
        receive(doors, work[node_id])
    (final,) = doors.run_order_workflow(order_id)
    assert at(doors, order_id)[2] == ("DC1", "OPEN", [(1, 4), (2, 3)])
    act(doors, final, "ship")
    doors.world.capture(final)
    order = doors.see(order_id)
    assert ([one["goods"] for one in order["shipments"]], order["payment_status"]) == ([4_100], "CAPTURED")
    # Cheaper, at a store: a leg from S2 to S1 costs 430, a parcel from there 130; two parcels cost 630.
    hold(doors, {**NEAR, "consolidation": {"hub": {"kinds": ["store"]}, "hours": 24, "leg_cents": 20}})
    doors.world.receive("P", "S1", 4)
    doors.world.receive("Q", "S2", 3)
    second, work = two_nodes(doors, external_id="second")
    (hub,) = decided(doors, second)[-1]["hubs"]
    assert (hub["hub"], hub["reason"], hub["cost"], hub["direct_cost"]) == ("S1", "cheaper", 550, 630)
    assert legs(doors, second) == [("S1", "ON_HOLD", None, [0]), ("S2", "OPEN", "S1", [0])]
    # It waits until its deadline, and not longer; what comes later follows.
    wait = {"order_id": second, "fulfillment_order_id": work["S1"], "timeout_seconds": 86_400}
    doors.world.clock.advance(seconds=86_399)
    doors.task("release_fulfillment", **wait, task_token="early")
    assert at(doors, second)[0] == ("S1", "ON_HOLD", [(1, 4)])
    doors.world.clock.advance(seconds=1)
    doors.task("release_fulfillment", **wait, task_token="late")
    assert at(doors, second)[0] == ("S1", "OPEN", [(1, 4)])
    sent(doors, work["S2"])
    receive(doors, work["S2"], "S1")
    assert at(doors, second)[2] == ("S1", "SCHEDULED", [(2, 3)])


@pytest.mark.capability("E11")
def test_no_hub_is_taken_that_breaks_the_promise(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, ANYWHERE)
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    doors.world.add_item("P", {"S1": 4})
    doors.world.add_item("Q", {"S2": 3})
    made = promised(doors, basket("P", 4), basket("Q", 3)).body
    (ground,) = made["options"]
    assert ground["latest"] == "2026-11-26"
    order_id, _ = two_nodes(doors, promise_id=made["id"], consolidate=True)
    (hub,) = decided(doors, order_id)[-1]["hubs"]
    assert (hub["hub"], hub["reason"], hub["cost"]) == (None, "too_late", None)
    assert hub["says"] == "No hub can send everything on in time for what was promised."
    assert [one[2] for one in legs(doors, order_id)] == [None, None]


@pytest.mark.capability("E11")
def test_what_is_cheaper_goes_through_the_hub_and_the_decision_says_by_how_much(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "leg_cents": 20}})
    # Two parcels cost 130 and 500. Legs cost 20 and their way, 30 and 400, and one parcel from DC1 is 110.
    order_id, _ = two_nodes(doors)
    (hub,) = decided(doors, order_id)[-1]["hubs"]
    assert hub == {
        "group_no": 1,
        "hub": "DC1",
        "nodes": ["S1", "S2"],
        "reason": "cheaper",
        "cost": 580,
        "direct_cost": 630,
        "until": UNTIL,
        "says": "One parcel saves 50: legs from S1 and S2 to DC1 and one parcel cost 580, 2 parcels 630.",
    }
    assert [one[2] for one in legs(doors, order_id)] == ["DC1", "DC1"]
    # Where a leg costs more, each node sends its own parcel.
    hold(doors, {**NEAR, "consolidation": {**HUB, "leg_cents": 100}})
    doors.world.receive("P", "S1", 4)
    doors.world.receive("Q", "S2", 3)
    second, work = two_nodes(doors, external_id="second")
    (hub,) = decided(doors, second)[-1]["hubs"]
    assert (hub["hub"], hub["reason"], hub["cost"], hub["direct_cost"]) == (None, "dearer", 740, 630)
    assert hub["says"] == "Not through a hub: legs from S1 and S2 to DC1 and one parcel cost 740, 2 parcels 630."
    assert [one[2] for one in legs(doors, second)] == [None, None]
    act(doors, work["S1"], "ship")
    assert len(doors.see(second)["shipments"]) == 1
    # Without a scenario that names a hub, and nobody asking, nothing is weighed.
    hold(doors, NEAR)
    doors.world.receive("P", "S1", 4)
    doors.world.receive("Q", "S2", 3)
    third, _ = two_nodes(doors, external_id="third")
    assert [one.get("hubs", []) for one in decided(doors, third)] == [[]]
    # Where only the customer asks, the node of the plan that is the best hub is one.
    doors.world.receive("P", "S1", 4)
    doors.world.receive("Q", "S2", 3)
    fourth, _ = two_nodes(doors, external_id="fourth", consolidate=True)
    (hub,) = decided(doors, fourth)[-1]["hubs"]
    assert (hub["hub"], hub["reason"], hub["cost"], hub["direct_cost"]) == ("S1", "requested", 630, 630)
    # What the hub has itself waits there from the start.
    assert legs(doors, fourth) == [("S1", "ON_HOLD", None, [0]), ("S2", "OPEN", "S1", [0])]
    assert stock(doors, "P", "S1") == {"S1": (12, 12, 0)}


@pytest.mark.capability("E11")
def test_when_the_deadline_passes_what_is_there_goes_and_the_rest_follows(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    order_id, work = two_nodes(doors)
    assert decided(doors, order_id)[-1]["hubs"][0]["reason"] == "always"
    sent(doors, work["S1"])
    receive(doors, work["S1"])
    (final,) = doors.run_order_workflow(order_id)
    # At the deadline its workflow wakes up: nobody else is asked, nobody is told, and the hub is given what is there.
    doors.world.clock.advance(hours=48)
    with doors.world.unchanged():
        assert not reroute(doors, order_id, final, "TIMED_OUT")
    said = doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=final, reason="TIMED_OUT")
    assert doors.see(order_id)["fulfillment_orders"][2]["escalated_reason"] is None, said
    doors.world.waiting.add("again")
    wait = {"order_id": order_id, "fulfillment_order_id": final, "timeout_seconds": 86_400}
    doors.task("release_fulfillment", **wait, task_token="again")
    assert at(doors, order_id)[2] == ("DC1", "OPEN", [(1, 4)])
    assert doors.see(order_id)["fulfillment_orders"][2]["respond_by"] == "2026-11-26T12:00:00.000Z"
    act(doors, final, "ship")
    doors.world.capture(final)
    assert doors.see(order_id)["payment_status"] == "PARTIALLY_CAPTURED"
    # What comes later is a parcel of its own, which does not wait.
    sent(doors, work["S2"])
    receive(doors, work["S2"])
    assert at(doors, order_id)[3] == ("DC1", "SCHEDULED", [(2, 3)])
    (second,) = doors.run_order_workflow(order_id)
    act(doors, second, "ship")
    doors.world.capture(second)
    order = doors.see(order_id)
    assert [one["goods"] for one in order["shipments"]] == [2_000, 2_100]
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
