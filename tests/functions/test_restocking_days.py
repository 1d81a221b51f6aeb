"""The day that a stock row tells: the last one on which units came in, by whatever way they came."""

from __future__ import annotations

import pytest

from tests.functions.test_rerouting import act, begun
from tests.functions.test_strategies import hold
from tests.functions.test_supply import part, post, put
from tests.intake_doors import Intake, count, intake
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "intake", "world"]


def moved(doors: Doors, kind: str, quantity: int, sku: str = "NEW", node_id: str = "S1", status: int = 200) -> None:
    """A movement of stock, told now."""
    movement = {"sku": sku, "node_id": node_id, "kind": kind, "quantity": quantity, "reason": "count"}
    doors.world.calls += 1
    key = f"move-{doors.world.calls}"
    answer = doors.api("inventory").post("/v1/inventory/movements", {"movements": [movement]}, key=key)
    assert answer.status == status, answer.body
    if status == 200 and kind in ("received", "returned", "adjusted"):
        came_in = doors.world.received
        came_in[sku, node_id] = came_in.get((sku, node_id), 0) + quantity


def counted(doors: Doors, units: int, at: str) -> None:
    """A count of NEW at S1."""
    before = doors.world.stock("NEW", "S1").on_hand
    doors.world.calls += 1
    told = {"sku": "NEW", "node_id": "S1", "quantity": units, "as_of": at, "reason": "count"}
    told |= {"source": "wms", "sequence": doors.world.calls}
    key = f"count-{doors.world.calls}"
    answer = doors.api("inventory").post("/v1/inventory/snapshots", {"snapshots": [told]}, key=key)
    assert answer.status == 200, answer.body
    doors.world.received["NEW", "S1"] += doors.world.stock("NEW", "S1").on_hand - before


def days(doors: Doors, sku: str = "NEW") -> dict[str, str | None]:
    """The day that each node's stock of an item tells."""
    answer = doors.api("inventory").get(f"/v1/inventory/{sku}")
    return {one["node_id"]: one["restocked_on"] for one in answer.body["nodes"]}


@pytest.mark.capability("E2", "D1")
def test_a_row_tells_the_last_day_on_which_its_units_on_hand_rose(doors: Doors):
    doors.world.add_item("NEW", {})
    moved(doors, "expected", 9)
    assert days(doors) == {"S1": None}
    moved(doors, "received", 6)
    assert days(doors) == {"S1": "2026-11-23"}
    doors.world.clock.advance(days=1)
    # What takes units away, or only calls them something else, leaves the day.
    hold(doors, {"id": "s1", "where": {"nodes": ["S1"]}})
    _, work = begun(doors, line("NEW", 2))
    act(doors, work, "ship", lines=[{"line_no": 1, "quantity": 2}])
    for kind in ("damaged", "safety_changed", "expected"):
        moved(doors, kind, 1)
    moved(doors, "adjusted", -1)
    counted(doors, 3, "2026-11-24T12:00:00Z")
    assert days(doors) == {"S1": "2026-11-23"}
    moved(doors, "adjusted", 1)
    assert days(doors) == {"S1": "2026-11-24"}
    doors.world.clock.advance(days=1)
    counted(doors, 8, "2026-11-25T12:00:00Z")
    assert days(doors) == {"S1": "2026-11-25"}
    doors.world.clock.advance(days=1)
    moved(doors, "returned", 1)
    assert days(doors) == {"S1": "2026-11-26"}
    # A count of an earlier day brings units in, and the later day stays.
    counted(doors, 30, "2026-11-25T13:00:00Z")
    assert doors.world.stock("NEW", "S1").on_hand == 31
    assert days(doors) == {"S1": "2026-11-26"}
    doors.world.clock.advance(days=1)
    with doors.world.unchanged():
        moved(doors, "adjusted", -100, status=409)
    assert days(doors) == {"S1": "2026-11-26"}


@pytest.mark.capability("E2", "D7")
def test_a_delivery_of_supply_is_such_a_day_also_where_nothing_of_it_can_be_sold(doors: Doors):
    assert put(doors, "po-1", part(1, "A", 4)).status == 201
    assert days(doors, "A") == {"DC1": "2026-01-05", "S1": "2026-01-05", "S2": "2026-01-05"}
    assert post(doors, "po-1/receipts", lines=[{"line_no": 1, "quantity": 0, "damaged": 1}]).status == 200
    doors.world.received["A", "S1"] += 1
    assert days(doors, "A")["S1"] == "2026-11-23"


@pytest.mark.capability("E2", "O4")
def test_a_file_of_counts_tells_it_by_row(intake: Intake):
    intake.drop(count(units=11), count("S1", units=5), count("S2", units=4))
    intake.until_empty()
    assert days(intake.doors, "A") == {"DC1": "2026-11-23", "S1": "2026-01-05", "S2": "2026-01-05"}
    intake.settle()
