"""Plans that orders share: what is solved once is known, and chance never leaves them worse than before."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver import shared
from oms.sourcing.solver.batch import EACH
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.shaking import shake
from oms.sourcing.solver.shared import Plans
from oms.sourcing.solver.shuffle import Shuffle
from tests.unit.sourcing.test_batch import contested, some_orders, value_of


def in_turn(instance: dict) -> Plans:
    plans = Plans(read_network(instance), read_orders(instance), EACH, lambda: 0.0)
    plans.solve_alone()
    for place in range(len(plans.orders)):
        plans.put(place, plans.best(place))
    return plans


@pytest.mark.capability("E10")
def test_chance_finds_that_the_order_that_can_wait_should():
    plans = in_turn(contested())
    assert plans.value([0, 1]) == (640 + 38 + 110 + 830 + 92 + 3 * 400 + 110,)
    assert plans.lost(0) == (0,)
    assert plans.lost(1) == (830 + 92 + 3 * 400 - 640 - 38,)
    ticks = count()
    shake(plans, [plans.made], Shuffle(2), 50.0, lambda: float(next(ticks)))
    assert plans.value([0, 1]) == (640 + 38 + 110 + 830 + 92 + 110,)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_chance_leaves_valid_plans_that_are_no_worse(seed: int, rounds: int):
    instance = some_orders(seed, 5)
    plans = in_turn(instance)
    before, ticks = plans.value(range(5)), count()
    shake(plans, [plans.made], Shuffle(seed), float(rounds), lambda: float(next(ticks)))
    assert plans.value(range(5)) <= before
    assert value_of(instance, *plans.made) == list(plans.value(range(5)))


def test_an_order_is_not_solved_again_where_its_best_plan_is_known(monkeypatch: pytest.MonkeyPatch):
    plans, solved = in_turn(contested()), list[str]()

    def solve(network, order, *_, **__):
        solved.append(order.id)
        return known(network, order, EACH)

    known = shared.solve_order
    monkeypatch.setattr(shared, "solve_order", solve)
    first, second = plans.take(0), plans.take(1)
    assert plans.best(0) == first
    assert plans.best(1).shipments[0].node == "NEAR"
    plans.put(0, first)
    assert plans.best(1) == second
    # This was never left before; but what the second order would have alone is there, and so it is still the best.
    plans.take(0)
    plans.put(0, second._replace(order="CALM"))
    assert plans.best(1).shipments[0].node == "NEAR"
    assert solved == []


def test_a_plan_that_would_now_be_overtime_is_solved_anew():
    instance = contested()
    for node in instance["nodes"]:
        node |= {"regular_units": 1, "overtime_cents": 5000}
    for row in instance["stock"]:
        row["on_hand"] = 2
    plans = in_turn(instance)
    assert [answer.shipments[0].node for answer in plans.made] == ["NEAR", "FAR"]
    plans.take(0)
    plans.take(1)
    assert plans.best(1).shipments[0].node == "NEAR"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_what_is_known_to_be_best_costs_what_solving_anew_finds(seed: int):
    plans, shuffle = in_turn(some_orders(seed, 5)), Shuffle(seed)
    for _ in range(12):
        for place in shuffle.sample(range(5), 3):
            plans.take(place)
            known, anew = plans.best(place), plans.alone(plans.left, place)
            plans.put(place, anew)
            value = plans.value([place])
            plans.take(place)
            plans.put(place, known)
            assert plans.value([place]) == value
