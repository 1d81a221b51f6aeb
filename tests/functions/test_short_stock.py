"""Stock that is lost: work that its node cannot do any more goes to others, what is due last before the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def placed(doors: Doors, sku: str, quantity: int, number: int, *, accepted: bool = False) -> str:
    """An order whose node has heard of it; the later its number, the later its work is due."""
    order_id = doors.place(document(line(sku, quantity), external_id=f"o-{number}"))
    (work,) = doors.run_order_workflow(order_id)
    if accepted:
        assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/accept", {}).status == 200
    doors.world.clock.advance(minutes=1)
    return order_id


def lose(doors: Doors, sku: str, node_id: str, kind: str, quantity: int) -> dict[str, Any]:
    """A movement that is recorded, and the fact of it heard."""
    movement = {"sku": sku, "node_id": node_id, "kind": kind, "quantity": quantity, "reason": "recall"}
    sent = message(f"wms.{node_id}", "RecordMovements", f"m-{doors.world.calls}", movements=[movement])
    doors.world.calls += 1
    assert doors.queue("node_messages", sent) == []
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    fact = next(row for row in reversed(rows) if row["type"] == "StockMoved")
    return {"source": "spine", "detail-type": "StockMoved", "detail": json.loads(str(fact["detail"]))}


def at(doors: Doors, order_id: str) -> list[tuple[str, str]]:
    return [(work.node_id, work.status.value) for work in doors.world.order(order_id).fulfillment_orders]


@pytest.mark.capability("D16", "E8", "E14")
def test_a_count_that_finds_less_moves_what_is_due_last(doors: Doors):
    first, second, third = (placed(doors, "A", 3, n) for n in (1, 2, 3))
    fact = lose(doors, "A", "DC1", "adjusted", -5)
    assert doors.world.stock("A", "DC1").deficit == 4
    assert doors.queue("vacate_nodes", fact) == []
    # Five are left at DC1 for the first; S1 has five, which are not enough for the two others: S2 has the rest.
    assert at(doors, first) == [("DC1", "OPEN")]
    assert at(doors, third) == [("DC1", "REJECTED"), ("S1", "SCHEDULED")]
    assert at(doors, second) == [("DC1", "REJECTED"), ("S2", "SCHEDULED")]
    assert doors.stored_event(third, "FulfillmentOrderWithdrawn")["detail"]["data"]["reason"] == "STOCK_SHORT"
    assert doors.world.stock("A", "DC1").available == 2
    before = dict(doors.world.database.rows)
    assert doors.queue("vacate_nodes", fact) == []
    assert dict(doors.world.database.rows) == before
    doors.world.received["A", "DC1"] -= 5


@pytest.mark.capability("D17", "E8")
def test_blocked_units_are_not_sold_and_a_person_is_told_of_begun_work(doors: Doors):
    doors.world.add_item("D", {"DC1": 4, "S1": 1})
    begun, other = placed(doors, "D", 2, 1, accepted=True), placed(doors, "D", 1, 2)
    fact = lose(doors, "D", "DC1", "blocked", 3)
    assert doors.queue("vacate_nodes", fact) == []
    assert at(doors, other) == [("DC1", "REJECTED"), ("S1", "SCHEDULED")]
    assert at(doors, begun) == [("DC1", "ACCEPTED")]
    assert doors.world.order(begun).fulfillment_orders[0].escalated_reason == "STOCK_SHORT"
    seen = doors.api("inventory").get("/v1/availability?skus=D").body["items"][0]
    assert seen["available"] == 0
    # What comes in covers what was promised first.
    doors.world.receive("D", "DC1", 1)
    with doors.world.unchanged():
        more = [{"sku": "D", "node_id": "DC1", "kind": "damaged", "quantity": 3, "reason": "wet"}]
        assert doors.api("inventory").post("/v1/inventory/movements", {"movements": more}).status == 409


@pytest.mark.capability("D16")
def test_nothing_moves_where_enough_is_left(doors: Doors):
    order_id = placed(doors, "A", 3, 1)
    fact = lose(doors, "A", "DC1", "adjusted", -5)
    with doors.world.unchanged():
        assert doors.queue("vacate_nodes", fact) == []
    assert at(doors, order_id) == [("DC1", "OPEN")]
    doors.world.received["A", "DC1"] -= 5
