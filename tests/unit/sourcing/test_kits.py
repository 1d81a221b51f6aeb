"""Kits against brute force: never more of a component than there is, and no unit left out that could be had."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory.kits import kit_rows
from oms.inventory.model import Claimable, StockRow
from oms.orders.kits import PartOf
from oms.platform.geo import Place
from oms.registry.kits import Component, exploded, kits_in
from oms.registry.model import Item, ItemKind
from oms.sourcing.model import Allotment, Demand, Plan, Source, claims_of
from oms.sourcing.planning import source
from oms.sourcing.works import fitting

NODES = ("N1", "N2", "N3")
PARTS = "ABC"
kits = st.dictionaries(st.sampled_from(PARTS), st.integers(1, 3), min_size=1, max_size=3)
stocks = st.dictionaries(st.tuples(st.sampled_from(PARTS), st.sampled_from(NODES)), st.integers(0, 5))
lines = st.lists(st.tuples(st.sampled_from(["K1", "K2", *PARTS]), st.integers(1, 3)), min_size=1, max_size=4)


def made_of(parts: dict[str, int]) -> tuple[Component, ...]:
    return tuple(Component(sku=sku, quantity=units) for sku, units in sorted(parts.items()))


def planned(demands: list[Demand], stock: dict[tuple[str, str], int]) -> Plan:
    sources = [Source(node, Place(40_000_000 + number, -74_000_000)) for number, node in enumerate(NODES)]
    return source(demands, sources, {place: units for place, units in stock.items() if units}, None)


def demands_of(wanted: list[tuple[str, int]], catalogue: dict[str, dict[str, int]]) -> list[Demand]:
    return [
        Demand(number, sku, units, made_of(catalogue.get(sku, {})))
        for number, (sku, units) in enumerate(wanted, start=1)
    ]


def fewest_missing(demands: list[Demand], stock: dict[tuple[str, str], int]) -> int:
    """How many units stay without a node at best, by trying every way to give the units to nodes."""

    @cache
    def best(number: int, left: tuple[tuple[tuple[str, str], int], ...]) -> int:
        if number == len(demands):
            return 0
        demand, found = demands[number], 10**9
        for shares in product(range(demand.quantity + 1), repeat=len(NODES)):
            if sum(shares) > demand.quantity:
                continue
            after: dict[Any, int] = dict(left)
            for node, units in zip(NODES, shares, strict=True):
                for sku, count in exploded(demand.sku, demand.components, units).items():
                    after[sku, node] = after.get((sku, node), 0) - count
            if min(after.values(), default=0) >= 0:
                found = min(found, demand.quantity - sum(shares) + best(number + 1, tuple(sorted(after.items()))))
        return found

    return best(0, tuple(sorted(stock.items())))


@pytest.mark.capability("D13")
@given(parts=kits, stock=stocks)
def test_a_node_has_as_many_kits_as_can_be_put_together(parts: dict[str, int], stock: dict[tuple[str, str], int]):
    kit = Item(sku="K", description="", kind=ItemKind.KIT, components=made_of(parts), when_short="reject", version=1)
    rows = {
        sku: [StockRow(sku, n, available=u) for (one, n), u in sorted(stock.items()) if one == sku] for sku in PARTS
    }
    counted = {row.node_id: row.available for row in kit_rows(kit, rows)}
    for node in NODES:
        together = 0
        while all(units * (together + 1) <= stock.get((sku, node), 0) for sku, units in parts.items()):
            together += 1
        assert counted.get(node, 0) == together
        assert kits_in(kit.components, {sku: stock.get((sku, node), 0) for sku in PARTS}) == together


@pytest.mark.capability("D13", "D4")
@settings(max_examples=200, deadline=None)
@given(wanted=lines, first=kits, second=kits, stock=stocks)
def test_a_plan_takes_no_more_than_there_is_and_leaves_out_nothing_that_could_be_had(
    wanted: list[tuple[str, int]], first: dict[str, int], second: dict[str, int], stock: dict[tuple[str, str], int]
):
    demands = demands_of(wanted, {"K1": first, "K2": second})
    plan = planned(demands, stock)
    taken: dict[tuple[str, str], int] = {}
    for one in plan.allotments:
        for sku, units in exploded(one.sku, one.components, one.quantity).items():
            taken[sku, one.node_id] = taken.get((sku, one.node_id), 0) + units
    assert plan.claims == taken
    assert all(units <= stock.get(place, 0) for place, units in taken.items())
    for demand in demands:
        given = sum(one.quantity for one in plan.allotments if one.line_no == demand.line_no)
        lacking = sum(one.quantity for one in plan.missing if one.line_no == demand.line_no)
        assert given + lacking == demand.quantity
    missing = sum(one.quantity for one in plan.missing)
    assert missing >= fewest_missing(demands, stock)
    if plan.proven:
        assert missing == fewest_missing(demands, stock)


def test_lines_that_share_a_component_are_planned_together():
    # Two kits and an A take three A, and N1 has two: the kits come from N1 and the A from N2, or the other way round.
    demands = demands_of([("K1", 2), ("A", 1)], {"K1": {"A": 1, "B": 1}})
    stock = {("A", "N1"): 2, ("B", "N1"): 2, ("A", "N2"): 1}
    plan = planned(demands, stock)
    assert (plan.missing, plan.shipments, plan.proven) == ((), 2, True)
    assert plan.claims == stock
    # With one A more at N1 one node is enough.
    plan = planned(demands, stock | {("A", "N1"): 3})
    assert plan.claims == {("A", "N1"): 3, ("B", "N1"): 2}


def test_whoever_needs_the_scarce_component_gets_it():
    # K1 can only be had at N1, which the plain A must leave alone although it comes first.
    demands = demands_of([("A", 2), ("K1", 1)], {"K1": {"A": 2, "B": 1}})
    plan = planned(demands, {("A", "N1"): 2, ("B", "N1"): 1, ("A", "N3"): 2})
    assert plan.missing == ()
    assert plan.claims == {("A", "N1"): 2, ("B", "N1"): 1, ("A", "N3"): 2}


def test_many_units_of_lines_that_share_a_component_are_planned_at_once():
    demands = demands_of([("K1", 500), ("A", 700)], {"K1": {"A": 2, "B": 1}})
    stock = {("A", node): 600 for node in NODES} | {("B", node): 400 for node in NODES}
    plan = planned(demands, stock)
    assert plan.missing == ()
    assert all(units <= stock[place] for place, units in plan.claims.items())


def test_a_transaction_holds_the_rows_of_all_components():
    allotments = [
        Allotment(1, "K", "N1", 1, made_of({"A": 1, "B": 1, "C": 1})),
        Allotment(2, "A", "N1", 2),
    ]
    assert claims_of(allotments) == {("A", "N1"): 3, ("B", "N1"): 1, ("C", "N1"): 1}
    # Three rows and one node are eight writes; with 38 rows that get units back there is no room for the B and the C.
    assert fitting(Claimable({}), allotments, 37) == 2
    assert fitting(Claimable({}), allotments, 38) == 0


def split_kit(line_no: int, first: int, units: int, parts: dict[str, int]) -> list[Demand]:
    """The demands of a kit that may be split: its components, numbered from `first` on."""
    return [
        Demand(
            number,
            sku,
            each * units,
            part_of=PartOf(line_no=line_no, sku=f"K{line_no}", each=each, parts=len(parts)),
        )
        for number, (sku, each) in enumerate(sorted(parts.items()), start=first)
    ]


@pytest.mark.capability("D13", "E4")
@settings(max_examples=150, deadline=None)
@given(parts=kits, units=st.integers(1, 3), other=st.integers(0, 2), stock=stocks)
def test_a_kit_that_may_be_split_goes_whole_where_it_can_and_else_leaves_nothing_out(
    parts: dict[str, int], units: int, other: int, stock: dict[tuple[str, str], int]
):
    demands = [*([Demand(2, "A", other)] if other else []), *split_kit(1, 3, units, parts)]
    plan = planned(demands, stock)
    assert all(count <= stock.get(place, 0) for place, count in plan.claims.items())
    for demand in demands:
        there = [one.quantity for one in (*plan.allotments, *plan.missing) if one.line_no == demand.line_no]
        assert sum(there) == demand.quantity
    whole = [*([Demand(2, "A", other)] if other else []), Demand(1, "K1", units, made_of(parts))]
    if not plan.proven:
        return
    if fewest_missing(whole, stock) == 0:
        # Somebody has each of the kits whole: then every node gives all of the components or none.
        given = {
            node: {one.sku: one.quantity for one in plan.allotments if one.node_id == node and one.line_no > 2}
            for node in NODES
        }
        for units_of in given.values():
            assert len({units_of.get(sku, 0) / each for sku, each in parts.items()}) == 1
        assert plan.missing == ()
    else:
        assert sum(one.quantity for one in plan.missing) == fewest_missing(demands, stock)


def test_only_the_kits_that_no_node_has_whole_are_taken_apart():
    first, second = split_kit(1, 3, 1, {"A": 1, "B": 1}), split_kit(2, 5, 1, {"B": 1, "C": 1})
    stock = {("A", "N1"): 1, ("B", "N1"): 1, ("B", "N2"): 1, ("C", "N3"): 1}
    plan = planned([*first, *second], stock)
    assert [(one.line_no, one.sku, one.node_id) for one in plan.allotments] == [
        (3, "A", "N1"),
        (4, "B", "N1"),
        (5, "B", "N2"),
        (6, "C", "N3"),
    ]
    # Components that do not make up whole kits are planned one by one.
    assert planned(first[:1], stock).claims == {("A", "N1"): 1}
