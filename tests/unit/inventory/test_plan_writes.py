"""What a plan for one stock row writes: the row it rests on, the ledger line of each fact, and where it stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from oms.inventory.fold import Fact, NotEnough, RowPlan, fold
from oms.inventory.model import BUCKETS, FROM_HELD_BACK, StockRow, effect, movement_effect
from oms.inventory.model import MovementKind as Kind
from oms.inventory.rows import LedgerEntry, feed_key, feed_mark, new_row, open_row
from oms.inventory.writes import StockChanges
from oms.platform.dynamodb import Conflict
from oms.platform.writes import Key, Write
from tests.memory_table import MemoryDatabase

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROW = Key("T#acme#SKU#A", "NODE#n1")


def fact(kind: Kind, quantity: int, *, position: int = 0, source: str | None = "pos", sequence: int | None = 1) -> Fact:
    bucket = "damaged" if kind in FROM_HELD_BACK else None
    return Fact(
        position, "A", "n1", kind, quantity, NOON, f"cause-{position}", source, sequence, f"why-{position}", bucket
    )


def plan(before: StockRow | None, *facts: Fact, history: tuple[LedgerEntry, ...] = ()) -> RowPlan:
    return fold("A", "n1", before, facts, {}, history)


def read(tables: MemoryDatabase) -> StockRow:
    stored = tables.rows["stock", ROW]
    names = (*BUCKETS, "available", "version")
    return StockRow("A", "n1", **{name: int(str(stored[name])) for name in names})


def stocked(on_hand: int, reserved: int = 0) -> MemoryDatabase:
    tables = MemoryDatabase()
    available = on_hand - reserved
    tables.commit([new_row("acme", StockRow("A", "n1", on_hand=on_hand, reserved=reserved, available=available))])
    return tables


def ledger_line(writes: list[Write], movement_id: str) -> list[dict[str, object]]:
    (row,) = [write for write in writes if write.key.sk.startswith("MOVE#")]
    assert row.key == Key("T#acme#MOVES#A#n1", f"MOVE#2026-01-05T12:00:00.000Z#{movement_id}")
    return json.loads(str(row.set["body"]))


def test_every_fact_stands_in_the_ledger_with_all_that_is_known_of_it():
    before = StockRow("A", "n1", on_hand=5, available=5, version=7)
    made = plan(before, fact(Kind.RECEIVED, 2), fact(Kind.DAMAGED, 1, position=1, source="wms", sequence=9))
    assert ledger_line(made.writes("acme", "mov_1"), "mov_1") == [
        {
            "kind": "received",
            "quantity": 2,
            "changes": {"on_hand": 2, "available": 2},
            "at": "2026-01-05T12:00:00.000Z",
            "cause": "cause-0",
            "source": "pos",
            "sequence": 1,
            "reason": "why-0",
        },
        {
            "kind": "damaged",
            "quantity": 1,
            "changes": {"damaged": 1, "available": -1},
            "at": "2026-01-05T12:00:00.000Z",
            "cause": "cause-1",
            "source": "wms",
            "sequence": 9,
            "reason": "why-1",
        },
    ]


def test_a_count_is_written_only_over_the_row_that_it_was_reckoned_from():
    tables = stocked(5)
    writes = plan(read(tables), fact(Kind.COUNTED, 9)).writes("acme", "mov_1")
    tables.commit([open_row("acme", "A", "n1", movement_effect(Kind.RECEIVED, 1))])
    before = dict(tables.rows)
    with pytest.raises(Conflict):
        tables.commit(writes)
    assert tables.rows == before
    tables.commit(plan(read(tables), fact(Kind.COUNTED, 9)).writes("acme", "mov_1"))
    assert (read(tables).on_hand, read(tables).available, read(tables).version) == (9, 9, 3)


def test_a_fact_that_leaves_less_than_committed_holds_the_row_to_its_version():
    tables = stocked(5, reserved=5)
    made = plan(read(tables), fact(Kind.REPORTED, -2))
    assert made.pins == {"version": 1}
    writes = made.writes("acme", "mov_1")
    tables.commit([open_row("acme", "A", "n1", movement_effect(Kind.RECEIVED, 1))])
    with pytest.raises(Conflict):
        tables.commit(writes)
    tables.commit(plan(read(tables), fact(Kind.REPORTED, -2)).writes("acme", "mov_1"))
    assert (read(tables).on_hand, read(tables).available) == (4, -1)


def test_a_first_row_counts_its_versions_from_one():
    tables = MemoryDatabase()
    tables.commit(plan(None, fact(Kind.COUNTED, 6)).writes("acme", "mov_1"))
    assert read(tables) == StockRow("A", "n1", on_hand=6, available=6, version=1)
    with pytest.raises(Conflict):
        tables.commit(plan(None, fact(Kind.COUNTED, 6)).writes("acme", "mov_2"))


@pytest.mark.parametrize(("source", "sequence"), [(None, 4), ("pos", None), (None, None)])
def test_a_fact_without_source_or_number_is_never_a_repeat(source: str | None, sequence: int | None):
    made = plan(None, *(fact(Kind.RECEIVED, 2, position=n, source=source, sequence=sequence) for n in (0, 1)))
    assert (made.result.on_hand, made.marks) == (4, {})


def test_what_moved_in_the_very_moment_of_a_count_is_in_it():
    def moved(at: datetime, kind: Kind = Kind.RECEIVED) -> LedgerEntry:
        return LedgerEntry(kind, 3, {"on_hand": 3}, at, "cause", "wms")

    later = NOON + timedelta(milliseconds=1)
    before = StockRow("A", "n1", on_hand=5, available=5)
    for history, found in ((moved(NOON), 9), (moved(later), 12), (moved(NOON, Kind.COUNTED), 9)):
        assert plan(before, fact(Kind.COUNTED, 9), history=(history,)).result.on_hand == found
    assert plan(before, fact(Kind.COUNTED, 9), history=(moved(later, Kind.COUNTED),)).taken == {}
    # What moved between other buckets is no matter of a count.
    blocked = LedgerEntry(Kind.BLOCKED, 1, {"blocked": 1, "available": -1}, later, "cause", "wms")
    assert plan(before, fact(Kind.COUNTED, 9), history=(blocked,)).result.on_hand == 9


def test_a_shortage_says_where_what_and_how_many():
    with pytest.raises(NotEnough) as refused:
        plan(StockRow("A", "n1", on_hand=5, available=1, allocated=4), fact(Kind.SHIPPED, 6, position=3))
    assert (refused.value.position, refused.value.errors[0].pointer) == (3, "/movements/3/quantity")
    assert refused.value.detail == "A at n1: 2 units too few allocated."
    with pytest.raises(NotEnough) as refused:
        plan(StockRow("A", "n1", on_hand=5, available=5), fact(Kind.SCRAPPED, 7))
    assert "7 units too few damaged" in refused.value.detail


def test_what_leaves_or_is_held_back_stands_in_the_ledger_under_its_own_name():
    changes = StockChanges("acme", movement_id="mov_9", cause="shp_1", at=NOON)
    changes.ship("A", "n1", 2)
    (line,) = ledger_line(changes.writes(), "mov_9")
    assert (line["kind"], line["quantity"], line["cause"]) == ("shipped", 2, "shp_1")
    changes = StockChanges("acme", movement_id="mov_8", cause="ful_1", at=NOON)
    changes.hold_back("A", "n1", 2, kind=Kind.DAMAGED, reason="torn")
    (line,) = ledger_line(changes.writes(), "mov_8")
    assert (line["kind"], line["cause"], line["reason"]) == ("damaged", "ful_1", "torn")


def test_what_one_fact_brings_covers_what_the_next_needs_bucket_by_bucket():
    both = effect({"available": 2, "reserved": 5}, on_hand=-2).then(effect({"available": 3, "safety": 1}, on_hand=-3))
    assert dict(both.needs) == {"available": 5, "reserved": 5, "safety": 1}
    brought = effect(on_hand=4).then(effect({"available": 3}, on_hand=-3))
    assert (dict(brought.needs), dict(brought.changes)) == ({}, {"on_hand": 1, "available": 1})


def test_a_mark_moves_on_only_from_where_it_was_read():
    tables, key = MemoryDatabase(), Key("T#acme#SKU#A", "FEED#n1#pos")
    assert feed_key("acme", "A", "n1", "pos") == key
    tables.commit([feed_mark("acme", "A", "n1", "pos", last=None, now=4)])
    tables.commit([feed_mark("acme", "A", "n1", "pos", last=4, now=9)])
    assert tables.rows["stock", key]["sequence"] == 9
    for last in (None, 4):
        with pytest.raises(Conflict):
            tables.commit([feed_mark("acme", "A", "n1", "pos", last=last, now=12)])
    assert tables.rows["stock", key]["sequence"] == 9
