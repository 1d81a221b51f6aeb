"""How long stock has lain, and what scenarios make of it wherever something is planned."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.test_brokering import broker, waiting
from tests.functions.test_decisions import decided
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_restocking_days import moved
from tests.functions.test_simulations import DAYS, simulated
from tests.functions.test_strategies import given, hold
from tests.functions.test_supply import part, put
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

OLD = {"id": "old", "first": "cost", "shipment_cents": 100, "aged_days": 30, "fresh_cents": 500}


def shelves(doors: Doors) -> None:
    """Stock of NEW: since long at S2 in California, since 20 days at S1, since today at DC1 nearby."""
    doors.world.add_item("NEW", {})
    moved(doors, "received", 5, node_id="S2")
    doors.world.clock.advance(days=70)
    moved(doors, "received", 5, node_id="S1")
    doors.world.clock.advance(days=20)
    moved(doors, "received", 5, node_id="DC1")


@pytest.mark.capability("E2")
def test_nodes_whose_stock_has_lain_longest_come_first(doors: Doors):
    shelves(doors)
    hold(doors, {"id": "old", "cents_per_100_km": 0, "sorts": [{"by": "oldest_stock", "cents": 100}]})
    order_id = doors.place(document(line("NEW", 1)))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert (group["lines"][0]["nodes"], group["cost"]) == ({"S2": 1}, 0)
    assert group["lines"][0]["says"] == (
        "1 from S2 (has lain for 90 days): the best that scenario usual@1/old allows, at a cost of 0. "
        "Next would have been S1, just as good."
    )
    assert {one["node_id"]: one["lain_days"] for one in group["candidates"]} == {
        "S2": {"NEW": 90},
        "DC1": {"NEW": 0},
        "S1": {"NEW": 20},
    }
    moved(doors, "received", 1, node_id="S2")
    assert given(doors, line("NEW", 1)) == {"S1": 1}


@pytest.mark.capability("E2", whole=True)
def test_nodes_are_sorted_by_anything_and_by_several_things_at_once(doors: Doors):
    """DC1 is nearest, S1 has most and S2 has lain longest; each sort has another first, and their cents weigh them."""
    doors.world.add_item("NEW", {})
    moved(doors, "received", 3, node_id="S2")
    doors.world.clock.advance(days=70)
    moved(doors, "received", 4, node_id="DC1")
    moved(doors, "received", 9, node_id="S1")
    for name, rank in (("DC1", "7"), ("S1", "2"), ("S2", "5")):
        changed = node(name, *PLACES[name], attributes={"shelf_rank": rank}).model_copy(update={"version": 2})
        doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()
    level = {"id": "one", "cents_per_100_km": 0}
    dc_last = {"where": {"kinds": ["dc"]}, "cents": 5}
    s1_last = {"where": {"nodes": ["S1"]}, "cents": 10}
    oldest, most, rank = (
        {"by": "oldest_stock", "cents": 100},
        {"by": "most_available", "cents": 100},
        {"by": "attribute", "attribute": "shelf_rank", "cents": 100},
    )

    def first(**scenario: Any) -> str:
        hold(doors, {**level, **scenario})
        (node_id,) = simulated(doors, order=document(line("NEW", 1)))["dry_run"]["groups"][0]["lines"][0]["nodes"]
        return str(node_id)

    assert first(surcharges=[dc_last, s1_last]) == "S2", "by rank of groups of nodes"
    assert first(cents_per_100_km=1) == "DC1", "by distance"
    assert first(surcharges=[dc_last, {**s1_last, "cents": 1}, {"where": {"nodes": ["S2"]}, "cents": 2}]) == "S1", (
        "cost"
    )
    assert first(sorts=[oldest]) == "S2"
    assert first(sorts=[most]) == "S1"
    assert first(sorts=[{**most, "by": "least_available"}]) == "S2"
    assert first(sorts=[rank]) == "S1"
    assert first(sorts=[{**rank, "first": "highest"}]) == "DC1"
    # By age S2 is first and S1, as old as DC1, one place behind; by units S1 is first and S2 two places behind.
    assert first(sorts=[oldest, {**most, "cents": 49}]) == "S2"
    assert first(sorts=[oldest, {**most, "cents": 51}]) == "S1"
    assert first(sorts=[oldest, {**most, "cents": 51}], cents_per_100_km=50) == "DC1"
    # What is equal is always taken in the order of the nodes' ids, and chance is the same for the same order.
    assert [first(shipment_cents=cents) for cents in (1, 2, 3)] == ["DC1"] * 3
    assert first(sorts=[oldest, {**most, "cents": 50}]) == "S1"
    assert len({first(shipment_cents=cents, sorts=[{"by": "random", "cents": 1}]) for cents in (1, 2, 3)}) == 1
    by_chance = {
        node_id
        for number in range(8)
        for group in simulated(doors, order=document(line("NEW", 1), external_id=f"x-{number}"))["dry_run"]["groups"]
        for node_id in group["lines"][0]["nodes"]
    }
    assert len(by_chance) > 1


@pytest.mark.capability("E5")
def test_stock_that_would_be_marked_down_goes_first_as_long_as_the_way_is_not_dearer(doors: Doors):
    shelves(doors)
    near = {"id": "near", "first": "cost", "shipment_cents": 100}
    hold(doors, near)
    assert given(doors, line("NEW", 1)) == {"DC1": 1}
    hold(doors, OLD)
    assert given(doors, line("NEW", 1)) == {"S2": 1}
    hold(doors, {**OLD, "cents_per_100_km": 20})
    assert given(doors, line("NEW", 1)) == {"DC1": 1}, "40 begun 100 km are dearer than 500 cents"
    # S1's stock has lain for 20 days: at 20 days it is old enough.
    hold(doors, {**OLD, "cents_per_100_km": 20, "aged_days": 20})
    assert given(doors, line("NEW", 1)) == {"S1": 1}
    doors.world.check()


@pytest.mark.capability("E5", "E6")
def test_a_decision_says_what_of_its_cost_is_for_scarce_and_for_fresh_units(doors: Doors):
    shelves(doors)
    hold(doors, {**OLD, "where": {"nodes": ["DC1"]}, "scarce_below": 5, "scarce_cents": 7})
    order_id = doors.place(document(line("NEW", 2)))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert (group["cost"], group["scarce_cost"], group["fresh_cost"]) == (1_115, 14, 1_000)
    assert group["lines"][0]["says"] == (
        "2 from DC1 (has lain for 0 days): the best that scenario usual@1/old allows, at a cost of 1115, "
        "of which 14 for units of which few are left and 1000 for stock that has lain for less than 30 days."
    )
    hold(doors, {"id": "plain", "first": "cost"})
    (group,) = decided(doors, doors.place(document(line("NEW", 1), external_id="o-2")))[0]["groups"]
    assert (group["scarce_cost"], group["fresh_cost"]) == (0, 0)
    assert "has lain" not in group["lines"][0]["says"]
    assert [one["lain_days"] for one in group["candidates"]] == [{}, {}, {}]


@pytest.mark.capability("E5", "E7")
def test_baskets_promises_and_simulations_know_how_old_stock_is(doors: Doors):
    shelves(doors)
    works(doors, "DC1", "S1", "S2")
    assert given(doors, line("NEW", 1)) == {"DC1": 1}
    wanted = {"channel": "web", "postal_code": "10003", "lines": [{"sku": "NEW", "quantity": 1}]}
    (before,) = promised(doors, basket("NEW", 1)).body["options"]
    assert before["lines"][0]["node_kinds"] == ["dc"]
    hold(doors, OLD)
    (option,) = promised(doors, basket("NEW", 1)).body["options"]
    assert option["lines"][0]["node_kinds"] == ["store"]
    held = doors.api("reservations").post("/v1/reservations", wanted).body["lines"][0]["held"]
    assert held == [{"node_id": "S2", "quantity": 1}]
    (group,) = simulated(doors, order=document(line("NEW", 1)))["dry_run"]["groups"]
    assert group["lines"][0]["nodes"] == {"S2": 1}
    (past,) = simulated(doors, replay={**DAYS, "placed_to": "2027-02-21", "placed_from": "2027-02-21"})["replay"][
        "orders"
    ]
    assert past["live_nodes"] == {"S2": 1}


@pytest.mark.capability("E5")
def test_on_the_day_on_which_supply_comes_it_is_fresh_and_other_stock_has_lain_on(doors: Doors):
    """By then NEW is old enough at DC1 too, and PART is as fresh at S1, which has one of it since long, as at DC1."""
    doors.world.add_item("PART", {"S1": 1})
    shelves(doors)
    works(doors, "S1", "S2", "DC1")
    card(doors, GROUND)
    hold(doors, {**OLD, "where": {"nodes": ["S1", "DC1"]}, "aged_days": 15, "max_shipments": 1})
    both = [basket("NEW", 1), basket("PART", 2)]
    assert put(doors, "po-1", part(1, "PART", 1, "2027-03-22")).status == 201
    (option,) = promised(doors, *both).body["options"]
    from_s1 = option["from_supply"]
    assert (option["can"], from_s1["expected_on"]) == (False, "2027-03-22")
    assert put(doors, "po-2", part(1, "PART", 2, "2027-03-22"), node_id="DC1").status == 201
    (option,) = promised(doors, *both).body["options"]
    from_dc1 = option["from_supply"]
    assert (from_s1["earliest"], from_dc1["earliest"]) == ("2027-03-25", "2027-03-24")


@pytest.mark.capability("E5", "E8")
def test_what_a_node_gives_up_goes_to_the_node_with_the_oldest_stock(doors: Doors):
    shelves(doors)
    hold(doors, OLD)
    order_id, work = begun(doors, line("NEW", 1))
    assert doors.world.work(work).node_id == "S2"
    act(doors, work, "reject", reason="too_busy")
    hold(doors, {**OLD, "aged_days": 20})
    assert reroute(doors, order_id, work)
    assert [one.node_id for one in doors.world.order(order_id).fulfillment_orders] == ["S2", "S1"]
    doors.world.check()


@pytest.mark.capability("E5", "E8")
def test_an_order_is_moved_to_old_stock_that_was_freed_before_its_work_began(doors: Doors):
    shelves(doors)
    hold(doors, OLD)
    first = doors.place(document(line("NEW", 5), external_id="o-1"))
    second = doors.place(document(line("NEW", 2), external_id="o-2"))
    assert [claim.node_id for claim in doors.world.order(second).lines[0].claims] == ["DC1"]
    answer = doors.api("change_orders").post(f"/v1/orders/{first}/cancellations", {"reason": "late"})
    assert answer.status == 200
    doors.task("source_order", order_id=second)
    assert [one.node_id for one in doors.world.order(second).fulfillment_orders] == ["S2"]
    doors.world.check()


@pytest.mark.capability("E5", "E10")
def test_who_waits_is_given_old_stock_before_what_came_in_today(doors: Doors):
    doors.world.add_item("NEW", {})
    moved(doors, "received", 1, node_id="S2")
    doors.world.clock.advance(days=60)
    hold(doors, {**OLD, "otherwise": "backorder", "cancel_after_days": 30})
    first = doors.place(document(line("NEW", 1), external_id="first"))
    second = waiting(doors, line("NEW", 1))
    answer = doors.api("change_orders").post(f"/v1/orders/{first}/cancellations", {"reason": "late"})
    assert answer.status == 200
    moved(doors, "received", 1, node_id="DC1")
    broker(doors, "StockFreed", sku="NEW")
    assert [one.node_id for one in doors.world.order(second).fulfillment_orders] == ["S2"]
    doors.world.check()
