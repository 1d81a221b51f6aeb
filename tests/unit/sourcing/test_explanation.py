"""The rules beside the search, and the explanation of a plan: what it costs, the next best node, why not the others."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver.check import BrokenPlan, objective, price_plans
from oms.sourcing.solver.explain import Chosen, Removed, explain
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.problem import Answer
from oms.sourcing.solver.single import solve_order
from tests.unit.sourcing.test_optimiser import ENOUGH, answer_of, small_instance, value_of


def row(name: str, node_type: str, *, ready: int = 0, cap: int = 10) -> dict[str, Any]:
    return {
        "id": name, "type": node_type, "zip3": "200", "ready_day": ready, "inbound_day": None, "shipment_cents": 100,
        "unit_cents": 10, "cap_units": cap, "cap_shipments": 5, "regular_units": 1, "overtime_cents": 40,
    }  # fmt: skip


def six_nodes() -> dict[str, Any]:
    """Two units to zone 1 or 2; only NEAR and FAR can send them."""
    instance = small_instance(Random(1), 1, [2])
    names = ["NEAR", "FAR", "EMPTY", "VENDOR", "FULL", "LATE"]
    instance["objective"] = {"keys": ["cost"]}
    instance["nodes"] = [row(name, "vendor" if name == "VENDOR" else "dc") for name in names]
    instance["nodes"][4]["cap_units"] = 0
    instance["nodes"][5]["ready_day"] = 9
    instance["skus"] = {"A": {"weight_g": 700}}
    stock = {"on_hand": 4, "reserved": 1, "safety": 0, "inbound": 0, "opp_cents": 75}
    instance["stock"] = [{"node": name, "sku": "A", **stock} for name in names if name != "EMPTY"]
    instance["zones"] = {"100": [1, 2, 1, 1, 1, 1], "200": [1] * 6}
    line = {
        "id": "L0", "sku": "A", "qty": 2, "dest": "home", "transfer_ok": False, "split_ok": True,
        "eligible_types": ["dc"], "exclude_nodes": [], "short_cents": 6000,
    }  # fmt: skip
    instance["orders"][0] |= {
        "promise_day": 4, "late_cents_per_day": None, "ship_complete": False, "max_shipments": None, "lines": [line],
    }  # fmt: skip
    return instance


@pytest.mark.capability("E6")
def test_the_explanation_names_the_cost_the_runner_up_and_why_other_nodes_were_out():
    instance = six_nodes()
    network, order = read_network(instance), read_orders(instance)[0]
    told = explain(network, order, solve_order(network, order, ENOUGH))
    assert (told.terms.freight, told.terms.weight_steps, told.terms.lateness) == (640, 3 * 38, 0)
    assert (told.terms.handling, told.terms.opportunity, told.terms.overtime, told.terms.short) == (120, 150, 40, 0)
    assert told.cost == told.bound == 1064
    assert told.proven
    (line,) = told.lines
    assert line.chosen == (Chosen("NEAR", "now", "ground", 2),)
    assert (line.short_units, line.runner_up, line.difference) == (0, "FAR", 830 + 3 * 92 - 640 - 3 * 38)
    assert dict(line.removed) == {
        "EMPTY": Removed.NO_STOCK,
        "VENDOR": Removed.WRONG_TYPE,
        "FULL": Removed.NO_CAPACITY,
        "LATE": Removed.TOO_LATE,
    }


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_the_rules_price_a_plan_as_the_search_does_and_no_runner_up_is_cheaper(seed: int):
    instance = small_instance(Random(seed), 3, [2, 3, 1])
    answer = answer_of(instance)
    network, order = read_network(instance), read_orders(instance)[0]
    assert objective(network, [order], [answer]) == answer.objective == tuple(value_of(instance, answer))
    told = explain(network, order, answer)
    assert told.cost == price_plans(network, [order], [answer]).cost
    for line in told.lines:
        named = {one.node for one in line.chosen} | {name for name, _ in line.removed}
        assert line.runner_up not in named
        if network.keys[0] == "cost" and line.difference is not None:
            assert line.difference >= 0


def changed(answer: Answer, **fields: Any) -> Answer:
    return answer._replace(shipments=(answer.shipments[0]._replace(**fields),))


def test_a_plan_that_breaks_a_rule_is_found_out():
    instance = six_nodes()
    network, order = read_network(instance), read_orders(instance)[0]
    good = solve_order(network, order, ENOUGH)
    (shipment,) = good.shipments
    (pick,) = shipment.picks
    wrong = [
        changed(good, node="VENDOR"),
        changed(good, node="FULL"),
        changed(good, node="LATE"),
        changed(good, node="EMPTY"),
        changed(good, wave="inbound"),
        changed(good, service="transfer"),
        changed(good, dest="FAR"),
        changed(good, picks=()),
        changed(good, picks=(pick._replace(quantity=3),)),
        changed(good, picks=(pick._replace(pool="inbound"),)),
        changed(good, picks=(pick._replace(line="L9"),)),
        good._replace(order="O9"),
    ]
    for plan in wrong:
        with pytest.raises(BrokenPlan):
            price_plans(network, [order], [plan])
    limited = order._replace(max_shipments=0)
    complete = order._replace(ship_complete=True)
    part = changed(good, picks=(pick._replace(quantity=1),))
    whole = order._replace(lines=(order.lines[0]._replace(split_ok=False),))
    for asked, plan in ((limited, good), (complete, part), (whole, part)):
        with pytest.raises(BrokenPlan):
            price_plans(network, [asked], [plan])
    assert price_plans(network, [order], [part]).short == 6000
