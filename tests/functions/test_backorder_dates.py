"""Backorders from the movement to the allocation, and the day that customers are told, kept current."""

from __future__ import annotations

from typing import Any

import pytest

from oms.inventory.rows import stock_key
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_brokering import broker, hold, waiting
from tests.functions.test_slips import EARLY, LATER, days, supply, told
from tests.functions.test_stock_levels import follow, record
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def new(doors: Doors) -> Doors:
    """A retailer whose customers wait, gold ones first, for an item that nobody has."""
    doors.world.add_item("NEW", {})
    hold(doors, {**WAITS, "cancel_after_days": 60, "where": {"nodes": ["DC1"]}}, priority={"tiers": {"gold": 1}})
    return doors


def receive(doors: Doors, units: int) -> dict[str, Any]:
    """Units are received over HTTP, the stream of stock tells of the row, and the fact of it comes off the bus."""
    before = doors.world.database.rows.get(("stock", stock_key(TENANT, "NEW", "DC1")), {}).get("available", 0)
    movement = {"sku": "NEW", "node_id": "DC1", "kind": "received", "quantity": units, "reason": "delivery"}
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": [movement]}).status == 200
    doors.world.received["NEW", "DC1"] = doors.world.received.get(("NEW", "DC1"), 0) + units
    known = len(doors.told("StockFreed"))
    assert follow(doors, record("NEW", "DC1", known + 1, int(str(before)), int(str(before)) + units)) == []
    (freed,) = doors.told("StockFreed")[known:]
    return freed


@pytest.mark.capability("I3", whole=True)
def test_a_receipt_releases_by_priority_then_age_without_a_round_and_the_day_stays_current(new: Doors):
    supply(new, "po-1", 2, EARLY)
    supply(new, "po-2", 9, LATER)
    old, young = waiting(new, line("NEW", 2)), waiting(new, line("NEW", 1))
    gold = waiting(new, line("NEW", 1), customer={"tier": "gold"})
    assert [days(new, one) for one in (old, young, gold)] == [
        [(EARLY, EARLY)],
        [(LATER, LATER)],
        [(LATER, LATER)],
    ]
    # Three units come on no paper: gold first, then who has waited longest; nobody asked for a round.
    assert new.queue("broker_backlog", receive(new, 3)) == []
    assert [states(new, one) for one in (old, young, gold)] == [{"allocated": 2}, {"backordered": 1}, {"allocated": 1}]
    assert (new.world.stock("NEW", "DC1").allocated, new.world.stock("NEW", "DC1").available) == (3, 0)
    # Whoever is left comes first now, and is told the sooner day.
    assert days(new, young) == [(EARLY, LATER)]
    (fact,) = told(new, young)
    assert (fact["cause"], fact["lines"][0]["expected_before"], fact["lines"][0]["late_days"]) == ("queue", LATER, -7)
    # The same word again changes nothing.
    with new.world.unchanged():
        assert new.queue("broker_backlog", new.told("StockFreed")[-1]) == []


@pytest.mark.capability("I3")
def test_a_day_that_passed_without_a_delivery_is_told_as_another_day(new: Doors):
    supply(new, "po-1", 1, EARLY)
    supply(new, "po-2", 1, LATER)
    order_id = waiting(new, line("NEW", 1))
    with new.world.unchanged():
        broker(new)
    new.world.clock.advance(days=9)
    broker(new)
    assert days(new, order_id) == [(LATER, EARLY)]
    assert [(one["cause"], one["lines"][0]["late_days"]) for one in told(new, order_id)] == [("queue", 7)]
    with new.world.unchanged():
        broker(new)


@pytest.mark.capability("I3", "C5")
def test_who_cancels_before_others_lets_them_have_it_sooner(new: Doors):
    supply(new, "po-1", 1, EARLY)
    supply(new, "po-2", 1, LATER)
    first, second = waiting(new, line("NEW", 1)), waiting(new, line("NEW", 1))
    path = f"/v1/orders/{first}/cancellations"
    assert new.api("change_orders").post(path, {"reason": "changed mind"}).status == 200
    broker(new)
    assert (days(new, second), new.see(first)["status"]) == ([(EARLY, LATER)], "CANCELLED")
    assert new.place(document(line("A", 1), external_id="later"))
