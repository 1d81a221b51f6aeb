"""Orders weighed against each other: valid whatever happens, never dearer than in turn, close to the best."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sourcing.solver import batch
from oms.sourcing.solver.batch import solve_in_turn, solve_together
from oms.sourcing.solver.check import objective
from oms.sourcing.solver.columns import priced
from oms.sourcing.solver.highs import Highs, highs
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.single import solve_order
from tests.unit.sourcing.test_optimiser import ENOUGH, PUBLIC, small_instance, value_of

LIBRARIES = [pytest.param(None, id="without"), pytest.param(highs(), id="with-highs")]


class Ticks:
    """A clock that moves a millisecond each time it is read, so that every run is the same."""

    def __init__(self) -> None:
        self._ticks = count()

    def __call__(self) -> float:
        return next(self._ticks) / 1000


def some_orders(seed: int, orders: int) -> dict[str, Any]:
    random = Random(seed)
    instance = small_instance(random, 3, [2, 1])
    first = instance["orders"][0]
    instance |= {
        "kind": "batch",
        "orders": [
            {**first, "id": f"O{n}", "zip3": random.choice(["100", "201"]), "promise_day": random.randint(0, 4)}
            for n in range(orders)
        ],
    }
    return instance


def contested() -> dict[str, Any]:
    """One unit each at a near and a far node. The first order to come would take the near one, and so would the second,
    for which the far one is late and dear."""
    instance = some_orders(3, 2)
    line = {
        "id": "L0", "sku": "A", "qty": 1, "dest": "home", "transfer_ok": False, "split_ok": True,
        "eligible_types": None, "exclude_nodes": [], "short_cents": 6000,
    }  # fmt: skip
    node = {
        "type": "dc", "zip3": "200", "ready_day": 0, "inbound_day": None, "shipment_cents": 100, "unit_cents": 10,
        "cap_units": 9, "cap_shipments": 9, "regular_units": 9, "overtime_cents": 0,
    }  # fmt: skip
    instance["objective"] = {"keys": ["cost"]}
    instance["nodes"] = [{"id": "NEAR", **node}, {"id": "FAR", **node}]
    instance["skus"] = {"A": {"weight_g": 400}}
    row = {"sku": "A", "on_hand": 1, "reserved": 0, "safety": 0, "inbound": 0, "opp_cents": 0}
    instance["stock"] = [{"node": name, **row} for name in ("NEAR", "FAR")]
    instance["zones"] = {"100": [1, 2], "201": [1, 2], "200": [1, 1]}
    order = {"zip3": "100", "ship_complete": False, "max_shipments": None, "lines": [line]}
    instance["orders"] = [
        {**order, "id": "CALM", "promise_day": 9, "late_cents_per_day": 50},
        {**order, "id": "HASTY", "promise_day": 1, "late_cents_per_day": 400},
    ]
    return instance


@pytest.mark.capability("E10")
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_order_that_can_wait_leaves_the_near_unit_to_the_one_that_cannot(library: Highs | None):
    instance = contested()
    network, orders = read_network(instance), read_orders(instance)
    in_turn = solve_in_turn(network, orders, ENOUGH)
    assert [answer.shipments[0].node for answer in in_turn] == ["NEAR", "FAR"]
    together = solve_together(network, orders, 3.0, library=library, clock=Ticks())
    assert [answer.shipments[0].node for answer in together] == ["FAR", "NEAR"]
    assert value_of(instance, *together) == [640 + 38 + 110 + 830 + 92 + 110]


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_orders_together_are_valid_and_never_dearer_than_in_turn(library: Highs | None, seed: int):
    instance = some_orders(seed, 4)
    network, orders = read_network(instance), read_orders(instance)
    together = solve_together(network, orders, 0.3, library=library, clock=Ticks())
    value = value_of(instance, *together)
    assert value == list(objective(network, orders, together))
    assert value <= value_of(instance, *solve_in_turn(network, orders, batch.EACH))


def test_what_breaks_a_rule_is_never_given_out(monkeypatch: pytest.MonkeyPatch):
    instance = contested()
    network, orders = read_network(instance), read_orders(instance)
    first = solve_in_turn(network, orders, batch.EACH)
    both_near = [first[0], first[0]._replace(order="HASTY")]
    monkeypatch.setattr(batch, "_attempts", lambda *_: iter([both_near]))
    assert solve_together(network, orders, 1.0, clock=Ticks()) == first


def test_a_library_that_finds_nothing_leaves_the_plans_to_the_exchanges():
    class Useless(Highs):
        def solve(self, *_: object) -> tuple[list[float], list[float]]:
            return [], []

    instance = contested()
    network, orders = read_network(instance), read_orders(instance)
    together = solve_together(network, orders, 3.0, library=Useless(None), clock=Ticks())
    assert value_of(instance, *together) == [640 + 38 + 110 + 830 + 92 + 110]


@pytest.mark.parametrize(("pool", "wave"), [("now", "inbound"), ("inbound", "now")])
def test_an_order_that_pays_for_units_of_one_pool_takes_those_of_the_other(pool: str, wave: str):
    instance = contested()
    near = instance["nodes"][0]["id"]
    instance["nodes"] = [{**node, "inbound_day": node["ready_day"]} for node in instance["nodes"]]
    instance["stock"] = [{**row, "inbound": 1} for row in instance["stock"]]
    network, orders = read_network(instance), read_orders(instance)
    seen = priced(network, {("stock", near, "A", pool): 30})
    row = seen.stock[near, "A"]
    assert (row.opp_cents, row.waiting_cents) == ((30, 0) if pool == "now" else (0, 30))
    (shipment,) = solve_order(seen, orders[0]).shipments
    assert (shipment.node, shipment.wave, [pick.pool for pick in shipment.picks]) == (near, wave, [wave])


def test_without_time_the_plans_are_those_in_turn():
    instance = some_orders(7, 4)
    network, orders = read_network(instance), read_orders(instance)
    assert solve_together(network, orders, 0.0, clock=Ticks()) == solve_in_turn(network, orders, batch.EACH)


@pytest.mark.capability("E10")
@pytest.mark.parametrize("path", sorted(PUBLIC.glob("b_small-*.json")), ids=lambda path: path.stem)
def test_published_batches_come_within_half_a_per_cent(path: Path):
    instance = json.loads(path.read_text())
    network, orders = read_network(instance), read_orders(instance)
    together = solve_together(network, orders, 30.0, clock=Ticks())
    (cost,), (best,) = value_of(instance, *together), instance["best"]["objective"]
    assert best <= cost <= best * 1.005
