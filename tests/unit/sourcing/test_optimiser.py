"""The optimiser: as good as trying every plan, within the rules, honest about what it has proven."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver.batch import solve_in_turn
from oms.sourcing.solver.instances import read_network, read_orders, write_solution
from oms.sourcing.solver.problem import Answer, Budget
from oms.sourcing.solver.single import solve_order
from tests.sourcing_rules import best_by_trying_all, objective

PUBLIC = Path(__file__).parents[4] / "shared" / "sourcing" / "instances"
ENOUGH = Budget(search_nodes=10_000_000, seconds=600.0)
SERVICES = [
    ("ground", "home", [0, 640, 830], [0, 38, 92], [0, 1, 4]),
    ("two_day", "home", [0, 1150, 1700], [0, 30, 205], [0, 1, 2]),
    ("transfer", "transfer", [0, 180, 450], [0, 10, 36], [0, 1, 5]),
    ("pickup", "pickup", [0, 0, 0], [0, 0, 0], [0, 0, 0]),
]


def small_instance(random: Random, nodes: int, quantities: list[int]) -> dict[str, Any]:
    """An instance small enough to try every plan, with every feature of the format now and then."""
    names = [f"N{n}" for n in range(nodes)]
    skus = random.choice((["A", "B", "C"], ["A", "A", "B"]))[: len(quantities)]
    lines = [
        {
            "id": f"L{n}",
            "sku": skus[n],
            "qty": quantity,
            "dest": random.choice(["home", "home", *names[:1]]),
            "transfer_ok": random.random() < 0.5,
            "split_ok": random.random() < 0.7,
            "eligible_types": random.choice([None, None, ["dc"]]),
            "exclude_nodes": random.sample(names, random.choice([0, 0, 1])),
            "short_cents": random.choice([300, 1500, 6000]),
        }
        for n, quantity in enumerate(quantities)
    ]
    order = {
        "id": "O1",
        "zip3": "100",
        "promise_day": random.randint(0, 4),
        "late_cents_per_day": random.choice([None, 50, 400]),
        "ship_complete": random.random() < 0.2,
        "max_shipments": random.choice([None, None, 1, 2]),
        "lines": lines,
    }
    return {
        "id": "small-1",
        "kind": "single",
        "objective": {
            "keys": random.choice([["cost"], ["cost"], ["short_units", "cost"], ["short_units", "shipments", "cost"]])
        },
        "rates": {
            "step_g": 500,
            "services": [dict(zip(("id", "kind", "base", "step", "days"), row, strict=True)) for row in SERVICES],
        },
        "nodes": [
            {
                "id": name,
                "type": random.choice(["dc", "store"]),
                "zip3": str(200 + n),
                "ready_day": random.randint(0, 1),
                "inbound_day": random.choice([None, 2]),
                "shipment_cents": random.choice([0, 100, 300]),
                "unit_cents": random.choice([10, 90]),
                "cap_units": random.choice([1, 2, 200]),
                "cap_shipments": random.choice([1, 50]),
                "regular_units": random.choice([0, 1, 100]),
                "overtime_cents": random.choice([0, 40]),
            }
            for n, name in enumerate(names)
        ],
        "skus": {sku: {"weight_g": random.choice([90, 480, 700, 1600])} for sku in sorted(set(skus))},
        "stock": [
            {
                "node": name,
                "sku": sku,
                "on_hand": random.randint(0, 4),
                "reserved": random.choice([0, 0, 1]),
                "safety": 0,
                "inbound": random.choice([0, 0, 2]),
                "opp_cents": random.choice([0, 75]),
            }
            for name in names
            for sku in sorted(set(skus))
            if random.random() < 0.85
        ],
        "zones": {place: [random.randint(1, 2) for _ in names] for place in ["100", *(str(200 + n) for n in range(9))]},
        "orders": [order],
    }


def answer_of(instance: dict[str, Any], budget: Budget = ENOUGH) -> Answer:
    return solve_order(read_network(instance), read_orders(instance)[0], budget)


def value_of(instance: dict[str, Any], *answers: Answer) -> list[int]:
    return objective(instance, write_solution(instance["id"], 0.0, answers))


@pytest.mark.capability("E5")
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([(1, [3]), (2, [2]), (1, [2, 1]), (2, [1, 1]), (3, [1])]))
def test_no_plan_is_better_than_the_one_that_is_proven(seed: int, size: tuple[int, list[int]]):
    instance = small_instance(Random(seed), *size)
    answer = answer_of(instance)
    assert answer.proven
    assert list(answer.objective) == value_of(instance, answer) == best_by_trying_all(instance)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_a_search_that_is_cut_short_gives_a_valid_plan_and_a_true_bound(seed: int, nodes: int):
    instance = small_instance(Random(seed), 6, [2, 3, 1])
    best = answer_of(instance)
    assert best.proven
    cut = answer_of(instance, Budget(search_nodes=nodes, seconds=600.0))
    assert list(cut.objective) == value_of(instance, cut)
    assert cut.objective >= best.objective
    if instance["objective"]["keys"] == ["cost"]:
        assert cut.bound <= best.objective[0] <= cut.objective[0]
    if cut.proven:
        assert cut.objective == best.objective


def test_the_budget_is_measured_on_the_clock_that_is_given():
    instance = small_instance(Random(5), 9, [4, 4, 4])
    instance["orders"][0] |= {"max_shipments": None, "ship_complete": False}
    ticks = iter(range(10**9))
    cut = solve_order(
        read_network(instance), read_orders(instance)[0], Budget(10**9, 1.0), clock=lambda: float(next(ticks))
    )
    assert list(cut.objective) == value_of(instance, cut)


@pytest.mark.capability("E5")
@pytest.mark.parametrize("path", sorted(PUBLIC.glob("s_*.json")), ids=lambda path: path.stem)
def test_the_published_orders_are_solved_to_their_optimum(path: Path):
    instance = json.loads(path.read_text())
    answer = answer_of(instance)
    assert answer.proven
    assert value_of(instance, answer) == instance["best"]["objective"] == list(answer.objective)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_orders_in_turn_never_take_what_those_before_them_have_taken(seed: int):
    random = Random(seed)
    instance = small_instance(random, 3, [2, 3, 1])
    instance["kind"] = "batch"
    first = instance["orders"][0]
    instance["orders"] = [first, {**first, "id": "O2"}, {**first, "id": "O3", "zip3": "201"}]
    answers = solve_in_turn(read_network(instance), read_orders(instance), ENOUGH)
    keys = instance["objective"]["keys"]
    own = [sum(values) for values in zip(*(answer.objective for answer in answers), strict=True)]
    assert value_of(instance, *answers)[: len(keys)] == own
