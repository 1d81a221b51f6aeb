"""The search against a program of the same order in whole numbers, on orders too large to try every plan."""

from __future__ import annotations

from math import inf
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver.bound import Offers, dual_ascent
from oms.sourcing.solver.candidates import Problem, compile_order
from oms.sourcing.solver.highs import Highs, Program, highs
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.problem import NOW
from oms.sourcing.solver.search import Search
from tests.unit.sourcing.test_optimiser import ENOUGH, small_instance
from tests.unit.sourcing.test_sets import three_nodes
from tools.make_sourcing_instances import make_instance

LIBRARY = highs()


def program_of(problem: Problem) -> Program:
    """Candidates opened, weight steps billed and units carried, with the rules of one order as rows."""
    costs, upper, whole = list[float](), list[float](), list[bool]()
    rows, limits = list[dict[int, float]](), list[tuple[float, float]]()

    def column(cost: float, most: float, *, counts: bool = True) -> int:
        costs.append(float(cost))
        upper.append(float(most))
        whole.append(counts)
        return len(costs) - 1

    def row(low: float, high: float, entries: dict[int, float]) -> None:
        rows.append(entries)
        limits.append((low, high))

    lines, scale = problem.lines, problem.step_g
    short = [column(cents, line.quantity) for cents, line in zip(problem.short, lines, strict=True)]
    wanted: list[dict[int, float]] = [{column: 1.0} for column in short]
    if problem.order.ship_complete:
        nothing = column(0, 1)
        for line, one in zip(lines, short, strict=True):
            row(0, 0, {one: 1.0, nothing: -float(line.quantity)})
    now, there, units, parcels = ({}, {}, {}, {})  # type: dict, dict, dict, dict
    for candidate in problem.candidates:
        opened, billed = list[int](), dict[int, float]()
        for option in candidate.options:
            y = column(option.fixed, 1)
            steps = column(option.step, 999)
            row(0, inf, {steps: 1.0, y: -1.0})
            row(-inf, 0, {steps: 1.0, y: -999.0})
            opened.append(y)
            billed[steps] = -float(scale)
            parcels.setdefault(candidate.slot, {})[y] = 1.0
        row(-inf, 1, dict.fromkeys(opened, 1.0))
        for number, cents in candidate.lines.items():
            line = lines[number]
            pack = 1 if line.split_ok else line.quantity  # a line that may not be split comes in one piece
            x = column(cents * pack, line.quantity // pack)
            wanted[number][x] = billed[x] = float(pack)
            billed[x] *= problem.weights[number]
            row(-inf, 0, {x: 1.0, **dict.fromkeys(opened, -float(line.quantity // pack))})
            there.setdefault((candidate.slot, line.sku), {})[x] = float(pack)
            if candidate.wave == NOW:
                now.setdefault((candidate.slot, line.sku), {})[x] = float(pack)
            units.setdefault(candidate.slot, {})[x] = float(pack)
        row(-inf, 0, billed)
    for line, entries in zip(lines, wanted, strict=True):
        row(line.quantity, line.quantity, entries)
    for known, pool in ((now, problem.now), (there, problem.whole)):
        for key, entries in known.items():
            row(-inf, pool[key], entries)
    nodes = {candidate.slot: candidate.node for candidate in problem.candidates}
    for slot, node in nodes.items():
        late = column(node.overtime_cents * problem.per_cost, 999)
        row(-inf, node.regular_units, {**units[slot], late: -1.0})
        row(-inf, node.cap_units, units[slot])
        row(-inf, node.cap_shipments, parcels[slot])
    if problem.order.max_shipments is not None:
        row(-inf, problem.order.max_shipments, {y: 1.0 for some in parcels.values() for y in some})
    return Program(costs, upper, limits, rows, len(costs))


def least_of(problem: Problem, library: Highs) -> int:
    program = program_of(problem)
    values, _ = library.solve(program, 60.0)
    return round(sum(cost * round(value) for cost, value in zip(program.costs, values, strict=True)))


@pytest.mark.skipif(LIBRARY is None, reason="HiGHS is not installed")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(3, 9), st.sampled_from([[6, 1, 1], [4, 6, 2], [2, 2, 5], [6, 3]]))
def test_the_search_costs_what_the_program_costs(seed: int, nodes: int, quantities: list[int]):
    instance = small_instance(Random(seed), nodes, quantities)
    instance["objective"] = {"keys": ["cost"]}
    check(compile_order(read_network(instance), read_orders(instance)[0]))


@pytest.mark.skipif(LIBRARY is None, reason="HiGHS is not installed")
@pytest.mark.parametrize("seed", [9003, 9008])
def test_orders_of_many_units_cost_what_their_program_costs(seed: int):
    instance = make_instance("b_100", seed)
    network, some = read_network(instance), read_orders(instance)
    hard = [order for order in some if len(order.lines) > 1 and max(line.quantity for line in order.lines) > 3]
    assert len(hard) > 3
    for order in hard:
        check(compile_order(network, order))


def check(problem: Problem) -> None:
    nothing = sum(short * line.quantity for short, line in zip(problem.short, problem.lines, strict=True))
    search = Search(problem, ENOUGH, perf_counter, nothing, ((),) * len(problem.lines))
    search.run()
    assert search.complete
    assert LIBRARY is not None
    assert search.best == (least_of(problem, LIBRARY) if problem.candidates else nothing)


def test_the_bound_pays_for_every_node_that_a_line_needs():
    instance = three_nodes(9)
    instance["orders"][0] |= {"max_shipments": None, "lines": [instance["orders"][0]["lines"][0] | {"qty": 6}]}
    instance["stock"] = [{**instance["stock"][0], "node": node} for node in ("WIDE", "LEFT", "RIGHT")]
    instance["zones"]["100"] = [1, 2, 1]
    problem = compile_order(read_network(instance), read_orders(instance)[0])
    bound = dual_ascent(offers := Offers(problem, [0]), offers.lists[True], [0], shared=True)
    # Two units from each: LEFT is in zone 2, so that the price must rise beyond what pays for the other two.
    assert bound.rest[0] == (2 * (640 + 2 * 38) + 830 + 2 * 92) * problem.step_g
