"""Plans that need no search: the same cost as the search finds, and a proof only where there is nothing better."""

from __future__ import annotations

from random import Random
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver.candidates import Problem, compile_order
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.outright import outright
from oms.sourcing.solver.partition import partition
from oms.sourcing.solver.search import Search
from tests.unit.sourcing.test_optimiser import ENOUGH, answer_of, small_instance, value_of
from tests.unit.sourcing.test_sets import three_nodes


def problem_of(instance: dict[str, Any]) -> Problem:
    return compile_order(read_network(instance), read_orders(instance)[0])


def searched(problem: Problem) -> int:
    nothing = sum(short * line.quantity for short, line in zip(problem.short, problem.lines, strict=True))
    search = Search(problem, ENOUGH, perf_counter, nothing, ((),) * len(problem.lines))
    search.run()
    assert search.complete
    return search.best


@pytest.mark.capability("E5")
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 6), st.sampled_from([[1], [2], [4], [6], [1, 1], [2, 1], [1, 3, 1]]))
def test_what_needs_no_search_is_what_the_search_finds(seed: int, nodes: int, quantities: list[int]):
    instance = small_instance(Random(seed), nodes, quantities)
    problem = problem_of(instance)
    cost, fills, proven = outright(problem)
    best = searched(problem)
    assert cost >= best
    if proven:
        assert cost == best
    for line, fill in zip(problem.lines, fills, strict=True):
        assert sum(units for _, units in fill) <= line.quantity
    if len(quantities) == 1:
        assert proven
    answer = answer_of(instance)
    assert list(answer.objective) == value_of(instance, answer)


def test_a_line_that_two_nodes_must_share_is_shared_without_a_search():
    instance = three_nodes(9)
    instance["orders"][0]["lines"] = [instance["orders"][0]["lines"][0] | {"qty": 4}]
    cost, fills, proven = outright(problem_of(instance))
    # WIDE and LEFT have two of A each: two shipments of two steps cost less than two units short.
    assert (cost, fills, proven) == (2 * (640 + 2 * 38), (((0, 2), (1, 2)),), True)


def test_one_shipment_for_all_lines_is_proven_where_two_must_cost_more():
    instance = three_nodes(9)
    instance["orders"][0]["lines"] = instance["orders"][0]["lines"][:2]
    cost, fills, proven = outright(problem_of(instance))
    assert (cost, fills, proven) == (640 + 2 * 38, (((0, 1),), ((0, 1),)), True)


def test_lines_that_no_node_has_together_are_divided_without_a_search():
    cost, fills, proven = outright(problem_of(three_nodes(9)))
    assert (cost, proven) == (2 * 640 + 3 * 38, True)
    assert [sum(units for _, units in fill) for fill in fills] == [1, 1, 1]
    assert len({c for fill in fills for c, _ in fill}) == 2
    assert answer_of(three_nodes(9)).objective == (cost,)


@pytest.mark.parametrize(("most", "cost"), [(2, 2 * 640 + 3 * 38), (1, 640 + 2 * 38 + 3000)])
def test_lines_are_divided_into_no_more_shipments_than_an_order_may_have(most: int, cost: int):
    instance = three_nodes(9)
    instance["orders"][0]["max_shipments"] = most
    best, fills, proven = outright(problem_of(instance))
    assert (best, proven) == (cost, True)
    assert len({c for fill in fills for c, _ in fill}) == most


def test_a_unit_is_not_taken_twice_where_the_best_parts_would_both_take_it():
    instance = three_nodes(9)
    instance["zones"]["100"] = [2, 1, 1]
    rows = [row | {"on_hand": 1} for row in instance["stock"] if (row["node"], row["sku"]) != ("WIDE", "B")]
    instance["stock"] = rows
    line_a, line_b, _ = instance["orders"][0]["lines"]
    instance["orders"][0] |= {"lines": [line_a | {"qty": 2}, line_b], "max_shipments": None}
    # Two shipments of A from LEFT would cost less than one from WIDE, but LEFT has one unit.
    assert partition(problem_of(instance)) is None
    answer = answer_of(instance)
    assert answer.proven
    assert value_of(instance, answer) == [640 + 38 + 640 + 38 + 830 + 92]


def test_an_order_of_too_many_ways_is_left_to_the_search():
    instance = three_nodes(99)
    for row in instance["stock"]:
        row["on_hand"] = 5
    for line in instance["orders"][0]["lines"]:
        line["qty"] = 9
    assert not outright(problem_of(instance))[2]
    assert answer_of(instance).proven


def test_more_units_of_a_line_than_are_put_together_are_left_to_the_search():
    instance = three_nodes(99)
    instance["orders"][0]["lines"] = [instance["orders"][0]["lines"][0] | {"qty": 9}]
    for row in instance["stock"]:
        row["on_hand"] = 5
    assert not outright(problem_of(instance))[2]
    answer = answer_of(instance)
    assert answer.proven
    assert value_of(instance, answer) == [2 * 640 + 9 * 38]
