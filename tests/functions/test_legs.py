"""Legs that do not go as planned, and legs to the store that a customer chose."""

from __future__ import annotations

import pytest

from tests.functions.test_brokering import hold
from tests.functions.test_capacity import left, limited
from tests.functions.test_closed_nodes import close, told
from tests.functions.test_consolidation import HUB, NEAR, legs, receive, sent, states, stock, two_nodes
from tests.functions.test_kits import shop
from tests.functions.test_offers import listed, say, seen
from tests.functions.test_rerouting import act, at, reroute
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "shop", "world"]


@pytest.mark.capability("E11")
def test_what_is_lost_on_the_way_is_open_again_and_comes_from_elsewhere(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    doors.world.add_item("P", {"S1": 4})
    order_id, work = two_nodes(doors)
    for node_id in ("S1", "S2"):
        sent(doors, work[node_id])
    # In two parts: the first units come, one is lost, and one is still under way.
    with doors.world.unchanged():
        lost = [{"line_no": 1, "quantity": 1}]
        assert receive(doors, work["S1"], lost=lost).status == 422
    first = receive(doors, work["S1"], lines=[{"line_no": 1, "quantity": 2}], lost=lost, reason="lost_in_transit")
    assert (first.body["status"], first.body["available_actions"]) == ("IN_TRANSIT", ["receive"])
    part = first.body["lines"][0]
    assert (part["in_transit"], part["received"], part["given_up"]) == (1, 2, 1)
    assert states(doors, order_id) == [{"open": 1, "packed": 1, "allocated": 2}, {"packed": 3}]
    told = doors.stored_event(order_id, "FulfillmentOrderReceived")["detail"]["data"]
    assert (told["lost"], told["reason"]) == ([{"line_no": 1, "sku": "P", "quantity": 1}], "lost_in_transit")
    rest = receive(doors, work["S1"])
    assert (rest.body["status"], rest.body["closed_reason"]) == ("INCOMPLETE", "lost_in_transit")
    receive(doors, work["S2"])
    (final,) = doors.run_order_workflow(order_id)
    # The hub waits for what is to be found elsewhere.
    assert at(doors, order_id)[2] == ("DC1", "ON_HOLD", [(1, 3), (2, 3)])
    doors.world.receive("P", "S2", 1)
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderReceived")) == []
    assert reroute(doors, order_id, work["S1"], "INCOMPLETE")
    assert legs(doors, order_id)[3] == ("S2", "SCHEDULED", "DC1", [0])
    (third,) = doors.run_order_workflow(order_id)
    sent(doors, third)
    receive(doors, third)
    assert at(doors, order_id)[2] == ("DC1", "OPEN", [(1, 4), (2, 3)])
    act(doors, final, "ship")
    doors.world.capture(final)
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"], len(order["shipments"])) == ("COMPLETED", "CAPTURED", 1)


@pytest.mark.capability("E11")
def test_a_leg_that_is_rejected_goes_to_the_same_hub_from_others_or_the_hub_has_it(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    order_id, work = two_nodes(doors)
    sent(doors, work["S1"])
    receive(doors, work["S1"])
    (final,) = doors.run_order_workflow(order_id)
    act(doors, work["S2"], "reject", reason="too_busy")
    assert at(doors, order_id)[2] == ("DC1", "ON_HOLD", [(1, 4)])
    # S1 has some of it, and the hub the rest, which joins what waits there.
    doors.world.receive("Q", "S1", 2)
    doors.world.receive("Q", "DC1", 1)
    assert reroute(doors, order_id, work["S2"])
    assert at(doors, order_id) == [
        ("S1", "COMPLETED", [(1, 0)]),
        ("S2", "REJECTED", [(2, 0)]),
        ("DC1", "ON_HOLD", [(1, 4), (2, 1)]),
        ("S1", "SCHEDULED", [(2, 2)]),
    ]
    assert stock(doors, "Q", "DC1", "S1", "S2") == {"DC1": (1, 1, 0), "S1": (2, 2, 0), "S2": (3, 0, 3)}
    (leg,) = doors.run_order_workflow(order_id)
    # It is cancelled before it is taken: nothing is to come any more, and the hub begins.
    cancelled = {"reason": "changed_mind", "lines": [{"line_no": 2, "quantity": 2}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", cancelled).status == 200
    assert at(doors, order_id)[2:] == [("DC1", "OPEN", [(1, 4), (2, 1)]), ("S1", "CANCELLED", [(2, 0)])]
    act(doors, final, "ship")
    doors.world.capture(final)
    assert doors.see(order_id)["status"] == "COMPLETED"
    assert leg != final


@pytest.mark.capability("E11")
def test_units_that_are_cancelled_on_their_way_are_available_where_they_arrive(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    order_id, work = two_nodes(doors)
    for node_id in ("S1", "S2"):
        sent(doors, work[node_id])
    some = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 3}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", some).status == 200
    assert states(doors, order_id) == [{"packed": 1, "cancelled": 3}, {"packed": 3}]
    view = seen(doors, work["S1"], "DC1").body["lines"][0]
    assert (view["in_transit"], view["recalled"], view["cancelled"]) == (1, 3, 3)
    # Of four that were sent one is lost: it is one of those that nobody wants any more.
    lost = {"lost": [{"line_no": 1, "quantity": 1}], "reason": "lost_in_transit"}
    assert receive(doors, work["S1"], **lost).body["status"] == "COMPLETED"
    assert stock(doors, "P", "S1", "DC1") == {"S1": (0, 0, 0), "DC1": (3, 1, 2)}
    told = doors.stored_event(order_id, "FulfillmentOrderReceived")["detail"]["data"]
    assert [told[name][0]["quantity"] for name in ("lines", "unwanted", "lost")] == [1, 2, 1]
    # All of it is cancelled: what waits at the hub is free at once, what is on its way when it arrives.
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "late"}).status == 200
    assert doors.see(order_id)["status"] == "CANCELLED"
    assert stock(doors, "P", "DC1") == {"DC1": (3, 0, 3)}
    assert receive(doors, work["S2"]).body["status"] == "COMPLETED"
    assert stock(doors, "Q", "DC1") == {"DC1": (3, 0, 3)}
    assert at(doors, order_id) == [
        ("S1", "COMPLETED", [(1, 0)]),
        ("S2", "COMPLETED", [(2, 0)]),
        ("DC1", "CANCELLED", [(1, 0)]),
    ]
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"


@pytest.mark.capability("F4", whole=True)
def test_ship_to_store_brings_what_others_have_to_the_store_that_hands_it_over(doors: Doors):
    doors.world.add_item("P", {"S1": 4, "S2": 1})
    order_id = doors.place(document(line("P", 5, 500, method="ship_to_store", pickup_node="S2")))
    doors.run_order_workflow(order_id)
    assert legs(doors, order_id) == [("S1", "OPEN", "S2", [0]), ("S2", "ON_HOLD", None, [0])]
    leg, final = (one.id for one in doors.world.order(order_id).fulfillment_orders)
    # Both nodes see where it comes from and where it goes, and the order says it of both.
    for node_id in ("S1", "S2"):
        view = seen(doors, leg, node_id).body
        assert (view["node_id"], view["destination_node"], view["method"]) == ("S1", "S2", "transfer")
    shown = doors.see(order_id)["fulfillment_orders"]
    assert [(one["node_id"], one["destination_node"], one["method"]) for one in shown] == [
        ("S1", "S2", "transfer"),
        ("S2", None, "ship_to_store"),
    ]
    # The store cannot hand over what it has before the rest is there; the sender hands over to no customer.
    with doors.world.unchanged():
        assert say(doors, final, "stage", "S2").status == 409
        assert say(doors, leg, "stage", "S1").status == 409
        assert say(doors, leg, "hand-over", "S1").status == 409
    sent(doors, leg)
    assert listed(doors, "S2", "IN_TRANSIT") == [(leg, ["receive"])]
    assert receive(doors, leg, "S2").status == 200
    assert at(doors, order_id) == [("S1", "COMPLETED", [(1, 0)]), ("S2", "OPEN", [(1, 5)])]
    act(doors, final, "stage")
    assert (at(doors, order_id)[1][1], states(doors, order_id)) == ("READY", [{"ready": 5}])
    act(doors, final, "hand-over")
    doors.world.capture(final)
    order = doors.see(order_id)
    assert [(one["node_id"], one["mode"], one["goods"]) for one in order["shipments"]] == [("S2", "pickup", 2_500)]
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert states(doors, order_id) == [{"collected": 5}]


@pytest.mark.capability("F4", "D13")
def test_a_kit_that_goes_to_a_store_arrives_as_its_components(shop: Doors):
    order_id = shop.place(document(line("SET", 4, 1000, method="ship_to_store", pickup_node="S1")))
    (leg,) = shop.run_order_workflow(order_id)
    assert legs(shop, order_id) == [("DC1", "OPEN", "S1", [0])]
    sent(shop, leg)
    assert (stock(shop, "A", "DC1", "S1"), stock(shop, "B", "DC1")) == (
        {"DC1": (2, 0, 2), "S1": (5, 0, 5)},
        {"DC1": (6, 0, 6)},
    )
    some = {"lines": [{"line_no": 1, "quantity": 3}], "lost": [{"line_no": 1, "quantity": 1}], "reason": "broken"}
    assert receive(shop, leg, "S1", **some).status == 200
    assert (stock(shop, "A", "S1"), stock(shop, "B", "S1")) == ({"S1": (11, 6, 5)}, {"S1": (8, 3, 5)})
    assert states(shop, order_id) == [{"open": 1, "allocated": 3}]
    # The store has one itself: it joins what waits there.
    assert shop.run_order_workflow(order_id) == [shop.world.order(order_id).fulfillment_orders[1].id]
    assert reroute(shop, order_id, leg, "INCOMPLETE")
    assert at(shop, order_id) == [("DC1", "INCOMPLETE", [(1, 0)]), ("S1", "OPEN", [(1, 4)])]
    assert (stock(shop, "A", "S1"), stock(shop, "B", "S1")) == ({"S1": (11, 8, 3)}, {"S1": (8, 4, 4)})


@pytest.mark.capability("E11")
def test_of_work_that_waits_at_a_node_that_closes_a_person_is_told(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    order_id, work = two_nodes(doors)
    sent(doors, work["S1"])
    receive(doors, work["S1"])
    doors.run_order_workflow(order_id)
    close(doors, "DC1")
    assert told(doors, "DC1") == []
    final = doors.world.order(order_id).fulfillment_orders[2]
    assert (final.status.value, final.escalated_reason) == ("ON_HOLD", "NODE_CLOSED")
    assert stock(doors, "P", "DC1") == {"DC1": (4, 4, 0)}


@pytest.mark.capability("F4")
def test_a_large_order_for_a_store_waits_for_the_legs_that_are_planned_later(doors: Doors):
    skus = [f"X{number:02d}" for number in range(42)]
    for sku in skus:
        doors.world.add_item(sku, {"S2" if sku < "X40" else "DC1": 1})
    ways = {"method": "ship_to_store", "pickup_node": "S2"}
    order_id = doors.place(document(*(line(sku, 1, 100, **ways) for sku in skus)))
    doors.run_order_workflow(order_id)
    assert [(one[0], one[1], one[2], len(one[3])) for one in legs(doors, order_id)] == [
        ("S2", "ON_HOLD", None, 36),
        ("DC1", "OPEN", "S2", 2),
        ("S2", "ON_HOLD", None, 4),
    ]
    leg = doors.world.order(order_id).fulfillment_orders[1].id
    sent(doors, leg)
    # What arrives joins the work that has room for its lines.
    assert receive(doors, leg, "S2").status == 200
    assert [(one[0], one[1], len(one[3])) for one in legs(doors, order_id)] == [
        ("S2", "OPEN", 36),
        ("DC1", "COMPLETED", 2),
        ("S2", "OPEN", 6),
    ]


@pytest.mark.capability("F4", "D10")
def test_what_arrives_is_taken_on_whatever_the_limits_of_the_store_are(doors: Doors):
    limited(doors, "S2", ("units", "day", 2))
    doors.world.add_item("P", {"S1": 4, "S2": 1})
    order_id = doors.place(document(line("P", 5, 500, method="ship_to_store", pickup_node="S2")))
    leg, final = doors.run_order_workflow(order_id)
    assert left(doors, "S2")[0][:3] == ("units", "day", 1)
    sent(doors, leg)
    assert receive(doors, leg, "S2").status == 200
    assert left(doors, "S2")[0][:3] == ("units", "day", 5)
    assert at(doors, order_id) == [("S1", "COMPLETED", [(1, 0)]), ("S2", "OPEN", [(1, 5)])]
    assert doors.world.work(final).status.value == "OPEN"
