"""Supply that slips: orders that wait for it are told of another day, once; whoever still has enough hears nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.test_backorders import WAITS
from tests.functions.test_brokering import hold, waiting
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]

EARLY, LATER, LATEST = "2026-12-01", "2026-12-08", "2026-12-15"


def supply(doors: Doors, supply_id: str, units: int, day: str, version: int = 0, sku: str = "NEW") -> dict[str, Any]:
    """Supply is put for DC1; the fact of it as the bus delivers it."""
    lines = [{"line_no": 1, "sku": sku, "quantity": units, "expected_on": day}]
    body = {"kind": "purchase_order", "node_id": "DC1", "lines": lines}
    made = doors.api("supply").put(f"/v1/supply/{supply_id}", body, headers={"if-match": str(version)})
    assert made.status in (200, 201), made.body
    return fact(doors, "SupplyPut")


def fact(doors: Doors, kind: str) -> dict[str, Any]:
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events" and row["type"] == kind]
    return {"source": "spine", "detail-type": kind, "detail": json.loads(str(rows[-1]["detail"]))}


def hear(doors: Doors, event: dict[str, Any]) -> None:
    assert doors.queue("broker_backlog", event) == []


def days(doors: Doors, order_id: str) -> list[tuple[str | None, str | None]]:
    """The day that is expected now and the first one, of each line that waits."""
    shown = [one["backorder"] for one in doors.see(order_id)["lines"] if one["backorder"]]
    return [(one["expected_on"], one["first_expected_on"]) for one in shown]


def told(doors: Doors, order_id: str) -> list[dict[str, Any]]:
    return [row["data"] for row in doors.world.timeline(order_id) if row["event"] == "OrderPromiseChanged"]


@pytest.fixture
def new(doors: Doors) -> Doors:
    """A retailer whose strategy lets orders wait, and an item that nobody has."""
    doors.world.add_item("NEW", {})
    hold(doors, {**WAITS, "where": {"nodes": ["DC1"]}})
    return doors


@pytest.mark.capability("D7")
def test_a_slip_is_told_to_those_whom_it_harms_once(new: Doors):
    supply(new, "po-1", 3, EARLY)
    supply(new, "po-2", 9, LATER)
    first, second = waiting(new, line("NEW", 3)), waiting(new, line("NEW", 2))
    assert (days(new, first), days(new, second)) == ([(EARLY, EARLY)], [(LATER, LATER)])
    slip = supply(new, "po-1", 3, LATEST, 1)
    hear(new, slip)
    # The first takes what comes first now; the second still has enough by its day.
    assert (days(new, first), days(new, second)) == ([(LATER, EARLY)], [(LATER, LATER)])
    assert told(new, first) == [
        {
            "order_id": first,
            "external_id": "o-0",
            "cause": "po-1",
            "lines": [
                {
                    "line_no": 1,
                    "sku": "NEW",
                    "quantity": 3,
                    "expected_before": EARLY,
                    "expected_on": LATER,
                    "first_expected_on": EARLY,
                    "late_days": 7,
                }
            ],
        }
    ]
    assert told(new, second) == []
    with new.world.unchanged():
        hear(new, slip)
        hear(new, {**slip, "detail": {**slip["detail"], "meta": {**slip["detail"]["meta"], "id": "evt-other"}}})


@pytest.mark.capability("D7")
def test_the_first_day_stays_what_lateness_is_measured_against(new: Doors):
    supply(new, "po-1", 3, EARLY)
    order_id = waiting(new, line("NEW", 3))
    for version, day in ((1, LATER), (2, LATEST), (3, EARLY)):
        hear(new, supply(new, "po-1", 3, day, version))
        assert days(new, order_id) == [(day, EARLY)]
    assert [one["lines"][0]["late_days"] for one in told(new, order_id)] == [7, 14, 0]


@pytest.mark.capability("D7")
def test_less_supply_and_supply_that_is_given_up_are_slips_too(new: Doors):
    supply(new, "po-1", 5, EARLY)
    supply(new, "po-2", 2, LATER)
    first, second = waiting(new, line("NEW", 3)), waiting(new, line("NEW", 2))
    hear(new, supply(new, "po-1", 3, EARLY, 1))
    assert (days(new, first), days(new, second)) == ([(EARLY, EARLY)], [(LATER, EARLY)])
    closed = new.api("supply").post("/v1/supply/po-1/close", {"reason": "bankrupt"}, headers={"if-match": "2"})
    assert closed.status == 200
    hear(new, fact(new, "SupplyClosed"))
    assert (days(new, first), days(new, second)) == ([(None, EARLY)], [(None, EARLY)])
    (last,) = told(new, first)
    assert (last["lines"][0]["expected_on"], last["lines"][0]["late_days"]) == (None, None)
    # It is known again.
    hear(new, supply(new, "po-3", 9, LATEST))
    assert (days(new, first), days(new, second)) == ([(LATEST, EARLY)], [(LATEST, EARLY)])


@pytest.mark.capability("D7")
def test_a_slip_that_harms_nobody_tells_nobody(new: Doors):
    supply(new, "po-1", 5, EARLY)
    order_id = waiting(new, line("NEW", 3))
    slip = supply(new, "po-1", 4, EARLY, 1)
    other = supply(new, "po-9", 4, LATER, 0, sku="A")
    with new.world.unchanged():
        hear(new, slip)
        hear(new, other)
    assert (days(new, order_id), told(new, order_id)) == ([(EARLY, EARLY)], [])


@pytest.mark.capability("D7")
def test_two_lines_of_one_item_share_what_comes(new: Doors):
    supply(new, "po-1", 3, EARLY)
    supply(new, "po-2", 9, LATER)
    order_id = waiting(new, line("NEW", 2), line("NEW", 1))
    assert days(new, order_id) == [(EARLY, EARLY), (EARLY, EARLY)]
    hear(new, supply(new, "po-1", 2, EARLY, 1))
    assert days(new, order_id) == [(EARLY, EARLY), (LATER, EARLY)]
    assert [one["line_no"] for one in told(new, order_id)[0]["lines"]] == [2]


@pytest.mark.capability("D7")
def test_an_order_that_changes_meanwhile_is_told_of_what_still_waits(new: Doors):
    supply(new, "po-1", 3, EARLY)
    order_id = waiting(new, line("NEW", 3))
    slip = supply(new, "po-1", 3, LATER, 1)

    def cancel() -> None:
        body = {"reason": "late", "lines": [{"line_no": 1, "quantity": 2}]}
        path = f"/v1/orders/{order_id}/cancellations"
        assert new.api("change_orders").post(path, body).status == 200

    before_commit(new, 1, cancel)
    hear(new, slip)
    calm(new)
    assert days(new, order_id) == [(LATER, EARLY)]
    assert [(one["lines"][0]["quantity"], one["cause"]) for one in told(new, order_id)] == [(1, "po-1")]


@pytest.mark.capability("D7", whole=True)
def test_an_order_sold_from_supply_follows_it_until_it_ships(new: Doors):
    """On hand first, then the earliest day; a slip is told of; what comes in is given to those who wait."""
    new.world.receive("NEW", "DC1", 2)
    supply(new, "po-1", 3, EARLY)
    seen = new.api("inventory").get(f"/v1/availability?skus=NEW&by={EARLY}").body["items"][0]
    assert seen["available"] == 5
    order_id = waiting(new, line("NEW", 4))
    shown = new.see(order_id)["lines"][0]
    assert (shown["quantities"], shown["backorder"]["expected_on"]) == ({"released": 2, "backordered": 2}, EARLY)
    hear(new, supply(new, "po-1", 3, LATER, 1))
    assert days(new, order_id) == [(LATER, EARLY)]
    body = {"lines": [{"line_no": 1, "quantity": 3}]}
    assert new.api("supply").post("/v1/supply/po-1/receipts", body, headers={"if-match": "2"}).status == 200
    new.world.received["NEW", "DC1"] += 3
    hear(new, {"source": "spine", "detail-type": "StockFreed", "detail": {**SKU_FREED}})
    assert days(new, order_id) == []
    assert new.see(order_id)["lines"][0]["quantities"] == {"allocated": 2, "released": 2}


SKU_FREED = {"meta": {"id": "evt-freed", "tenant": "acme"}, "data": {"sku": "NEW"}}
