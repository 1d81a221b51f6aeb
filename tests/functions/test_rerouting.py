"""Re-routing: only what a node gave up moves, never back to it, with the promise kept or a person told."""

from __future__ import annotations

from typing import Any

import pytest

from oms.inventory.model import Claimable, Shard, StockRow
from oms.sourcing.model import Allotment
from oms.sourcing.works import fitting
from tests.functions.test_decisions import decided
from tests.functions.test_promises import basket, card, promised, works
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

ANYWHERE = {"id": "ground", "zones": [{"id": "any", "cents": 900, "fastest_days": 1, "slowest_days": 3}]}


def act(doors: Doors, work_id: str, verb: str, **body: Any) -> None:
    answer = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/{verb}", body)
    assert answer.status == 200, answer.body


def reroute(doors: Doors, order_id: str, work_id: str, reason: str = "REJECTED") -> bool:
    said = doors.task("reroute_fulfillment", order_id=order_id, fulfillment_order_id=work_id, reason=reason)
    assert said["fulfillment_order_id"] == work_id
    return bool(said["rerouted"])


def cancel(doors: Doors, order_id: str) -> None:
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "late"}).status == 200


def at(doors: Doors, order_id: str) -> list[tuple[str, str, list[tuple[int, int]]]]:
    """Node, status and the units of each line that it holds, for each fulfilment order."""
    found = doors.world.order(order_id).fulfillment_orders
    return [(one.node_id, one.status.value, [(part.line_no, part.held) for part in one.lines]) for one in found]


def rows(doors: Doors, sku: str) -> dict[str, tuple[int, int]]:
    """Available and allocated units by node."""
    found = {node: doors.world.stock(sku, node) for node in ("DC1", "S1", "S2")}
    return {node: (row.available, row.allocated) for node, row in found.items()}


def begun(doors: Doors, *lines: dict[str, Any], **more: Any) -> tuple[str, str]:
    order_id = doors.place(document(*lines, **more))
    (work_id,) = doors.run_order_workflow(order_id)
    return order_id, work_id


@pytest.mark.capability("E8")
def test_only_what_was_given_up_moves_and_never_back(doors: Doors):
    order_id, first = begun(doors, line("A", 5), line("B", 4))
    act(doors, first, "accept")
    act(doors, first, "ship", lines=[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 4}])
    act(doors, first, "close", reason="damaged")
    assert reroute(doors, order_id, first, "INCOMPLETE")
    assert at(doors, order_id) == [("DC1", "INCOMPLETE", [(1, 2), (2, 4)]), ("S1", "SCHEDULED", [(1, 3)])]
    assert rows(doors, "A") == {"DC1": (5, 0), "S1": (2, 3), "S2": (5, 0)}
    # A repeat finds the units placed.
    assert reroute(doors, order_id, first, "INCOMPLETE")
    (second,) = doors.run_order_workflow(order_id)
    act(doors, second, "reject", reason="too_busy")
    assert reroute(doors, order_id, second)
    assert at(doors, order_id)[2] == ("S2", "SCHEDULED", [(1, 3)])
    (third,) = doors.run_order_workflow(order_id)
    act(doors, third, "reject", reason="too_busy")
    before = dict(doors.world.database.rows)
    # DC1 and S1 have units, and gave these up before.
    assert not reroute(doors, order_id, third)
    assert dict(doors.world.database.rows) == before
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 3, "shipped": 2}
    doors.world.check()


@pytest.mark.capability("E8")
def test_what_others_have_moves_and_of_the_rest_a_person_is_told(doors: Doors):
    doors.world.add_item("D", {"DC1": 5, "S1": 2})
    order_id, first = begun(doors, line("D", 5))
    act(doors, first, "reject", reason="too_busy")
    assert not reroute(doors, order_id, first)
    assert at(doors, order_id)[1] == ("S1", "SCHEDULED", [(1, 2)])
    told = doors.stored_event(order_id, "OrderRerouted")["detail"]["data"]
    assert (told["missing"], told["late"], told["reason"]) == (3, False, "REJECTED")
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 3, "allocated": 2}
    # What was cancelled meanwhile is not looked for.
    cancel(doors, order_id)
    doors.world.receive("D", "S2", 5)
    assert not reroute(doors, order_id, first)
    assert [work[0] for work in at(doors, order_id)] == ["DC1", "S1"]
    doors.world.check()


@pytest.mark.capability("E8")
def test_work_that_a_node_has_not_answered_for_moves_only_as_a_whole(doors: Doors):
    doors.world.add_item("D", {"DC1": 5, "S1": 4})
    order_id, first = begun(doors, line("D", 5))
    assert not reroute(doors, order_id, first, "TIMED_OUT")
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 5)])]
    doors.world.receive("D", "S1", 1)
    assert reroute(doors, order_id, first, "TIMED_OUT")
    assert at(doors, order_id) == [("DC1", "REJECTED", [(1, 0)]), ("S1", "SCHEDULED", [(1, 5)])]
    assert doors.world.stock("D", "DC1").available == 5
    refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{first}/accept", {})
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    doors.world.check()


