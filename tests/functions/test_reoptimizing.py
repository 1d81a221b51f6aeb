"""Until its node accepts it, a cheaper plan takes work over: once, with the promise kept, and told in full."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from tests.functions.test_backorders import WAITS
from tests.functions.test_brokering import broker, hold, waiting
from tests.functions.test_capacity import left, limited
from tests.functions.test_decisions import decided
from tests.functions.test_promises import basket, card, promised, works
from tests.functions.test_rerouting import ANYWHERE, act, at, begun, reroute
from tests.functions.test_stock_levels import follow, record
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

# To New York a shipment costs 110 from DC1, 130 from S1 and 500 from S2.
NEAR = {"id": "near", "shipment_cents": 100, "cents_per_100_km": 10}


def far(doors: Doors, units: int = 2, *, least: int | None = 100, **more: Any) -> tuple[str, str]:
    """An order whose only stock is at the far store, which has heard of its work."""
    doors.world.add_item("D", {"S2": units})
    hold(doors, NEAR if least is None else {**NEAR, "reoptimize_from_cents": least})
    return begun(doors, line("D", units), **more)


def came(doors: Doors, node_id: str, units: int, sku: str = "D") -> None:
    """Units come in, and the broker hears of it."""
    doors.world.receive(sku, node_id, units)
    broker(doors, "StockFreed", sku=sku)


def units_of(doors: Doors, sku: str = "D") -> dict[str, tuple[int, int]]:
    """Available and allocated units by node."""
    rows = {node: doors.world.stock(sku, node) for node in ("DC1", "S1", "S2") if (sku, node) in doors.world.received}
    return {node: (row.available, row.allocated) for node, row in rows.items()}


@pytest.mark.capability("E12", whole=True)
def test_a_better_plan_takes_over_once_before_the_node_accepts_and_all_of_it_is_told(doors: Doors):
    order_id, first = far(doors)
    doors.world.clock.advance(seconds=60)
    # A delivery over HTTP, the stream of stock, the event of it, and whoever hears that event.
    movement = {"node_id": "S1", "sku": "D", "kind": "received", "quantity": 2, "reason": "delivery"}
    doors.world.received["D", "S1"] = 2
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": [movement]}).status == 200
    assert follow(doors, record("D", "S1", 7, None, 2)) == []
    (freed,) = [row for row in doors.world.database.rows.values() if row.get("type") == "StockFreed"]
    assert str(freed["pk"]).startswith(f"T#{TENANT}#FREED#D#7")
    broker(doors, "StockFreed", sku="D")
    assert at(doors, order_id) == [("S2", "REPLACED", [(1, 0)]), ("S1", "SCHEDULED", [(1, 2)])]
    assert units_of(doors) == {"S1": (0, 2), "S2": (2, 0)}
    second = doors.world.order(order_id).fulfillment_orders[1].id
    shown = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{first}").body
    assert (shown["status"], shown["replaced_reason"], shown["rejected_reason"]) == ("REPLACED", "BETTER_PLAN", None)
    assert (shown["lines"][0]["replaced"], shown["lines"][0]["given_up"], shown["available_actions"]) == (2, 0, [])
    assert doors.api("fulfillment").get(f"/v1/fulfillment-orders/{second}").body["replaces"] == first
    # The decision has both plans and what is saved, the timeline says who did it.
    made = decided(doors, order_id)[-1]
    assert (made["command"], made["at"]) == ("reoptimize_fulfillment_order", "2026-11-23T12:01:00.000Z")
    (group,) = made["groups"]
    assert (group["scenario"], group["shipments"], group["cost"]) == ("usual@1/near", 1, 130)
    assert group["lines"][0]["nodes"] == {"S1": 2}
    outcomes = {one["node_id"]: (one["outcome"], one["reason"]) for one in group["candidates"]}
    assert outcomes == {"S1": ("chosen", "has_everything"), "S2": ("not_chosen", "dearer")}
    assert made["takeover"]["metres"] > 3_900_000
    assert {name: value for name, value in made["takeover"].items() if name != "metres"} == {
        "fulfillment_order_id": first,
        "node_id": "S2",
        "scenario": "usual@1/near",
        "shipments": 1,
        "cost": 500,
        "saving": 370,
    }
    told = [row for row in doors.timeline(order_id) if row["command"] == "reoptimize_fulfillment_order"]
    assert [row["event"] for row in told] == ["FulfillmentOrderWithdrawn", "OrderRerouted"]
    assert told[0]["data"]["reason"] == "BETTER_PLAN"
    assert told[1]["data"] == {
        "order_id": order_id,
        "fulfillment_order_id": first,
        "reason": "BETTER_PLAN",
        "fulfillment_order_ids": [second],
        "lines": [{"line_no": 1, "sku": "D", "node_id": "S1", "quantity": 2}],
        "missing": 0,
        "late": False,
        "saving": 370,
    }
    # The old node's workflow ends, and its late word is refused.
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderWithdrawn")) == []
    assert doors.world.continued == [(f"token-{first}", Outcome.CANCELLED)]
    with doors.world.unchanged():
        refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{first}/accept", {})
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert doors.run_order_workflow(order_id) == [second]
    # Once: what is better still comes too late, and so does the same message again.
    doors.world.receive("D", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    act(doors, second, "accept")
    act(doors, second, "ship")
    doors.world.capture(second)
    view = doors.world.view(order_id)
    assert (view.status, view.payment_status, view.lines[0].quantities) == ("COMPLETED", "CAPTURED", {"shipped": 2})
    doors.world.check()


@pytest.mark.capability("E12")
@pytest.mark.parametrize(("least", "node"), [(370, "S1"), (371, "S2"), (None, "S2")])
def test_it_must_save_as_much_as_the_scenario_says(doors: Doors, least: int | None, node: str):
    order_id, _ = far(doors, least=least)
    came(doors, "S1", 2)
    assert at(doors, order_id)[-1][0] == node


@pytest.mark.capability("E12")
def test_work_that_a_node_or_a_person_has_in_hand_stays(doors: Doors):
    order_id, work = far(doors)
    doors.world.receive("D", "S1", 2)
    doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work, reason="RELEASE_FAILED")
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    other, second = begun(doors, line("D", 1), external_id="second")
    assert at(doors, other) == [("S1", "OPEN", [(1, 1)])]
    act(doors, second, "accept")
    doors.world.receive("D", "DC1", 2)
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")


@pytest.mark.capability("E12")
def test_a_pick_up_and_work_that_no_node_has_heard_of_stay(doors: Doors):
    doors.world.add_item("D", {"S2": 3})
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    collected, _ = begun(doors, line("D", 1, method="pickup", pickup_node="S2"))
    unheard = doors.place(document(line("D", 2), external_id="second"))
    doors.task("source_order", order_id=unheard)
    doors.world.receive("D", "DC1", 5)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    assert [at(doors, one)[0][:2] for one in (collected, unheard)] == [("S2", "OPEN"), ("S2", "SCHEDULED")]


@pytest.mark.capability("E12")
def test_two_shipments_do_not_take_over_one_however_cheap_they_are(doors: Doors):
    doors.world.add_item("D", {"S2": 4})
    hold(doors, {**NEAR, "first": "cost", "reoptimize_from_cents": 1})
    order_id, _ = begun(doors, line("D", 4))
    doors.world.receive("D", "DC1", 2)
    doors.world.receive("D", "S1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    came(doors, "DC1", 2)
    assert at(doors, order_id) == [("S2", "REPLACED", [(1, 0)]), ("DC1", "SCHEDULED", [(1, 4)])]
    assert decided(doors, order_id)[-1]["takeover"]["saving"] == 390


@pytest.mark.capability("E12")
@pytest.mark.parametrize(("hours", "node"), [(0, "DC1"), (8, "S2")])
def test_a_promise_that_the_better_node_cannot_keep_is_not_broken(doors: Doors, hours: int, node: str):
    """Monday 7:00 in New York all leave at 17:00; at 15:00 the cut-off is over and all leave a day later."""
    works(doors, "DC1", "S1", "S2")
    card(doors, ANYWHERE)
    doors.world.add_item("D", {"S2": 2})
    hold(doors, {**NEAR, "reoptimize_from_cents": 100})
    promise = promised(doors, basket("D", 2)).body
    order_id, _ = begun(doors, line("D", 2), promise_id=promise["id"])
    doors.world.clock.advance(hours=hours)
    doors.world.receive("D", "DC1", 2)
    if hours:
        with doors.world.unchanged():
            broker(doors, "StockFreed", sku="D")
    broker(doors, "StockFreed", sku="D")
    last = doors.world.order(order_id).fulfillment_orders[-1]
    assert (last.node_id, last.due_at, last.escalated_reason) == (node, "2026-11-23T22:00:00.000Z", None)


@pytest.mark.capability("E12")
def test_who_arrives_in_time_and_leaves_later_than_promised_takes_nothing_over(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    near = {"id": "near", "up_to_km": 1_000, "cents": 700, "fastest_days": 0, "slowest_days": 1}
    card(doors, {"id": "ground", "zones": [near, {**ANYWHERE["zones"][0], "slowest_days": 5}]})
    doors.world.add_item("D", {"S2": 2})
    hold(doors, {**NEAR, "reoptimize_from_cents": 100})
    promise = promised(doors, basket("D", 2)).body
    begun(doors, line("D", 2), promise_id=promise["id"])
    doors.world.clock.advance(hours=8)
    doors.world.receive("D", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")


@pytest.mark.capability("E12", "E8")
def test_the_old_node_is_not_blamed_and_gets_the_units_again_when_the_new_one_rejects(doors: Doors):
    order_id, first = far(doors)
    came(doors, "S1", 2)
    # Its time may have run out in the same moment: nobody is told of that.
    with doors.world.unchanged():
        assert reroute(doors, order_id, first, "TIMED_OUT")
    (second,) = doors.run_order_workflow(order_id)
    act(doors, second, "reject", reason="too_busy")
    assert reroute(doors, order_id, second)
    assert at(doors, order_id)[2:] == [("S2", "SCHEDULED", [(1, 2)])]
    doors.run_order_workflow(order_id)
    # Not a second time either, now that it is where it was.
    doors.world.receive("D", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    doors.world.check()


@pytest.mark.capability("E12")
def test_a_node_that_gave_units_up_gets_them_from_no_better_plan(doors: Doors):
    doors.world.add_item("D", {"S1": 2, "S2": 2})
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    order_id, first = begun(doors, line("D", 2))
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    doors.run_order_workflow(order_id)
    assert at(doors, order_id)[1] == ("S2", "OPEN", [(1, 2)])
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    came(doors, "DC1", 2)
    assert at(doors, order_id)[1:] == [("S2", "REPLACED", [(1, 0)]), ("DC1", "SCHEDULED", [(1, 2)])]


@pytest.mark.capability("E12", "D10")
def test_capacity_goes_back_to_the_old_node_and_a_full_one_takes_nothing_over(doors: Doors):
    limited(doors, "S2", ("orders", "day", 3))
    limited(doors, "DC1", ("orders", "day", 1))
    taken, _ = begun(doors, line("A", 1), external_id="first")
    assert at(doors, taken)[0][0] == "DC1"
    order_id, _ = far(doors)
    assert left(doors, "S2") == [("orders", "day", 1, 2)]
    doors.world.receive("D", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    came(doors, "S1", 2)
    assert at(doors, order_id)[1][0] == "S1"
    assert left(doors, "S2") == [("orders", "day", 0, 3)]


@pytest.mark.capability("E12", "E10")
def test_who_waits_for_stock_comes_first(doors: Doors):
    doors.world.add_item("D", {"S2": 2})
    hold(doors, {**WAITS, **NEAR, "id": "waits", "reoptimize_from_cents": 1})
    order_id, _ = begun(doors, line("D", 2))
    waits = waiting(doors, line("D", 2))
    came(doors, "DC1", 3)
    assert at(doors, order_id) == [("S2", "OPEN", [(1, 2)])]
    assert at(doors, waits) == [("DC1", "SCHEDULED", [(1, 2)])]
    came(doors, "DC1", 1)
    assert at(doors, order_id)[1] == ("DC1", "SCHEDULED", [(1, 2)])
