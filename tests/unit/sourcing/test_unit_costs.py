"""Units that are scarce, fresh or priced cost more: no plan is better than the one that is made, nor greedy cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from random import Random
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory.ages import Ages
from oms.platform.geo import metres
from oms.registry.kits import Component
from oms.sourcing import planning
from oms.sourcing.model import Demand, Plan, Source
from oms.sourcing.planning import source_by
from oms.sourcing.solver.problem import Budget
from oms.sourcing.strategy import Scenario, Step
from tests.unit.sourcing.test_split_limits import HOME, KNOWN, NODES, SOURCES, Units, node_at

TODAY = date(2026, 11, 23)
Days = dict[tuple[str, str], int]
few_nodes = st.tuples(st.sampled_from("ABC"), st.sampled_from(NODES[:3]))
scenarios = st.fixed_dictionaries(
    {
        "first": st.sampled_from(["shipments", "cost"]),
        "shipment_cents": st.sampled_from([0, 40]),
        "cents_per_100_km": st.sampled_from([0, 3]),
        "scarce_below": st.sampled_from([1, 2]),
        "scarce_cents": st.sampled_from([0, 25]),
        "aged_days": st.just(30),
        "fresh_cents": st.sampled_from([0, 15, 60]),
        "max_shipments": st.sampled_from([None, None, 1, 2]),
    }
)


def ages(days: Days) -> Ages:
    return Ages(TODAY, {place: TODAY - timedelta(days=count) for place, count in days.items()})


def planned(scenario: dict[str, Any], wanted: Mapping[str, int], stock: Units, days: Days, **more: Any) -> Plan:
    demands = [Demand(number, sku, units) for number, (sku, units) in enumerate(wanted.items(), start=1)]
    prices = more.get("prices", {})
    step = Step("one", Scenario.model_validate({"id": "one", **scenario}), ages=ages(days), prices=prices)
    return source_by(step, demands, more.get("sources", SOURCES), more.get("nodes", KNOWN), stock, HOME, {})


def cost_of(
    scenario: dict[str, Any], taken: Units, stock: Units, days: Days, nodes: Any = KNOWN, prices: Units | None = None
) -> int:
    """What units cost by the words of the scenario, written apart from the product."""
    total = sum(units * (prices or {}).get(place, 0) for place, units in taken.items())
    for name in {node_id for _, node_id in taken}:
        way = metres(nodes[name].place, HOME)
        total += scenario["shipment_cents"] + -(-way // 100_000) * scenario["cents_per_100_km"]
    for place, units in taken.items():
        if stock[place] <= scenario["scarce_below"]:
            total += units * scenario["scarce_cents"]
        if place in days and days[place] < scenario["aged_days"]:
            total += units * scenario["fresh_cents"]
    return total


def ways(sku: str, units: int, stock: Units) -> Iterator[Units]:
    """All ways to take no more than so many units of an item from where they are."""
    places = [place for place in stock if place[0] == sku]
    for counts in product(*(range(min(units, stock[place]) + 1) for place in places)):
        if sum(counts) <= units:
            yield {place: count for place, count in zip(places, counts, strict=True) if count}


@pytest.mark.capability("E5")
@settings(max_examples=300, deadline=None)
@given(
    scenario=scenarios,
    wanted=st.dictionaries(st.sampled_from("ABC"), st.integers(1, 3), min_size=1),
    stock=st.dictionaries(few_nodes, st.integers(1, 3), max_size=9),
    days=st.dictionaries(few_nodes, st.sampled_from([0, 29, 30, 400])),
    prices=st.dictionaries(few_nodes, st.sampled_from([1, 30, 500]), max_size=5),
)
def test_no_plan_is_better_than_the_one_that_is_made(
    scenario: dict[str, Any], wanted: dict[str, int], stock: Units, days: Days, prices: Units
):
    best = None
    for parts in product(*(list(ways(sku, units, stock)) for sku, units in wanted.items())):
        taken = {place: units for part in parts for place, units in part.items()}
        shipments = len({name for _, name in taken})
        if scenario["max_shipments"] is None or shipments <= scenario["max_shipments"]:
            short = sum(wanted.values()) - sum(taken.values())
            cost = cost_of(scenario, taken, stock, days, prices=prices)
            value = (short, shipments, cost) if scenario["first"] == "shipments" else (short, cost)
            best = value if best is None else min(best, value)
    plan = planned(scenario, wanted, stock, days, prices=prices)
    short = sum(one.quantity for one in plan.missing)
    assert plan.proven
    assert plan.cost == cost_of(scenario, plan.claims, stock, days, prices=prices)
    assert plan.price_cost == sum(units * prices.get(place, 0) for place, units in plan.claims.items())
    assert ((short, plan.shipments, plan.cost) if scenario["first"] == "shipments" else (short, plan.cost)) == best


@pytest.mark.capability("E5")
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("first", ["shipments", "cost"])
def test_ten_lines_at_fifty_nodes_are_proven_within_a_second_and_never_dearer_than_greedy(
    seed: int, first: str, monkeypatch: pytest.MonkeyPatch
):
    # The clock of a busy machine is no measure: the work of the search is bounded by its nodes alone.
    monkeypatch.setattr(planning, "_BUDGET", Budget(search_nodes=50_000, seconds=60.0))
    random = Random(seed)
    nodes = {f"N{number}": node_at(f"N{number}") for number in range(50)}
    wanted = {f"SKU{number}": random.randint(1, 3) for number in range(10)}
    places = [(sku, name) for sku in wanted for name in nodes if random.random() < 0.3]
    stock = {place: random.randint(1, 6) for place in places}
    days = {place: random.choice([0, 20, 45, 200]) for place in places if random.random() < 0.9}
    scenario = {
        "first": first,
        "shipment_cents": 450,
        "cents_per_100_km": 12,
        "scarce_below": 2,
        "scarce_cents": 80,
        "aged_days": 60,
        "fresh_cents": 120,
    }
    began = process_time()
    sources = [Source(one.id, one.place) for one in nodes.values()]
    plan = planned(scenario, wanted, stock, days, sources=sources, nodes=nodes)
    assert process_time() - began < 1
    assert plan.proven
    assert not plan.missing
    assert plan.cost == cost_of(scenario, plan.claims, stock, days, nodes)
    taken: Units = {}
    for sku, units in wanted.items():
        for _ in range(units):
            # One unit after the other from where it adds least.
            taken = min(
                (
                    {**taken, place: taken.get(place, 0) + 1}
                    for place in places
                    if place[0] == sku and taken.get(place, 0) < stock[place]
                ),
                key=lambda some: (
                    len({name for _, name in some}) if first == "shipments" else 0,
                    cost_of(scenario, some, stock, days, nodes),
                ),
            )
    greedy = (len({name for _, name in taken}), cost_of(scenario, taken, stock, days, nodes))
    assert (plan.shipments, plan.cost) <= greedy if first == "shipments" else plan.cost <= greedy[1]


PLAIN = {"first": "cost", "shipment_cents": 10, "cents_per_100_km": 0, "aged_days": 30, "fresh_cents": 7}


@pytest.mark.capability("E5")
def test_a_unit_costs_more_until_its_stock_has_lain_so_many_days_and_never_less():
    stock = {("A", "N0"): 9}
    costs = [planned(PLAIN, {"A": 2}, stock, {("A", "N0"): days}).cost for days in (0, 29, 30, 31)]
    assert costs == [24, 24, 10, 10]
    unknown = planned(PLAIN, {"A": 2}, stock, {})
    assert (unknown.cost, unknown.fresh_cost) == (10, 0), "it has not risen since days are kept"
    foretold = planned(PLAIN, {"A": 2}, stock, {("A", "N0"): -1})
    assert (foretold.cost, foretold.fresh_cost, foretold.scarce_cost) == (24, 14, 0)


@pytest.mark.capability("E5")
def test_a_plan_tells_apart_what_is_scarce_and_what_is_fresh():
    plan = planned(
        {**PLAIN, "scarce_below": 3, "scarce_cents": 5},
        {"A": 2, "B": 1},
        {("A", "N0"): 3, ("B", "N0"): 9},
        {("A", "N0"): 100, ("B", "N0"): 3},
    )
    assert (plan.cost, plan.scarce_cost, plan.fresh_cost) == (27, 10, 7)


@pytest.mark.capability("E5")
def test_each_part_of_a_kit_counts_by_the_age_of_its_own_stock():
    kit = Demand(1, "KIT", 2, (Component(sku="A", quantity=3), Component(sku="B", quantity=1)))
    stock = {(sku, name): 9 for sku in "AB" for name in ("N0", "N1")}
    days = {("A", "N0"): 0, ("B", "N0"): 400, ("A", "N1"): 400, ("B", "N1"): 0}
    step = Step("one", Scenario.model_validate({"id": "one", **PLAIN}), ages=ages(days))
    plan = source_by(step, [kit], SOURCES, KNOWN, stock, HOME, {})
    assert plan.claims == {("A", "N1"): 6, ("B", "N1"): 2}
    assert (plan.cost, plan.fresh_cost) == (24, 14)


@pytest.mark.capability("E5")
def test_each_part_of_a_kit_has_the_price_of_its_own_stock():
    kit = Demand(1, "KIT", 2, (Component(sku="A", quantity=3), Component(sku="B", quantity=1)))
    stock = {(sku, name): 9 for sku in "AB" for name in ("N0", "N1")}
    step = Step("one", Scenario.model_validate({"id": "one", **PLAIN}), prices={("A", "N0"): 5, ("B", "N1"): 11})
    plan = source_by(step, [kit], SOURCES, KNOWN, stock, HOME, {})
    assert plan.claims == {("A", "N1"): 6, ("B", "N1"): 2}
    assert (plan.cost, plan.price_cost, plan.fresh_cost) == (32, 22, 0)
