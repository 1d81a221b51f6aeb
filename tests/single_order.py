"""What tests speak of that have one order: the order, its work, its tender, and one of which some has left."""

from __future__ import annotations

from typing import Any

from oms.payments.model import Payment, State
from tests.order_world import World, line


def the_order(world: World) -> str:
    (order_id,) = world.order_ids()
    return order_id


def the_work(world: World) -> str:
    return world.order(the_order(world)).fulfillment_orders[0].id


def the_payment(world: World) -> Payment:
    return world.order(the_order(world)).payments[0]


def states(world: World) -> list[State]:
    return [payment.state for payment in world.order(the_order(world)).payments]


def shipped(lines: dict[int, int] | None = None, **changes: Any) -> World:
    """Five units at 10.00, of which some have left."""
    made = World()
    (work,) = made.released(made.placed(line("A", 5), **changes))
    made.act(work, "ship", lines)
    return made
