"""No plan splits more than its scenario allows, nor takes what is not there, whatever is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.geo import Place
from oms.registry.model import Node
from oms.sourcing.model import Demand, Plan, Source
from oms.sourcing.planning import MOST_EXACT, source_by
from oms.sourcing.strategy import Scenario, Step
from tests.order_nodes import node

Units = dict[tuple[str, str], int]
HOME = Place(40_700_000, -74_000_000)
SKUS, NODES = "ABC", [f"N{number}" for number in range(6)]
demands = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 6)), min_size=1, max_size=5)
stocks = st.dictionaries(st.tuples(st.sampled_from(SKUS), st.sampled_from(NODES)), st.integers(1, 6), max_size=14)
limits = st.fixed_dictionaries(
    {},
    optional={
        "max_shipments": st.integers(1, 4),
        "most_nodes_per_item": st.integers(1, 3),
        "least_worth_to_split": st.sampled_from([0, 500, 2_000]),
        "complete_only": st.booleans(),
        "first": st.sampled_from(["shipments", "cost"]),
        "scarce_below": st.just(2),
        "scarce_cents": st.sampled_from([0, 30]),
    },
)


def node_at(node_id: str) -> Node:
    """A store that lies the further north the higher its number."""
    return node(node_id, "store", 40 + int(node_id[1:]) * 3 / 10, -75)


KNOWN = {node_id: node_at(node_id) for node_id in NODES}
SOURCES = [Source(one.id, one.place) for one in KNOWN.values()]


def planned(wanted: list[Demand], stock: Units, worth: int, **limits: Any) -> Plan:
    step = Step("one", Scenario.model_validate({"id": "one", **limits}))
    return source_by(step, wanted, SOURCES, KNOWN, stock, HOME, {}, worth)


def keeps(plan: Plan, wanted: list[Demand], stock: Units, worth: int, limits: dict[str, Any]) -> None:
    for place, units in plan.claims.items():
        assert units <= stock.get(place, 0)
    for demand in wanted:
        given_units = sum(one.quantity for one in plan.allotments if one.line_no == demand.line_no)
        short = sum(one.quantity for one in plan.missing if one.line_no == demand.line_no)
        assert given_units + short == demand.quantity
    nodes = {one.node_id for one in plan.allotments}
    most = 1 if worth < limits.get("least_worth_to_split", 0) else limits.get("max_shipments")
    assert most is None or len(nodes) <= most
    for sku in SKUS:
        of_item = {one.node_id for one in plan.allotments if one.sku == sku}
        assert limits.get("most_nodes_per_item") is None or len(of_item) <= limits["most_nodes_per_item"]
    if limits.get("complete_only") and plan.missing:
        assert plan.allotments == ()
        assert (plan.shipments, plan.cost) == (0, 0)


@pytest.mark.capability("E4")
@settings(max_examples=300, deadline=None)
@given(wanted=demands, stock=stocks, worth=st.sampled_from([0, 1_000, 5_000]), limits=limits)
def test_no_plan_goes_beyond_its_limits(
    wanted: list[tuple[str, int]], stock: Units, worth: int, limits: dict[str, Any]
):
    lines = [Demand(number, *one) for number, one in enumerate(wanted, start=1)]
    keeps(planned(lines, stock, worth, **limits), lines, stock, worth, limits)


@pytest.mark.capability("E4")
@settings(max_examples=100, deadline=None)
@given(stock=stocks, limits=limits)
def test_nor_does_the_plan_of_an_order_too_long_for_the_search(stock: Units, limits: dict[str, Any]):
    lines = [Demand(number, SKUS[number % 3], 1) for number in range(1, MOST_EXACT + 2)]
    keeps(planned(lines, stock, 5_000, **limits), lines, stock, 5_000, limits)


@pytest.mark.capability("E4")
@settings(max_examples=200, deadline=None)
@given(wanted=demands, stock=stocks)
def test_an_item_that_one_node_has_is_found_there(wanted: list[tuple[str, int]], stock: Units):
    """With one node for each item nothing is missing of what some node has whole, and of the rest what nobody has."""
    lines = [Demand(number, *one) for number, one in enumerate(wanted, start=1)]
    plan = planned(lines, stock, 0, most_nodes_per_item=1)
    for sku in {one.sku for one in lines}:
        units = sum(one.quantity for one in lines if one.sku == sku)
        best = max((min(units, stock.get((sku, name), 0)) for name in NODES), default=0)
        assert sum(one.quantity for one in plan.allotments if one.sku == sku) == best
