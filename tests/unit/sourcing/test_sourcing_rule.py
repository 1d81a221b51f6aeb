"""The rule itself against brute force: fewest shipments, then nearest; never more than there is; always the same."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.geo import Place, locate
from oms.sourcing.model import Allotment, Demand, Plan, Source
from oms.sourcing.planning import source

HOME = Place(40_700_000, -74_000_000)
places = st.builds(Place, st.integers(25_000_000, 49_000_000), st.integers(-124_000_000, -67_000_000))
demands = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), min_size=1, max_size=4).map(
    lambda wanted: [Demand(number, sku, units) for number, (sku, units) in enumerate(wanted, start=1)]
)
networks = st.dictionaries(
    st.sampled_from([f"N{n}" for n in range(6)]),
    st.tuples(st.none() | places, st.dictionaries(st.sampled_from("ABC"), st.integers(0, 6), max_size=3)),
    min_size=1,
    max_size=6,
)


def solve(wanted: list[Demand], network: dict, destination: Place | None = HOME) -> Plan:
    stock = {(sku, node): units for node, (_, rows) in network.items() for sku, units in rows.items() if units}
    return source(wanted, [Source(node, place) for node, (place, _) in network.items()], stock, destination)


def metres(network: dict, node: str) -> int:
    """The distance that the rule itself gives for a plan of one node."""
    lone = solve([Demand(1, "X", 1)], {node: (network[node][0], {"X": 1})})
    return lone.metres


def brute_force(wanted: list[Demand], network: dict) -> tuple[int, int] | None:
    """Shipments and metres of the best plan over every set of nodes; None when even all together have too little."""
    totals: dict[str, int] = {}
    for demand in wanted:
        totals[demand.sku] = totals.get(demand.sku, 0) + demand.quantity
    for size in range(1, len(network) + 1):
        covering = [
            sum(metres(network, node) for node in some)
            for some in combinations(sorted(network), size)
            if all(sum(network[node][1].get(sku, 0) for node in some) >= units for sku, units in totals.items())
        ]
        if covering:
            return size, min(covering)
    return None


@settings(max_examples=150, deadline=None)
@given(wanted=demands, network=networks)
def test_a_plan_is_as_good_as_the_best_of_all(wanted: list[Demand], network: dict):
    plan, best = solve(wanted, network), brute_force(wanted, network)
    if best is None:
        assert plan.missing
        return
    assert not plan.missing
    if best[0] <= 3:  # beyond three nodes the rule is greedy and only promises to find everything
        assert (plan.shipments, plan.metres) == best
    if plan.is_best:
        assert plan.shipments == 1
        assert plan.metres == min(metres(network, node) for node in network)


@pytest.mark.capability("D4")
@settings(max_examples=150, deadline=None)
@given(wanted=demands, network=networks)
def test_a_plan_gives_every_unit_once_and_never_more_than_there_is(wanted: list[Demand], network: dict):
    plan = solve(wanted, network)
    taken: dict[tuple[str, str], int] = {}
    per_line: dict[int, int] = {}
    for allotment in plan.allotments:
        assert allotment.quantity > 0
        key = (allotment.sku, allotment.node_id)
        taken[key] = taken.get(key, 0) + allotment.quantity
        per_line[allotment.line_no] = per_line.get(allotment.line_no, 0) + allotment.quantity
    assert all(units <= network[node][1].get(sku, 0) for (sku, node), units in taken.items())
    missing = {demand.line_no: demand.quantity for demand in plan.missing}
    for demand in wanted:
        assert per_line.get(demand.line_no, 0) + missing.get(demand.line_no, 0) == demand.quantity
    # What is missing is missing everywhere.
    for sku in {demand.sku for demand in plan.missing}:
        everywhere = sum(rows.get(sku, 0) for _, rows in network.values())
        assert sum(units for (name, _), units in taken.items() if name == sku) == everywhere
    assert plan.shipments == len({allotment.node_id for allotment in plan.allotments})


@settings(max_examples=60, deadline=None)
@given(wanted=demands, network=networks, seed=st.integers(0, 10**6))
def test_the_same_snapshot_gives_the_same_plan(wanted: list[Demand], network: dict, seed: int):
    names = list(network)
    Random(seed).shuffle(names)
    assert solve(wanted, {name: network[name] for name in names}) == solve(wanted, network)


def test_equally_near_nodes_are_taken_by_name():
    network = {node: (HOME, {"A": 1}) for node in ("N3", "N1", "N2")}
    assert solve([Demand(1, "A", 2)], network).allotments == (Allotment(1, "A", "N1", 1), Allotment(1, "A", "N2", 1))


def test_one_far_parcel_beats_two_near_ones():
    network = {
        "NEAR": (HOME, {"A": 1}),
        "NEXT": (HOME, {"B": 1}),
        "FAR": (Place(34_000_000, -118_000_000), {"A": 1, "B": 1}),
    }
    plan = solve([Demand(1, "A", 1), Demand(2, "B", 1)], network)
    assert {allotment.node_id for allotment in plan.allotments} == {"FAR"}
    assert (plan.shipments, plan.is_best) == (1, False)


def test_a_line_stays_whole_where_one_node_has_it():
    network = {"N1": (HOME, {"A": 3, "B": 1}), "N2": (HOME, {"A": 2})}
    plan = solve([Demand(1, "A", 2), Demand(2, "A", 3), Demand(3, "B", 1)], network)
    assert [(a.line_no, a.node_id, a.quantity) for a in plan.allotments] == [(2, "N1", 3), (3, "N1", 1), (1, "N2", 2)]


def test_a_thousand_nodes_are_answered_in_time_and_exactly_filled():
    network = {f"N{n:04}": (Place(25_000_000 + n * 20_000, -100_000_000), {"A": 1}) for n in range(1000)}
    plan = solve([Demand(1, "A", 40)], network)
    assert (sum(a.quantity for a in plan.allotments), plan.shipments, plan.missing) == (40, 40, ())


def test_nothing_anywhere_is_all_missing():
    plan = solve([Demand(1, "A", 2)], {"N1": (HOME, {})})
    assert (plan.allotments, plan.missing, plan.rank) == ((), (Demand(1, "A", 2),), (2, 0, 0, 0, 0))


def test_a_zip_code_is_somewhere_and_other_addresses_are_not():
    place = locate("US", "10003-1234")
    assert place is not None
    assert abs(place.latitude - 40_700_000) < 300_000
    assert locate("US", "000") is None
    assert locate("US", None) is None
    assert locate("GB", "10003") is None
