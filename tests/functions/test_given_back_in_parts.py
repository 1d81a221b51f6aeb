"""Partial shipments, a cancellation, returns and goodwill in any order give back exactly what was taken."""

from __future__ import annotations

import random
from typing import Any

import pytest

from oms.orders.model import Order
from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.refund_doors import Refunds

__all__ = ["doors", "world"]


def wanted(chance: random.Random) -> list[dict[str, Any]]:
    """Two lines at odd prices, with odd taxes, a discount and freight."""
    made = []
    for sku in "AB":
        units, price = chance.randint(1, 4), chance.choice([7, 333, 1999])
        freight = chance.choice([0, 51])
        made.append(line(sku, units, price, tax=chance.randint(0, 100), off=chance.choice([0, 1]), freight=freight))
    return made


def left(order: Order) -> dict[int, int]:
    """The units of each line that the customer has."""
    units = {one.line_no: order.shipped(one.line_no) - order.returned(one.line_no) for one in order.lines}
    return {number: count for number, count in units.items() if count}


def shipping_left(order: Order) -> int:
    """What of the shipping was charged and neither returned nor given as goodwill."""
    given = sum(one.goods for refund in order.refunds for one in refund.lines if one.line_no == 0)
    charged = sum(one.shipping for one in order.shipments)
    return charged - sum(one.shipping for one in order.returns) - given


def ship(doors: Doors, work: str, units: dict[int, int]) -> None:
    if units:
        doors.world.act(work, "ship", units)
        doors.world.capture(work)


@pytest.mark.capability("J10", "L3")
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
@pytest.mark.parametrize("seed", [2, 38, 58, 98, 187, 296])
def test_any_sequence_gives_back_what_was_taken(doors: Doors, seed: int, currency: str):
    chance = random.Random(seed)
    shop, people = Refunds(doors), People(doors)
    placed = document(*wanted(chance), postage=chance.choice([0, 499]), currency=currency)
    order_id = doors.place(placed)
    (work,) = doors.run_order_workflow(order_id)
    agreed = {one.line_no: one.quantity for one in doors.world.order(order_id).lines}
    first = {number: chance.randint(0, units) for number, units in agreed.items()}
    ship(doors, work, {number: units for number, units in first.items() if units})
    if chance.random() < 0.5 and first != agreed:
        cancelled = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "customer"})
        assert cancelled.status in (200, 202)
    else:
        ship(doors, work, {no: agreed[no] - units for no, units in first.items() if agreed[no] - units})
    for _ in range(10):
        units = left(doors.world.order(order_id))
        if units and chance.random() < 0.5:
            number = chance.choice(list(units))
            shipping = min(chance.choice([0, 3]), max(0, shipping_left(doors.world.order(order_id))))
            shop.taken_back(order_id, {number: chance.randint(1, units[number])}, shipping=shipping)
        else:
            on = chance.choice(["order", "shipping"])
            assert people.ask("manager", order_id, amount=chance.choice([1, 13]), on=on).status in (201, 409)
    order = doors.world.order(order_id)
    if left(order):
        shop.taken_back(order_id, left(order), shipping=shipping_left(order))
    order = doors.world.order(order_id)
    taken, owed = sum(one.captured for one in order.payments), sum(one.amount for one in order.refunds)
    assert sum(one.refund_pending for one in order.payments) == owed
    # Where all goods came back earlier, shipping that nobody asked for may stay.
    assert owed == taken if not shipping_left(order) else owed < taken
    for one in order.lines:
        back = [part for each in order.returns for part in each.lines if part.line_no == one.line_no]
        delivered = order.shipped(one.line_no)
        assert sum(part.quantity for part in back) == delivered
        if delivered == one.quantity:
            assert sum(part.tax for part in back) == one.agreed.tax
