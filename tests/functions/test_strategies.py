"""Sourcing strategies over HTTP: drafted, promoted, rolled back, and what they do with the next order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_decisions import decided
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

PATH = "/v1/sourcing/strategies/usual"


def hold(doors: Doors, *scenarios: dict[str, Any]) -> int:
    """Draft scenarios and let them hold; the number of their version."""
    api = doors.api("rule_sets")
    now = api.get(PATH)
    match = {"if-match": str(now.body["version"])} if now.status == 200 else {}
    put = api.put(PATH, {"scenarios": list(scenarios)}, headers=match)
    assert put.status in (200, 201), put.body
    number, version = put.body["newest_number"], put.body["version"]
    made = api.post(f"{PATH}/promotions", {"number": number}, headers={"if-match": str(version)})
    assert made.status == 200, made.body
    return int(number)


def given(doors: Doors, *lines: dict[str, Any], **more: Any) -> dict[str, int]:
    """Which node gives how many units of a new order."""
    order_id = doors.place(
        document(*lines, external_id=f"o-{doors.world.calls}-{len(doors.world.order_ids())}", **more)
    )
    units: dict[str, int] = {}
    for placed in doors.world.order(order_id).lines:
        for claim in placed.claims:
            units[claim.node_id] = units.get(claim.node_id, 0) + claim.quantity
    return units


@pytest.mark.capability("E1", whole=True)
def test_a_strategy_decides_from_the_next_order_on_and_is_rolled_back_in_one_call(doors: Doors):
    assert given(doors, line("A", 1)) == {"DC1": 1}
    stores = {"id": "stores", "where": {"kinds": ["store"]}}
    assert hold(doors, stores, {"id": "rest"}) == 1
    assert given(doors, line("A", 1)) == {"S1": 1}
    assert hold(doors, {"id": "west", "where": {"nodes": ["S2"]}}) == 2
    assert given(doors, line("A", 1)) == {"S2": 1}
    api = doors.api("rule_sets")
    back = api.post(f"{PATH}/rollbacks", None, headers={"if-match": str(api.get(PATH).body["version"])})
    assert (back.status, back.body["live_number"]) == (200, 1)
    assert given(doors, line("A", 1)) == {"S1": 1}


@pytest.mark.capability("E1", "E3")
def test_a_scenario_that_leaves_something_missing_hands_over_to_the_next_or_stops(doors: Doors):
    stores = {"id": "stores", "where": {"kinds": ["store"]}}
    hold(doors, stores, {"id": "rest"})
    order_id = doors.place(document(line("A", 12)))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert group["scenario"] == "usual@1/rest"
    hold(doors, {**stores, "otherwise": "stop"}, {"id": "rest"})
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("B", 11), external_id="o-2"))
        assert (refused.status, refused.pointers) == (409, ["/lines/0/quantity"])


@pytest.mark.capability("E2")
def test_cost_may_count_before_the_number_of_shipments(doors: Doors):
    """Two parcels from near stores against one from a warehouse that is dear."""
    dear = {"where": {"kinds": ["dc"]}, "cents": 2_000}
    by_cost = {"id": "cost", "first": "cost", "shipment_cents": 300, "cents_per_100_km": 10, "surcharges": [dear]}
    assert given(doors, line("A", 8)) == {"DC1": 8}
    hold(doors, by_cost)
    assert given(doors, line("B", 8)) == {"S1": 5, "S2": 3}
    hold(doors, {**by_cost, "first": "shipments"})
    assert given(doors, line("C", 8)) == {"DC1": 8}


@pytest.mark.capability("E2")
def test_the_last_units_of_a_store_are_dearer_than_the_way(doors: Doors):
    hold(doors, {"id": "near", "where": {"kinds": ["store"]}, "cents_per_100_km": 10})
    assert given(doors, line("A", 1)) == {"S1": 1}
    hold(doors, {"id": "near", "where": {"kinds": ["store"]}, "scarce_below": 4, "scarce_cents": 5_000})
    assert given(doors, line("A", 1)) == {"S2": 1}


@pytest.mark.capability("E2")
def test_units_come_from_where_the_plan_says_and_not_from_where_they_are_dear(doors: Doors):
    """X is at the cheap node only, where few of Y are left: Y comes from the other, as the search has found."""
    doors.world.add_item("X", {"S1": 9})
    doors.world.add_item("Y", {"S1": 3, "S2": 50})
    by_cost = {"id": "cost", "first": "cost", "shipment_cents": 100, "cents_per_100_km": 1}
    hold(doors, {**by_cost, "scarce_below": 5, "scarce_cents": 1_000})
    assert given(doors, line("X", 2), line("Y", 3)) == {"S1": 2, "S2": 3}


@pytest.mark.capability("E1")
def test_a_basket_is_held_where_its_order_would_come_from(doors: Doors):
    hold(doors, {"id": "west", "channels": ["web"], "where": {"nodes": ["S2"]}}, {"id": "rest"})
    wanted = {"channel": "web", "postal_code": "10001", "lines": [{"sku": "A", "quantity": 2}]}
    made = doors.api("reservations").post("/v1/reservations", wanted).body
    assert made["lines"][0]["held"] == [{"node_id": "S2", "quantity": 2}]
    named = {**wanted, "lines": [{"sku": "A", "quantity": 1, "node_id": "S1"}]}
    made = doors.api("reservations").post("/v1/reservations", named).body
    assert made["lines"][0]["held"] == [{"node_id": "S1", "quantity": 1}], "a node that is asked for by name"


@pytest.mark.capability("E4")
def test_no_more_shipments_than_a_scenario_allows(doors: Doors):
    hold(doors, {"id": "one", "max_shipments": 1})
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("A", 12)))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    hold(doors, {"id": "one", "max_shipments": 1}, {"id": "two", "max_shipments": 2})
    assert given(doors, line("A", 12)) == {"DC1": 10, "S1": 2}


@pytest.mark.capability("E9")
def test_nodes_are_left_out_and_scenarios_are_for_channels_and_methods(doors: Doors):
    hold(
        doors,
        {"id": "shop", "channels": ["store"], "where": {"nodes": ["S2"]}},
        {"id": "pickup", "methods": ["pickup"], "where": {"nodes": ["S2"]}},
        {
            "id": "web",
            "channels": ["web"],
            "excluded": [{"nodes": ["DC1"]}, {"skills": ["gift_wrap"], "kinds": ["dc"]}],
        },
    )
    assert given(doors, line("A", 1)) == {"S1": 1}
    picked = line("A", 1, method="pickup", pickup_node="S1")
    assert given(doors, picked) == {"S1": 1}, "a counter serves its own pick-ups whatever a strategy says"


@pytest.mark.capability("E6", whole=True)
def test_a_decision_names_scenario_cost_and_what_was_not_admitted(doors: Doors):
    hold(doors, {"id": "stores", "where": {"kinds": ["store"]}, "shipment_cents": 400, "cents_per_100_km": 50})
    order_id = doors.place(document(line("A", 2)))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert (group["scenario"], group["proven"]) == ("usual@1/stores", True)
    assert [(c["node_id"], c["outcome"], c["reason"]) for c in group["candidates"]] == [
        ("S1", "chosen", "has_everything"),
        ("DC1", "removed", "not_admitted"),
        ("S2", "not_chosen", "dearer"),
    ]
    more = group["runner_up"]["more_cost"]
    steps = -(-group["candidates"][2]["metres"] // 100_000) + group["metres"] // -100_000
    assert more == 50 * steps > 0
    assert group["lines"][0]["says"] == (
        f"2 from S1: the best that scenario usual@1/stores allows, at a cost of {group['cost']}. "
        f"Next would have been S2: a cost of {more} more."
    )


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"scenarios": []}, "/scenarios"),
        ({"scenarios": [{"id": "a"}, {"id": "a"}]}, "/scenarios"),
        ({"scenarios": [{"id": "a", "max_shipments": 0}]}, "/scenarios/0/max_shipments"),
        ({"scenarios": [{"id": "a", "cents_per_100_km": 1.5}]}, "/scenarios/0/cents_per_100_km"),
        ({"scenarios": [{"id": "a", "first": "luck"}]}, "/scenarios/0/first"),
        ({"scenarios": [{"id": "a", "where": {"zip": "1"}}]}, "/scenarios/0/where/zip"),
    ],
)
def test_a_strategy_that_means_nothing_is_refused(doors: Doors, content: dict[str, Any], pointer: str):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put(PATH, content)
        assert (refused.status, refused.pointers) == (422, [pointer])
