"""Supply and its buckets: corrected, left out and over-noticed lines add up, and nobody touches what is not theirs."""

from __future__ import annotations

from tests.functions.test_supply import buckets, part, post, put
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]

NOTICE = {"kind": "shipment_notice", "purchase_order": "po-1"}


def test_a_line_of_a_notice_that_is_left_out_gives_back_what_it_drew(doors: Doors):
    put(doors, "po-1", part(1, "A", 10), part(2, "B", 10))
    put(doors, "asn-1", part(1, "A", 6, order_line_no=1), part(2, "B", 1, order_line_no=2), **NOTICE)
    assert buckets(doors, "A", "S1") == (5, 5, 0, 6, 4)
    assert put(doors, "asn-1", part(2, "B", 1, order_line_no=2), version=1, **NOTICE).status == 200
    assert buckets(doors, "A", "S1") == (5, 5, 0, 0, 10)


def test_a_notice_of_too_many_that_is_corrected_counts_nothing_twice(doors: Doors):
    put(doors, "po-1", part(1, "A", 4))
    put(doors, "asn-1", part(1, "A", 5, order_line_no=1), **NOTICE)
    put(doors, "asn-1", part(1, "A", 4, order_line_no=1), version=1, **NOTICE)
    # As if four had been noticed at once.
    assert buckets(doors, "A", "S1") == (5, 5, 0, 4, 0)


def test_units_move_between_lines_of_a_transfer(doors: Doors):
    put(doors, "tr-1", part(1, "A", 5), part(2, "A", 5), kind="transfer", from_node="DC1")
    moved = put(doors, "tr-1", part(1, "A", 6), part(2, "A", 4), kind="transfer", from_node="DC1", version=1)
    assert moved.status == 200, moved.body


def test_a_line_that_is_left_out_keeps_what_has_left(doors: Doors):
    put(doors, "tr-1", part(1, "A", 4), part(2, "B", 1), kind="transfer", from_node="DC1")
    post(doors, "tr-1/dispatch", lines=[{"line_no": 1, "quantity": 3}])
    doors.world.received["A", "DC1"] -= 3
    after = put(doors, "tr-1", part(2, "B", 1), kind="transfer", from_node="DC1", version=2)
    (first, _) = after.body["lines"]
    assert (first["quantity"], first["sent"]) == (3, 3)


def test_a_change_beside_a_delay_is_told_too(doors: Doors):
    put(doors, "po-1", part(1, "A", 4, "2026-11-30"), part(2, "B", 1))
    put(doors, "po-1", part(1, "A", 4, "2026-12-05"), part(2, "B", 70), version=1)
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    assert any("70" in str(row["detail"]) for row in rows if "Supply" in row["type"])


def test_a_token_of_one_node_takes_no_stock_of_another(doors: Doors):
    body = {"kind": "transfer", "node_id": "S1", "from_node": "DC1", "lines": [part(1, "A", 10)]}
    scopes = ("inventory.read", "inventory.write", "node.S1")
    doors.api("supply").put("/v1/supply/tr-1", body, scopes=scopes)
    assert buckets(doors, "A", "DC1")[1] == 10


def test_a_put_does_not_tell_of_supply_of_others(doors: Doors):
    put(doors, "po-1", part(1, "A", 4), node_id="S2")
    body = {"kind": "purchase_order", "node_id": "S1", "lines": [part(1, "A", 1)]}
    answer = doors.api("supply").put("/v1/supply/po-1", body, scopes=("inventory.write", "node.S1"))
    assert "version, 1" not in str(answer.body)
