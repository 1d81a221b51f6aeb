"""Sets of shipments: which few could carry an order, and what they cost at least."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver.bound import Offers
from oms.sourcing.solver.candidates import compile_order, line_sequence
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.sets import Sets
from tests.unit.sourcing.test_optimiser import answer_of, small_instance, value_of

LINE = {"dest": "home", "transfer_ok": False, "split_ok": True, "eligible_types": None, "exclude_nodes": []}
NODE = {
    "type": "dc", "zip3": "200", "ready_day": 0, "inbound_day": None, "shipment_cents": 0, "unit_cents": 0,
    "cap_units": 9, "cap_shipments": 9, "regular_units": 9, "overtime_cents": 0,
}  # fmt: skip


def three_nodes(cap_of_the_first: int) -> dict[str, Any]:
    """WIDE has A and B, LEFT has A alone, RIGHT has B and C; each unit weighs one step and costs 38 cents to send."""
    instance = small_instance(Random(1), 3, [1, 1, 1])
    instance["objective"] = {"keys": ["cost"]}
    instance["nodes"] = [
        {**NODE, "id": "WIDE", "cap_units": cap_of_the_first},
        {**NODE, "id": "LEFT"},
        {**NODE, "id": "RIGHT"},
    ]
    instance["skus"] = {sku: {"weight_g": 500} for sku in "ABC"}
    row = {"on_hand": 2, "reserved": 0, "safety": 0, "inbound": 0, "opp_cents": 0}
    places = {"WIDE": "AB", "LEFT": "A", "RIGHT": "BC"}
    instance["stock"] = [{**row, "node": node, "sku": sku} for node, skus in places.items() for sku in skus]
    instance["zones"] = {"100": [1, 1, 1], "200": [1, 1, 1]}
    lines = [{**LINE, "id": f"L{sku}", "sku": sku, "qty": 1, "short_cents": 3000} for sku in "ABC"]
    order = {"id": "O1", "zip3": "100", "promise_day": 9, "late_cents_per_day": None, "ship_complete": False}
    instance["orders"] = [{**order, "max_shipments": 2, "lines": lines}]
    return instance


def sets_of(instance: dict[str, Any]) -> Sets:
    problem = compile_order(read_network(instance), read_orders(instance)[0])
    return Sets(Offers(problem, line_sequence(problem)), range(len(problem.candidates)), shared=True)


@pytest.mark.capability("E5")
def test_two_shipments_that_carry_everything_are_found_first():
    assert next(sets_of(three_nodes(9)).promising(2, lambda: False)) == {0, 2}
    assert value_of(three_nodes(9), answer_of(three_nodes(9))) == [2 * 640 + 3 * 38]


def test_only_sets_that_may_cost_less_are_given():
    # Two shipments cost 2 x 640 and 30 for each unit, as if each part went by the service that has it cheapest.
    grams = 500
    found = sets_of(three_nodes(9)).below
    assert sorted(map(sorted, found(2, lambda: 1371 * grams))) == [[0, 2], [1, 2]]
    assert list(found(2, lambda: 1370 * grams)) == []


def test_a_node_that_can_send_one_unit_more_saves_no_more_than_one():
    found = sets_of(three_nodes(1)).below
    # With room for one unit the first carries one of its lines: alone it costs 640 + 30 + 2 x 3,000.
    assert [0] not in [sorted(chosen) for chosen in found(1, lambda: 6670 * 500)]
    assert [0] in [sorted(chosen) for chosen in found(1, lambda: 6671 * 500)]


def test_an_order_that_may_have_one_shipment_takes_the_best_one():
    instance = three_nodes(9)
    instance["orders"][0]["max_shipments"] = 1
    answer = answer_of(instance)
    assert answer.proven
    assert value_of(instance, answer) == [640 + 2 * 38 + 3000]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 3))
def test_no_set_that_holds_a_better_plan_is_left_out(seed: int, limit: int):
    instance = small_instance(Random(seed), 6, [2, 1, 1])
    instance["orders"][0]["max_shipments"] = limit
    answer = answer_of(instance)
    assert answer.proven
    problem = compile_order(read_network(instance), read_orders(instance)[0])
    if instance["objective"]["keys"] == ["cost"] and answer.shipments:
        used = {(shipment.node, shipment.dest, shipment.wave) for shipment in answer.shipments}
        numbers = {n for n, one in enumerate(problem.candidates) if (one.node.id, one.dest, one.wave) in used}
        most = (answer.objective[0] + 1) * problem.step_g
        assert any(numbers <= chosen for chosen in sets_of(instance).below(limit, lambda: most))
