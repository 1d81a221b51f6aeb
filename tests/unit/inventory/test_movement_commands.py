"""Taking in stock when things go wrong between reading and writing: lost races, a busy store, a half-done call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from oms.inventory.batch import chunks
from oms.inventory.commands import apply_feed, record_movements
from oms.inventory.fold import Fact
from oms.inventory.model import MovementKind, StockRow
from oms.inventory.requests import FeedMessage, Movement
from oms.inventory.store import movements_of, rows_of
from oms.platform.clock import FixedClock
from oms.platform.commands import Call, Runtime
from oms.platform.principal import system_principal
from oms.platform.problems import Busy, OutOfStock
from oms.platform.writes import Item as Stored
from oms.platform.writes import Write
from oms.registry import reads
from oms.registry.model import Item
from oms.registry.store import item_write, node_write
from tests.memory_table import MemoryDatabase
from tests.order_nodes import node
from tests.stock_claims import claim

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = NOW.date()
NODES = [f"n{number}" for number in range(60)]


class Interrupted(MemoryDatabase):
    """Lets a test do something just before a commit, once per entry: another writer's work, or a failure."""

    def __init__(self) -> None:
        super().__init__()
        self.before_commits: list[Callable[[], object] | None] = []

    def commit(self, writes: list[Write]) -> None:
        step = self.before_commits.pop(0) if self.before_commits else None
        if step is not None:
            step()
        super().commit(writes)


class Watched(MemoryDatabase):
    """Counts what it gives out of stock ledgers."""

    read = 0

    def query(self, table: str, pk: str, **more: Any) -> Iterator[Stored]:
        for item in super().query(table, pk, **more):
            self.read += "#MOVES#" in pk
            yield item


@pytest.fixture
def database() -> Interrupted:
    tables = Interrupted()
    for node_id in NODES:
        tables.commit([node_write("t1", node(node_id, "store", 0, 0))])
    tables.commit([item_write("t1", Item(sku="A", description="A", version=1))])
    tables.commits.clear()
    reads.forget()
    yield tables
    reads.forget()


@pytest.fixture
def runtime(database: Interrupted) -> Runtime:
    return Runtime(clock=FixedClock(NOW), database=database, random=Random(1), pause=lambda _: None)


def call(key: str = "k1") -> Call:
    return Call("record_movements", system_principal("t1", "tester"), key, "hash", "c", "request-1")


def movement(node_id: str = "n0", kind: str = "received", quantity: int = 1) -> Movement:
    return Movement(sku="A", node_id=node_id, kind=kind, quantity=quantity, reason="found")


def message(quantity: int, sequence: int = 1, kind: str = "delta") -> tuple[FeedMessage, str]:
    content = {"tenant": "t1", "source": "wms", "sequence": sequence, "kind": kind, "node_id": "n0", "sku": "A"}
    return FeedMessage.model_validate(content | {"quantity": quantity, "as_of": NOW}), f"shard:{sequence}"


def rows(database: MemoryDatabase) -> dict[str, StockRow]:
    return {row.node_id: row for row in rows_of(database, "t1", "A")}


def test_a_shortage_seen_too_late_is_decided_again_from_the_new_row(runtime: Runtime, database: Interrupted):
    record_movements(runtime, call("in"), [movement(quantity=5)])
    database.before_commits = [lambda: MemoryDatabase.commit(database, claim("reserve", "t1", "A", "n0", 4))]
    outcome = record_movements(runtime, call("out"), [movement(kind="adjusted", quantity=-3)])
    assert outcome.body["movements"][0]["deficit"] == 2
    assert rows(database)["n0"] == StockRow("A", "n0", on_hand=2, reserved=4, available=-2, version=3, restocked_on=DAY)


def test_a_count_that_raced_a_shipment_counts_it(runtime: Runtime, database: Interrupted):
    apply_feed(runtime, [message(10)])
    database.commit(claim("allocate_available", "t1", "A", "n0", 2))
    left = claim("ship", "t1", "A", "n0", 2, at=datetime(2026, 3, 9, 12, 1, tzinfo=UTC))
    database.before_commits = [lambda: MemoryDatabase.commit(database, left)]
    assert apply_feed(runtime, [message(10, 2, "snapshot")]) is None
    assert rows(database)["n0"].on_hand == 8


def test_two_first_counts_of_a_row_do_not_overwrite_each_other(runtime: Runtime, database: Interrupted):
    def other_door() -> None:
        record_movements(replace_database(runtime, database), call("other"), [movement(quantity=3)])

    database.before_commits = [other_door]
    assert apply_feed(runtime, [message(10, 1, "snapshot")]) is None
    # What came in by the other door at the instant of the count is part of it.
    row = rows(database)["n0"]
    told_at = "2026-03-09T12:00:00.000Z"
    assert row == StockRow("A", "n0", on_hand=10, available=10, version=2, told_at=told_at, restocked_on=DAY)
    assert sum(entry.changes["on_hand"] for entry in movements_of(database, "t1", "A", "n0")) == 10


