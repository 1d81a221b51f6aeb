"""Instances that are made from a seed: the same each time, complete, and solved validly by the optimiser."""

from __future__ import annotations

from itertools import count

import pytest

from oms.sourcing.solver.batch import EACH, solve_in_turn, solve_together
from oms.sourcing.solver.check import price_plans
from oms.sourcing.solver.instances import read_network, read_orders
from tests.unit.sourcing.test_optimiser import answer_of, value_of
from tools.make_sourcing_instances import FAMILIES, make_instance


@pytest.mark.capability("E5")
@pytest.mark.parametrize(("family", "seed"), [("s_small", n) for n in range(8)] + [("s_typical", n) for n in range(4)])
def test_single_orders_of_other_seeds_are_proven_and_valid(family: str, seed: int):
    instance = make_instance(family, seed)
    answer = answer_of(instance)
    assert answer.proven
    assert value_of(instance, answer) == list(answer.objective)


@pytest.mark.capability("E10")
def test_a_batch_of_another_seed_is_valid_and_cheaper_than_in_turn():
    instance = make_instance("b_small", 4)
    network, orders = read_network(instance), read_orders(instance)
    ticks = count()
    together = solve_together(network, orders, 2.0, clock=lambda: next(ticks) / 1000)
    in_turn = solve_in_turn(network, orders, EACH)
    assert value_of(instance, *together) == [price_plans(network, orders, together).cost]
    assert value_of(instance, *together) < value_of(instance, *in_turn)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"b_5k_100", "b_1k_100", "b_1k_30"}))
def test_a_seed_gives_the_same_instance_of_the_size_of_its_family(family: str):
    instance = make_instance(family, 11)
    assert instance == make_instance(family, 11) != make_instance(family, 12)
    size = FAMILIES[family]
    assert size.nodes[0] <= len(instance["nodes"]) <= size.nodes[1]
    assert len(instance["orders"]) == size.orders
    assert all(1 <= len(order["lines"]) <= size.lines[1] for order in instance["orders"])
