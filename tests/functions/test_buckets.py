"""Every bucket of one stock row and the formula of what is available, now and by a day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

BUCKETS = (
    "on_hand",
    "reserved",
    "allocated",
    "safety",
    "damaged",
    "quality_control",
    "blocked",
    "in_transit",
    "future",
    "available",
)


def moved(doors: Doors, kind: str, quantity: int, node_id: str = "DC1") -> Any:
    movement = {"sku": "NEW", "node_id": node_id, "kind": kind, "quantity": quantity, "reason": "count"}
    return doors.api("inventory").post("/v1/inventory/movements", {"movements": [movement]})


def row(doors: Doors, node_id: str = "DC1") -> dict[str, int]:
    (found,) = [
        one for one in doors.api("inventory").get("/v1/inventory/NEW").body["nodes"] if one["node_id"] == node_id
    ]
    return {name: found[name] for name in BUCKETS}


def by(doors: Doors, day: str) -> int:
    read = doors.api("inventory").get(f"/v1/availability?skus=NEW&by={day}")
    return int(read.body["items"][0]["available"])


@pytest.mark.capability("D1", whole=True)
def test_each_bucket_takes_its_units_and_the_rest_is_available(doors: Doors):
    """Available is what is on hand and neither reserved, allocated, kept for safety nor held back."""
    doors.world.add_item("NEW", {})
    for kind, quantity in (
        ("received", 60),
        ("damaged", 1),
        ("inspected", 2),
        ("blocked", 3),
        ("safety_changed", 4),
    ):
        assert moved(doors, kind, quantity).status == 200
    doors.world.received["NEW", "DC1"] = 60
    first = doors.place(document(line("NEW", 5), external_id="o-1"))
    doors.run_order_workflow(first)
    doors.place(document(line("NEW", 6), external_id="o-2"))
    due = {"kind": "purchase_order", "node_id": "DC1"}
    lines = [{"line_no": 1, "sku": "NEW", "quantity": 7, "expected_on": "2026-12-01"}]
    assert doors.api("supply").put("/v1/supply/po-1", {**due, "lines": lines}).status == 201
    full = {
        "on_hand": 60,
        "reserved": 6,
        "allocated": 5,
        "safety": 4,
        "damaged": 1,
        "quality_control": 2,
        "blocked": 3,
        "in_transit": 0,
        "future": 7,
        "available": 39,
    }
    assert row(doors) == full
    assert (by(doors, "2026-11-30"), by(doors, "2026-12-01")) == (39, 46)
    # What happened to units is told even of promised ones, but never of more than there are.
    for kind, quantity in (("damaged", 55), ("inspected", 55), ("blocked", 55)):
        refused = moved(doors, kind, quantity)
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock"), kind
        assert row(doors) == full
    with doors.world.unchanged():
        large = document(line("NEW", 40), external_id="o-3")
        assert doors.api("place_order").post("/v1/orders", large).body["code"] == "out_of_stock"
