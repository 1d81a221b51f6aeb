"""Stock on the store bus: what a node says about its own stock is taken in once, beside whatever else is in a batch."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from oms.inventory.model import StockRow
from oms.inventory.store import rows_of
from oms.platform.observability import logger
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def moved(kind: str = "received", quantity: int = 3, **more: Any) -> dict[str, Any]:
    return {"sku": "A", "node_id": "DC1", "kind": kind, "quantity": quantity, **more}


def say(message_id: str, *movements: dict[str, Any], source: str = "wms.DC1") -> dict[str, Any]:
    return message(source, "RecordMovements", message_id, movements=list(movements))


def came_in(doors: Doors, units: int) -> None:
    """Let the check at the end of each test know what the messages have brought to DC1."""
    doors.world.received["A", "DC1"] += units


def row(doors: Doors, node_id: str = "DC1") -> StockRow:
    (found,) = [row for row in rows_of(doors.world.database, TENANT, "A") if row.node_id == node_id]
    return found


@pytest.mark.capability("D2")
def test_movements_are_taken_in_once_however_often_they_are_told(doors: Doors):
    before = row(doors)
    assert (
        doors.queue(
            "node_messages",
            say("1", moved(), moved("damaged", 1, reason="wet")),
            say("1", moved(), moved("damaged", 1, reason="wet")),
        )
        == []
    )
    came_in(doors, 3)
    after = row(doors)
    assert (after.on_hand, after.damaged) == (before.on_hand + 3, before.damaged + 1)
    assert after.available == before.available + 2
    with doors.world.unchanged():
        assert doors.queue("node_messages", say("1", moved(), moved("damaged", 1, reason="wet"))) == []


@pytest.mark.capability("D2")
def test_numbered_messages_that_are_late_or_repeated_under_another_id_change_nothing(doors: Doors):
    before = row(doors)
    for message_id, units, number in (("1", 3, 7), ("2", 3, 7), ("3", 5, 6), ("4", 1, 8)):
        told = say(message_id, moved(quantity=units, source="wms", sequence=number))
        assert doors.queue("node_messages", told) == []
    came_in(doors, 3 + 1)
    assert row(doors).on_hand == before.on_hand + 3 + 1


@pytest.mark.capability("D2")
def test_it_is_the_command_of_the_same_name_over_http(doors: Doors):
    before = row(doors)
    movements = [moved(), moved("blocked", 2, reason="recall")]
    assert doors.queue("node_messages", say("1", *movements)) == []
    by_bus = row(doors)
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": movements}).status == 200
    by_http = row(doors)
    came_in(doors, 3 + 3)
    for bucket in ("on_hand", "blocked", "available"):
        first = by_bus.amount(bucket) - before.amount(bucket)
        assert by_http.amount(bucket) - by_bus.amount(bucket) == first, bucket
    assert (by_bus.on_hand - before.on_hand, by_bus.blocked - before.blocked) == (3, 2)


@pytest.mark.capability("D2")
def test_only_the_bad_messages_of_a_batch_come_again(doors: Doors):
    before, elsewhere = row(doors), row(doors, "S1")
    failed = doors.queue(
        "node_messages",
        say("1", moved(quantity=1)),
        say("2", moved(node_id="S1")),  # the stock of somebody else
        say("3", moved(sku="NONE")),
        say("4", moved("damaged", 10_000, reason="wet")),
        say("5", moved(quantity=0)),
        say("6"),
        say("7", moved(), moved(node_id="S1")),  # all or none
        say("8", moved(quantity=1)),
    )
    came_in(doors, 2)
    assert failed == ["m1", "m2", "m3", "m4", "m5", "m6"]
    assert row(doors).on_hand == before.on_hand + 2
    assert row(doors, "S1") == elsewhere


def test_a_message_with_a_card_number_is_dropped_and_never_logged(doors: Doors):
    said = StringIO()
    logger().registered_handler.setStream(said)
    with doors.world.unchanged():
        assert doors.queue("node_messages", say("1", moved(reason="4242424242424242"))) == []
    assert "a message with a card number was dropped" in said.getvalue()
    assert "4242424242424242" not in said.getvalue()


def count(message_id: str, units: int, number: int, **more: Any) -> dict[str, Any]:
    told = {
        "sku": "A",
        "node_id": "DC1",
        "quantity": units,
        "as_of": "2026-11-23T12:00:00Z",
        "source": "wms",
        "reason": "cycle",
    }
    return message("wms.DC1", "RecordSnapshots", message_id, snapshots=[{**told, "sequence": number, **more}])


@pytest.mark.capability("D2")
def test_a_snapshot_states_what_is_on_hand_and_never_an_older_one(doors: Doors):
    before = row(doors)
    assert doors.queue("node_messages", count("1", 50, 2), count("2", 40, 1), count("3", 50, 2)) == []
    came_in(doors, 50 - before.on_hand)
    assert row(doors).on_hand == 50
    with doors.world.unchanged():
        assert doors.queue("node_messages", count("4", 1, 3, node_id="S1")) == ["m0"]
        assert doors.queue("node_messages", count("5", 1, 3, as_of="2027-11-23T12:00:00Z")) == ["m0"]


@pytest.mark.capability("D2")
def test_a_snapshot_leaves_claims_that_are_newer_than_it(doors: Doors):
    early = (doors.world.clock.now() - timedelta(hours=1)).isoformat()
    before = row(doors)
    doors.place(document(line("A", 5)))
    claimed = row(doors)
    assert claimed.reserved == before.reserved + 5
    told = {"sku": "A", "node_id": "DC1", "quantity": 50, "as_of": early, "source": "wms", "sequence": 1}
    body = {"snapshots": [{**told, "reason": "cycle_count"}]}
    assert doors.api("inventory").post("/v1/inventory/snapshots", body).status == 200
    came_in(doors, row(doors).on_hand - before.on_hand)
    assert row(doors).reserved == claimed.reserved
    assert row(doors).available == row(doors).on_hand - claimed.reserved


@pytest.mark.capability("D2")
def test_a_snapshot_that_is_wrong_is_refused_at_its_field(doors: Doors):
    told = {
        "sku": "NONE",
        "node_id": "DC1",
        "quantity": 1,
        "as_of": "2026-11-23T12:00:00Z",
        "source": "wms",
        "sequence": 1,
    }
    with doors.world.unchanged():
        answer = doors.api("inventory").post("/v1/inventory/snapshots", {"snapshots": [told]})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/snapshots/0/sku")
