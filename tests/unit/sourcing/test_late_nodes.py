"""Nodes that are too late for a promise: as few of their units as there can be, and then the best plan of all."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.orders.model import Group
from oms.orders.request import Method
from oms.registry.kits import Component
from oms.registry.model import Journey
from oms.sourcing.model import Demand, Plan
from oms.sourcing.planning import MOST_EXACT
from oms.sourcing.reads import plan_group
from oms.sourcing.strategy import Scenario, Step
from tests.unit.sourcing.test_split_limits import KNOWN as PLAIN
from tests.unit.sourcing.test_split_limits import NODES, Units
from tests.unit.sourcing.test_unit_costs import ages, cost_of, few_nodes, scenarios, ways

KNOWN = {name: one.model_copy(update={"journeys": (Journey.SHIP,)}) for name, one in PLAIN.items()}
GROUP = Group(group_no=1, method=Method.SHIP)


def planned(
    wanted: dict[str, int], stock: Units, late: set[str], scenario: dict[str, Any] | None = None, days: Any = ()
) -> Plan:
    demands = [Demand(number, sku, units) for number, (sku, units) in enumerate(wanted.items(), start=1)]
    steps = [Step("one", Scenario.model_validate({"id": "one", **scenario}), ages=ages(dict(days)))] if scenario else []
    return plan_group(GROUP, demands, KNOWN, stock, steps, late=frozenset(late))


@pytest.mark.capability("E5", "D9")
@settings(max_examples=200, deadline=None)
@given(
    scenario=scenarios,
    wanted=st.dictionaries(st.sampled_from("ABC"), st.integers(1, 3), min_size=1),
    stock=st.dictionaries(few_nodes, st.integers(1, 3), max_size=9),
    days=st.dictionaries(few_nodes, st.sampled_from([0, 400])),
    late=st.sets(st.sampled_from(NODES[:3])),
)
def test_no_unit_is_late_that_could_be_in_time_and_no_plan_of_so_few_is_better(
    scenario: dict[str, Any], wanted: dict[str, int], stock: Units, days: Units, late: set[str]
):
    """Without a destination every way is equally long, as for the plan itself."""
    scenario = {**scenario, "cents_per_100_km": 0}
    best = None
    for parts in product(*(list(ways(sku, units, stock)) for sku, units in wanted.items())):
        taken = {place: units for part in parts for place, units in part.items()}
        shipments = len({name for _, name in taken})
        if scenario["max_shipments"] is None or shipments <= scenario["max_shipments"]:
            short = sum(wanted.values()) - sum(taken.values())
            too_late = sum(units for (_, name), units in taken.items() if name in late)
            cost = cost_of(scenario, taken, stock, days)
            order = (shipments, cost) if scenario["first"] == "shipments" else (cost,)
            value = (short, too_late, *order)
            best = value if best is None else min(best, value)
    plan = planned(wanted, stock, late, scenario, days.items())
    short = sum(one.quantity for one in plan.missing)
    assert plan.proven
    assert plan.late_units == sum(units for (_, name), units in plan.claims.items() if name in late)
    assert plan.cost == cost_of(scenario, plan.claims, stock, days)
    order = (plan.shipments, plan.cost) if scenario["first"] == "shipments" else (plan.cost,)
    assert (short, plan.late_units, *order) == best


@pytest.mark.capability("E5", "D9")
def test_without_a_strategy_the_fewest_late_units_count_before_the_fewest_parcels():
    stock = {("A", "N0"): 2, ("A", "N1"): 1, ("A", "N2"): 9}
    plan = planned({"A": 5}, stock, {"N2"})
    assert plan.claims == {("A", "N0"): 2, ("A", "N1"): 1, ("A", "N2"): 2}
    assert (plan.late_units, plan.is_best, plan.proven) == (2, False, True)
    assert planned({"A": 5}, stock, set()).claims == {("A", "N2"): 5}
    assert planned({"A": 3}, stock, {"N2"}).claims == {("A", "N0"): 2, ("A", "N1"): 1}


@pytest.mark.capability("E5", "D13")
def test_kits_come_late_only_as_far_as_nobody_else_can_make_them():
    kit = Demand(1, "KIT", 3, (Component(sku="A", quantity=2), Component(sku="B", quantity=1)))
    stock = {("A", "N0"): 5, ("B", "N0"): 9, ("A", "N1"): 20, ("B", "N1"): 20}
    plan = plan_group(GROUP, [kit], KNOWN, stock, [], late=frozenset({"N1"}))
    assert plan.claims == {("A", "N0"): 4, ("B", "N0"): 2, ("A", "N1"): 2, ("B", "N1"): 1}
    assert plan.late_units == 1


@pytest.mark.capability("E5")
def test_an_order_of_more_lines_than_are_planned_exactly_takes_late_units_last():
    wanted = {f"S{number}": 3 for number in range(MOST_EXACT + 1)}
    stock = {(sku, name): units for sku in wanted for name, units in (("N0", 2), ("N1", 5))}
    plan = planned(wanted, stock, {"N1"})
    assert plan.claims == {(sku, name): units for sku in wanted for name, units in (("N0", 2), ("N1", 1))}
    assert not plan.proven
    hold = {"max_shipments": 1}
    assert planned(wanted, stock, {"N1"}, hold).claims == {(sku, "N1"): 3 for sku in wanted}, "the order is kept"
