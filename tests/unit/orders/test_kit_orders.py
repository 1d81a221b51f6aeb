"""Random lives of random kits: the claims on components are always the exploded units, and no row goes below zero."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.problems import Problem
from oms.sourcing.rerouting import reroute_fulfillment_order
from tests.kits import add_kit
from tests.order_world import TENANT, World, line

PARTS = ("X", "Y", "Z")
NODES = ("DC1", "S1", "S2")
kits = st.dictionaries(st.sampled_from(PARTS), st.integers(1, 3), min_size=1, max_size=3)
stocks = st.dictionaries(st.tuples(st.sampled_from(PARTS), st.sampled_from(NODES)), st.integers(1, 8), min_size=3)
baskets = st.lists(
    st.tuples(st.sampled_from(("K1", "K2", *PARTS)), st.integers(1, 3), st.integers(1, 999)), min_size=1, max_size=3
)
verbs = ("accept", "reject", "pick", "pack", "ship", "close", "reroute", "cancel-response", "cancel", "source")
steps = st.lists(
    st.tuples(st.sampled_from(verbs), st.integers(0, 5), st.integers(0, 3), st.integers(1, 2)), max_size=10
)


def act(world: World, order_ids: list[str], verb: str, which: int, line_no: int, units: int) -> None:
    """One step of somebody, about a piece of work or an order; what is refused changes nothing."""
    order = world.order(order_ids[which % len(order_ids)])
    order_id, lines = order.header.id, {line_no: units} if line_no else None
    if verb == "source":
        world.released(order_id)
        return
    if verb == "cancel":
        world.cancel(order_id, lines)
        return
    if not order.fulfillment_orders:
        return
    work = order.fulfillment_orders[which % len(order.fulfillment_orders)]
    if verb == "reroute":
        reroute_fulfillment_order(world.runtime, TENANT, work.id, ("REJECTED", "TIMED_OUT")[units - 1])
        return
    more: dict[str, Any] = {}
    if verb in ("reject", "close"):
        more["reason"] = ("too_busy", "damaged")[units - 1]
    if verb == "close" and more["reason"] == "damaged" and line_no:
        sku = PARTS[(which + line_no) % 3]
        more["short"] = [{"line_no": line_no, "sku": sku, "quantity": 1}]
    if verb == "cancel-response":
        more["accepted"] = True
    world.act(work.id, verb, lines if verb in ("pick", "pack", "ship") else None, **more)


@pytest.mark.capability("D13", "D4")
@settings(max_examples=100, deadline=None)
@given(
    first=kits,
    second=kits,
    rules=st.tuples(*[st.sampled_from(("reject", "split"))] * 2),
    stock=stocks,
    orders=st.lists(baskets, min_size=1, max_size=3),
    todo=steps,
)
def test_claims_are_the_exploded_units_in_every_life(
    first: dict[str, int],
    second: dict[str, int],
    rules: tuple[str, str],
    stock: dict[tuple[str, str], int],
    orders: list[list[tuple[str, int, int]]],
    todo: list[tuple[str, int, int, int]],
):
    world = World()
    for sku in PARTS:
        world.add_item(sku, {node: units for (one, node), units in stock.items() if one == sku})
    add_kit(world, "K1", first, rules[0])
    add_kit(world, "K2", second, rules[1])
    placed = []
    for wanted in orders:
        with suppress(Problem):
            placed.append(world.placed(*(line(sku, units, price, tax=units) for sku, units, price in wanted)))
        world.check()
    for step in todo if placed else ():
        with suppress(Problem):
            act(world, placed, *step)
        world.check()
    # Whatever is still open is given up: then every unit is back, or has left, or was set aside by somebody.
    for order_id in placed:
        for work in world.order(order_id).fulfillment_orders:
            for verb in ("reject", "close"):
                with suppress(Problem):
                    world.act(work.id, verb, reason="too_busy")
        with suppress(Problem):
            world.cancel(order_id)
        world.check()
    for order_id in placed:
        order = world.order(order_id)
        paid = sum(shipment.amounts.total for shipment in order.shipments)
        whole = all(order.shipped(one.line_no) == one.quantity for one in order.lines)
        assert paid == order.header.totals.total if whole else paid <= order.header.totals.total
    for sku in PARTS:
        for node in {node for one, node in stock if one == sku}:
            row = world.stock(sku, node)
            assert (row.reserved, row.allocated) == (0, 0)
            assert row.available == row.on_hand - row.damaged