def test_work_that_was_taken_stays_where_it_is(doors: Doors):
    order_id, first = begun(doors, line("A", 5))
    act(doors, first, "accept")
    assert not reroute(doors, order_id, first, "TIMED_OUT")
    assert at(doors, order_id) == [("DC1", "ACCEPTED", [(1, 5)])]


def test_a_pick_up_has_no_other_node(doors: Doors):
    order_id, first = begun(doors, line("A", 2, method="pickup", pickup_node="S1"))
    act(doors, first, "reject", reason="too_busy")
    assert not reroute(doors, order_id, first)
    assert len(at(doors, order_id)) == 1


def test_an_order_that_was_cancelled_is_left_alone(doors: Doors):
    order_id, first = begun(doors, line("A", 5))
    act(doors, first, "reject", reason="too_busy")
    cancel(doors, order_id)
    assert not reroute(doors, order_id, first)
    assert len(at(doors, order_id)) == 1


@pytest.mark.capability("E6", "E8")
def test_the_decision_names_the_node_that_gave_it_up(doors: Doors):
    order_id, first = begun(doors, line("A", 5))
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    made = decided(doors, order_id)[-1]
    assert made["command"] == "reroute_fulfillment_order"
    outcomes = {one["node_id"]: (one["outcome"], one["reason"]) for one in made["groups"][0]["candidates"]}
    assert outcomes["DC1"] == ("removed", "gave_it_up")
    assert outcomes["S1"][0] == "chosen"


@pytest.mark.capability("E8")
def test_a_promise_that_the_next_node_cannot_keep_is_told_to_a_person(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, ANYWHERE)
    promise = promised(doors, basket("A", 5)).body
    order_id, first = begun(doors, line("A", 5), promise_id=promise["id"])
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    second = doors.world.order(order_id).fulfillment_orders[1]
    assert (second.due_at, second.escalated_reason) == ("2026-11-23T22:00:00.000Z", None)
    (work_id,) = doors.run_order_workflow(order_id)
    doors.world.clock.advance(hours=8)  # 15:00 in New York: after the cut-off
    act(doors, work_id, "reject", reason="too_busy")
    assert reroute(doors, order_id, work_id)
    third = doors.world.order(order_id).fulfillment_orders[2]
    assert (third.node_id, third.due_at) == ("S2", "2026-11-23T22:00:00.000Z")
    assert third.escalated_reason == "PROMISE_AT_RISK"
    assert doors.stored_event(order_id, "OrderRerouted")["detail"]["data"]["late"] is True
    assert doors.stored_event(order_id, "FulfillmentOrderEscalated")["detail"]["data"]["reason"] == "PROMISE_AT_RISK"


def test_a_next_node_that_leaves_in_time_and_arrives_too_late_breaks_the_promise(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    near = {"id": "near", "up_to_km": 1_000, "cents": 700, "fastest_days": 1, "slowest_days": 2}
    card(doors, {"id": "ground", "zones": [near, {**ANYWHERE["zones"][0], "slowest_days": 5}]})
    doors.world.add_item("D", {"DC1": 5, "S2": 5})
    promise = promised(doors, basket("D", 5)).body
    order_id, first = begun(doors, line("D", 5), promise_id=promise["id"])
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    second = doors.world.order(order_id).fulfillment_orders[1]
    assert (second.node_id, second.escalated_reason) == ("S2", "PROMISE_AT_RISK")


@pytest.mark.parametrize(
    ("lines", "nodes", "released", "fit"),
    [(36, 5, 0, 36), (36, 6, 0, 35), (20, 1, 20, 20), (21, 1, 21, 19), (1, 1, 41, 0)],
)
def test_what_fits_one_transaction(lines, nodes, released, fit):
    parts = [Allotment(number, f"SKU{number}", f"N{number % nodes}", 1) for number in range(lines)]
    assert fitting(Claimable({}), parts, released) == fit


def test_shards_that_a_row_may_draw_back_are_counted():
    parts = [Allotment(number, f"SKU{number}", "N1", 1) for number in range(36)]
    shards = tuple(Shard(number, 5) for number in range(24))
    row = StockRow("SKU0", "N1", on_hand=200, reserved=120, available=80, shards=shards)
    # One node and the row with its shards take 28 of 82 actions, each other row two.
    assert fitting(Claimable({}, spread={("SKU0", "N1"): row}), parts, 0) == 28
