"""What the batch says that one more unit of stock is worth, against what it would really save."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.planning import order_line, without_limits
from oms.sourcing.solver.batch import Batch, solve_priced, solve_together
from oms.sourcing.solver.problem import Key, Network, Rates, Service, ServiceKind, SourcingOrder, Stock

COSTS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), min_size=2, max_size=7)


def solved(costs: list[tuple[int, int]], near: int, keys: tuple[Key, ...] = (Key.COST,)) -> Batch:
    """Orders of one unit each, with what a parcel from `near`, of which there are few, and from `far` costs each."""
    zones = [cents for pair in costs for cents in pair]
    service = Service("one", ServiceKind.HOME, tuple(zones), (0,) * len(zones), (0,) * len(zones))
    network = Network(
        keys=keys,
        rates=Rates(step_g=1_000, services=(service,)),
        nodes=(without_limits("near"), without_limits("far")),
        weights={"A": 0},
        stock={("near", "A"): Stock(near, 0, 0), ("far", "A"): Stock(len(costs), 0, 0)},
        zones={str(n): (2 * n, 2 * n + 1) for n in range(len(costs))},
    )
    lines = (order_line("A", 1, split=True)._replace(short_cents=10**9),)
    orders = [SourcingOrder(str(n), str(n), 0, None, False, None, lines) for n in range(len(costs))]
    ticks = iter(range(10**9))
    batch = solve_priced(network, orders, 0.3, clock=lambda: next(ticks) / 1_000)
    again = iter(range(10**9))
    assert solve_together(network, orders, 0.3, clock=lambda: next(again) / 1_000) == batch.answers
    return batch


@pytest.mark.capability("E10")
@settings(max_examples=40, deadline=None)
@given(costs=COSTS, near=st.integers(1, 6))
def test_a_price_is_what_one_more_unit_would_save(costs: list[tuple[int, int]], near: int):
    saved = sorted((max(0, far - close) for close, far in costs), reverse=True)
    one_more = saved[near] if near < len(saved) else 0
    assert solved(costs, near).prices.get(("near", "A"), 0) == one_more


@pytest.mark.capability("E10")
def test_of_several_units_the_price_is_that_of_the_next_one():
    costs = [(100, 3_900), (100, 2_000), (100, 900)]
    assert [solved(costs, near).prices for near in (1, 2, 3)] == [{("near", "A"): 1_900}, {("near", "A"): 800}, {}]
    assert solved(costs, 1, (Key.SHORT_UNITS, Key.COST)).prices == {}
