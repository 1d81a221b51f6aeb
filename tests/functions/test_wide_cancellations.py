"""Cancelling units that lie at more nodes than one transaction can change: in steps, each once."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.quantities import quantities
from oms.registry.store import node_write
from tests.crashes import crash_points
from tests.functions.conftest import Answer
from tests.functions.test_rerouting import act
from tests.order_doors import Doors, doors
from tests.order_nodes import node
from tests.order_world import TENANT, World, document, line, world

__all__ = ["doors", "world"]

NODES = [f"N{number:02d}" for number in range(45)]


def fill(world: World) -> None:
    """45 nodes with one unit each, and three of everything else at one of them."""
    world.database.commit([node_write(TENANT, node(one, "store", 41.0, -74.0)) for one in NODES])
    world.add_item("WIDE", dict.fromkeys(NODES, 1))


def cancel(doors: Doors, order_id: str, key: str | None = None, **body: Any) -> Answer:
    path = f"/v1/orders/{order_id}/cancellations"
    return doors.api("change_orders").post(path, {"reason": "late", **body}, key=key)


def claimed(world: World) -> int:
    rows = [world.stock("WIDE", one) for one in NODES]
    return sum(row.reserved + row.allocated for row in rows)


@pytest.mark.capability("B1")
@pytest.mark.parametrize("sourced", [False, True])
def test_an_order_from_dozens_of_nodes_is_cancelled_whole(doors: Doors, sourced: bool):
    fill(doors.world)
    order_id = doors.place(document(line("WIDE", 45), line("A", 2)))
    if sourced:
        doors.run_order_workflow(order_id)
    answer = cancel(doors, order_id, key="c1")
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    assert claimed(doors.world) == 0
    assert doors.world.events(order_id).count("OrderCancelled") == 1
    with doors.world.unchanged():
        assert cancel(doors, order_id, key="c1").body == answer.body


@pytest.mark.capability("B1")
def test_units_that_are_named_are_cancelled_once_however_many_steps_that_takes(doors: Doors):
    fill(doors.world)
    order_id = doors.place(document(line("WIDE", 45)))
    doors.run_order_workflow(order_id)
    assert cancel(doors, order_id, lines=[{"line_no": 1, "quantity": 43}]).status == 200
    order = doors.world.order(order_id)
    assert quantities(order, order.line(1)) == {"cancelled": 43, "released": 2}
    assert claimed(doors.world) == 2
    with doors.world.unchanged():
        refused = cancel(doors, order_id, lines=[{"line_no": 1, "quantity": 3}])
        assert (refused.status, refused.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("B1")
def test_dozens_of_nodes_are_asked(doors: Doors):
    fill(doors.world)
    order_id = doors.place(document(line("WIDE", 45)))
    for work in doors.run_order_workflow(order_id):
        act(doors, work, "accept")
    answer = cancel(doors, order_id)
    assert (answer.status, answer.body["status"]) == (202, "IN_PROGRESS")
    assert sum(work.asked.get(1, 0) for work in doors.world.order(order_id).fulfillment_orders) == 45
    assert claimed(doors.world) == 45


@pytest.mark.capability("B1", "A1")
@pytest.mark.parametrize("lines", [None, {1: 43}])
def test_a_crash_between_the_steps_is_finished_by_the_repeat(lines: dict[int, int] | None):
    seed = World()
    fill(seed)
    order_id = seed.sourced(line("WIDE", 45))

    def copied() -> World:
        made = World()
        made.database.rows, made.received = seed.tables(), seed.received
        return made

    def step(world: World) -> Any:
        return world.cancel(order_id, lines, key="c1")

    points = 0
    for point in crash_points(copied, step, only={"commit"}.__contains__):
        points += 1
        first = step(point.world)
        point.world.check()
        assert sum(one.quantity for one in point.world.order(order_id).header.cancellations) == (43 if lines else 45)
        assert step(point.world).body == first.body
    assert points >= 6, "three transactions, each before and behind its commit"
