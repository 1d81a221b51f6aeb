"""What posting an order costs in write units, counted from the transactions that are really sent."""

# ruff: noqa: F811 - fixtures are imported by name

from typing import Any

from oms.finance.commands import Books
from tests.unit.finance import world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


def _long_names(order: str) -> dict[str, Any]:
    """Names as long as real ones."""
    return {
        "order_id": f"ord_01J9ZK3M5Q8R2T4V6X8Z0B{order:0>4}",
        "payment_id": f"pay_01J9ZK3M5Q8R2T4V6X8Z0B{order:0>4}",
        "psp_reference": f"pi_3MtwBwLkdIwHu7ix28a3tqP{order:0>4}",
        "capture_id": f"ch_3MmlLrLkdIwHu7ix0snN0B1{order:0>4}",
        "shipment_id": f"shp_01J9ZK3M5Q8R2T4V6X8Z0B{order:0>4}",
        "store": "web-store-0012",
        "channel": "web-shop-united-states",
        "provider": "stripe",
    }


def _order(number: int) -> list[dict[str, Any]]:
    name = str(number)
    return [
        world.authorized(name, 11325, **_long_names(name)),
        world.shipped(name, 11000, shipping=500, tax=825, discount=1000, **_long_names(name)),
        world.captured(name, 11325, **_long_names(name)),
    ]


def test_posting_an_order_costs_at_most_15_write_units_one_by_one(books: Books) -> None:
    world.deliver(books, _order(1))  # opens the day and the lane
    meter = world.WriteMeter(books)
    for event in _order(2):
        assert world.deliver(books, [event]) == []
    assert (meter.transactions, meter.units) == (3, 15)
    assert meter.largest_item <= 1024


def test_posting_orders_in_full_batches_costs_at_most_10_write_units_each(books: Books) -> None:
    world.deliver(books, _order(0))
    meter = world.WriteMeter(books)
    events = [event for number in range(1, 11) for event in _order(number)]
    for start in range(0, len(events), 10):
        assert world.deliver(books, events[start : start + 10]) == []
    assert meter.transactions == 3
    assert meter.units == 96  # for ten orders
    assert len(world.entries_on(books)) == 33