@pytest.mark.parametrize("ago", [timedelta(seconds=1), timedelta(days=1), timedelta(days=40)])
def test_a_count_reads_what_has_moved_since_and_nothing_before_it(runtime: Runtime, ago: timedelta):
    """Also where a month or a year has begun in between: the ledger of a row grows for ever."""
    database, now = Watched(), datetime(2027, 1, 1, 0, 0, 30, tzinfo=UTC)
    database.rows.update(runtime.database.rows)
    runtime = Runtime(clock=FixedClock(now), database=database, random=Random(1), pause=lambda _: None)
    for hours in range(1, 201):
        database.commit(claim("receive", "t1", "A", "n0", 1, at=now - ago - timedelta(hours=hours)))
    database.commit(claim("receive", "t1", "A", "n0", 3, at=now - ago / 2))
    told = {"tenant": "t1", "source": "wms", "sequence": 1, "kind": "snapshot", "node_id": "n0", "sku": "A"}
    count = FeedMessage.model_validate(told | {"quantity": 7, "as_of": now - ago})
    assert apply_feed(runtime, [(count, "shard:1")]) is None
    assert (rows(database)["n0"].on_hand, database.read) == (10, 1)


def replace_database(runtime: Runtime, database: Interrupted) -> Runtime:
    """The same runtime for another writer, who is not interrupted."""
    plain = MemoryDatabase()
    plain.rows, plain.commits = database.rows, database.commits
    return Runtime(clock=runtime.clock, database=plain, random=Random(2), pause=lambda _: None)


def test_the_same_messages_applied_by_two_workers_count_once(runtime: Runtime, database: Interrupted):
    other = replace_database(runtime, database)
    database.before_commits = [lambda: apply_feed(other, [message(5, 1), message(2, 2)])]
    assert apply_feed(runtime, [message(5, 1), message(2, 2), message(1, 3)]) is None
    assert rows(database)["n0"].on_hand == 8


def fail() -> None:
    raise Busy()


def test_a_call_in_parts_that_stopped_half_way_goes_on_under_the_same_key(runtime: Runtime, database: Interrupted):
    movements = [movement(node_id, quantity=2) for node_id in NODES]
    database.before_commits = [None, fail]
    with pytest.raises(Busy):
        record_movements(runtime, call(), movements)
    assert {row.on_hand for row in rows(database).values()} == {2}
    assert len(rows(database)) == 44
    outcome = record_movements(runtime, call(), movements)
    assert {node_id: row.on_hand for node_id, row in rows(database).items()} == dict.fromkeys(NODES, 2)
    assert len(outcome.body["movements"]) == 60
    again = record_movements(runtime, call(), movements)
    assert (again.replayed, again.body) == (True, outcome.body)


def test_a_call_in_parts_is_checked_as_a_whole_before_it_begins(runtime: Runtime, database: Interrupted):
    movements = [movement(node_id, quantity=2) for node_id in NODES]
    movements[-1] = movement(NODES[-1], "damaged", 1)
    with pytest.raises(OutOfStock) as refusal:
        record_movements(runtime, call(), movements)
    assert [error.pointer for error in refusal.value.errors] == ["/movements/59/quantity"]
    assert (rows(database), database.commits) == ({}, [])


def test_no_part_is_larger_than_a_transaction_allows(runtime: Runtime, database: Interrupted):
    record_movements(runtime, call(), [movement(node_id) for node_id in NODES])
    assert [len(writes) for writes in database.commits] == [90, 34, 1]


def test_parts_keep_the_order_and_miss_nothing():
    facts = [
        Fact(n, f"S{n % 70}", "n", MovementKind.RECEIVED, 1, NOW, "c", "pos" if n % 3 else None, n) for n in range(500)
    ]
    parts = list(chunks(facts))
    assert [fact for part in parts for fact in part] == facts
    assert all(len(part) <= 150 for part in parts)
    assert len(list(chunks([replace(fact, sku="S", source=None) for fact in facts]))) == 4


def test_a_claim_between_reading_and_writing_is_seen(runtime: Runtime, database: Interrupted):
    record_movements(runtime, call("in"), [movement(quantity=5)])
    database.before_commits = [lambda: MemoryDatabase.commit(database, claim("reserve", "t1", "A", "n0", 4))]
    (recorded,) = record_movements(runtime, call("out"), [movement(kind="damaged", quantity=2)]).body["movements"]
    assert recorded["deficit"] == 1
    assert rows(database)["n0"] == StockRow(
        "A", "n0", on_hand=5, reserved=4, damaged=2, available=-1, version=3, restocked_on=DAY
    )
    with pytest.raises(OutOfStock):
        record_movements(runtime, call("more"), [movement(kind="damaged", quantity=4)])
