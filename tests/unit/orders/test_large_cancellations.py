"""Cancelling more lines than one transaction takes: in parts, each once, and never less than was asked in the end."""

from __future__ import annotations

import pytest

from oms.orders.cancelling import LINES_PER_PART
from oms.orders.changing import cancel_order
from oms.orders.model import status
from oms.orders.request import CancellationRequest
from oms.platform.problems import ActionNotAvailable, StaleVersion
from tests.crashes import crash_points
from tests.order_world import World, line

SKUS = [f"SKU-{number:03}" for number in range(2 * LINES_PER_PART + 5)]


def placed() -> World:
    made = World()
    for sku in SKUS:
        made.add_item(sku, {"DC1": 2, "S1": 2})
    made.placed(*[line(sku, 3, 10) for sku in SKUS], external_id="large")
    return made


def sourced() -> World:
    made = placed()
    made.source(made.order_ids()[0])
    return made


@pytest.mark.capability("B1", "D4")
@pytest.mark.parametrize("make", [placed, sourced])
def test_everything_at_once_before_and_after_sourcing(make):
    world = make()
    (order_id,) = world.order_ids()
    assert world.cancel(order_id).body["status"] == "CANCELLED"
    world.check()
    for sku in SKUS:
        assert [(row.reserved, row.allocated) for row in (world.stock(sku, "DC1"), world.stock(sku, "S1"))] == [
            (0, 0)
        ] * 2
    assert world.events(order_id).count("OrderCancelled") == 1
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        world.cancel(order_id, key="another")


@pytest.mark.capability("A1")
@pytest.mark.parametrize("make", [placed, sourced])
def test_a_crash_between_the_parts_is_finished_by_the_repeat(make):
    points = 0
    seed = make()

    def copied() -> World:
        made = World()
        made.database.rows, made.received = seed.tables(), seed.received
        return made

    def step(world: World) -> object:
        return world.cancel(world.order_ids()[0], key="c1")

    for point in crash_points(copied, step, only={"commit"}.__contains__):
        points += 1
        world = point.world
        world.check()
        first = step(world)
        world.check()
        order = world.order(world.order_ids()[0])
        assert status(order).value == "CANCELLED"
        assert sum(cancelled.quantity for cancelled in order.header.cancellations) == 3 * len(SKUS)
        assert step(world) == first or step(world).body == first.body
    assert points == 8  # four parts


def test_a_stale_version_is_refused_before_the_first_part():
    world = placed()
    (order_id,) = world.order_ids()
    world.cancel(order_id, {1: 1})
    call = world.call("cancel_order", "x", "c1", expected_version=1)
    with world.unchanged(), pytest.raises(StaleVersion):
        cancel_order(world.runtime, call, order_id, CancellationRequest(reason="x"))
