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
    plans.know_alone([plans.alone(plans.network, place) for place in range(len(plans.orders))])
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


def test_an_order_is_solved_once_for_the_same_that_is_left(monkeypatch: pytest.MonkeyPatch):
    plans, solved = in_turn(contested()), list[str]()

    def solve(network, order, *_, **__):
        solved.append(order.id)
        return known(network, order, EACH)

    known = shared.solve_order
    monkeypatch.setattr(shared, "solve_order", solve)
    first, second = plans.take(0), plans.take(1)
    assert plans.best(0) == first
    assert solved == []
    assert plans.best(1).shipments[0].node == "NEAR"
    plans.put(0, first)
    assert plans.best(1) == second
    assert solved == ["HASTY"]
