"""What is asked of an order costs in proportion to its lines: real orders have more than seven hundred."""

import time
from dataclasses import replace

from oms.fulfillment.model import Shipment, ShippedLine, Status, WorkLine
from oms.orders.model import Order
from oms.orders.views import summary, view
from tests.order_world import World, line, world

__all__ = ["world"]

LINES = 705
PARCEL = 40
LONGEST_SECONDS = 1.0


def long_order(world: World) -> Order:
    """An order of 705 lines, each of 2 units, that has left in parcels of 40 lines."""
    small = world.order(world.sourced(line("A", 2)))
    (work,) = small.fulfillment_orders
    lines = tuple(small.lines[0].model_copy(update={"line_no": number}) for number in range(1, LINES + 1))
    works, shipments = [], []
    for first in range(1, LINES + 1, PARCEL):
        numbers = range(first, min(first + PARCEL, LINES + 1))
        parts = tuple(WorkLine(line_no=n, sku="A", quantity=2, picked=2, packed=2, shipped=2) for n in numbers)
        works.append(work.model_copy(update={"id": f"ful_{first}", "status": Status.COMPLETED, "lines": parts}))
        shipments.append(
            Shipment(
                id=f"shp_{first}",
                order_id=small.header.id,
                fulfillment_order_id=f"ful_{first}",
                node_id=work.node_id,
                mode="ship",
                lines=tuple(ShippedLine(line_no=n, sku="A", quantity=2) for n in numbers),
                shipped_at=small.header.placed_at,
                goods=0,
                discount=0,
                shipping=0,
                tax=0,
            )
        )
    return replace(small, lines=lines, fulfillment_orders=tuple(works), shipments=tuple(shipments))


def test_a_long_order_is_shown_within_a_second(world: World) -> None:
    order = long_order(world)
    began = time.process_time()
    short, whole = summary(order), view(order)
    assert time.process_time() - began < LONGEST_SECONDS
    assert (short.status, short.available_actions) == ("COMPLETED", [])
    assert [each.quantities for each in whole.lines] == [{"shipped": 2}] * LINES


def test_the_same_order_half_gone_is_not_over(world: World) -> None:
    order = long_order(world)
    half = replace(order, shipments=order.shipments[:9])
    assert summary(half).status == "IN_PROGRESS"
    assert (half.shipped(9 * PARCEL), half.shipped(9 * PARCEL + 1)) == (2, 0)
