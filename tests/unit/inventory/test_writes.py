"""The stock writes: exact amounts, refusals that change nothing, and one formula that always holds."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import BUCKETS, MovementKind, StockRow, effect
from oms.inventory.store import movements_of, rows_of, snapshot
from oms.inventory.writes import StockChanges
from oms.platform.dynamodb import Conflict
from oms.platform.writes import Write
from tests.memory_table import MemoryDatabase
from tests.stock_claims import claim

SKU, NODE, OTHER = "85123A", "dc-1", "store-2"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = NOW.date()


def act(name: str, *arguments: Any, **options: Any) -> list[Write]:
    return claim(name, "t1", SKU, *arguments, **options)


def both(*acts: tuple[Any, ...]) -> list[Write]:
    """Several acts of one transaction."""
    changes = StockChanges("t1", movement_id="mov_both", cause="ord_1", at=NOW)
    for name, *arguments in acts:
        getattr(changes, name)(SKU, *arguments)
    return changes.writes()


def database(**stock: int) -> MemoryDatabase:
    """One SKU with the given units on hand per node (dashes written as underscores)."""
    tables = MemoryDatabase()
    for node_id, units in stock.items():
        tables.commit(act("receive", node_id.replace("_", "-"), units))
    return tables


def row(tables: MemoryDatabase, node_id: str = NODE) -> StockRow:
    return {found.node_id: found for found in rows_of(tables, "t1", SKU)}[node_id]


def test_a_claim_goes_from_reserved_to_allocated_to_gone():
    tables = database(dc_1=10)
    tables.commit(act("reserve", NODE, 4))
    assert row(tables) == StockRow(SKU, NODE, on_hand=10, reserved=4, available=6, version=2, restocked_on=DAY)
    tables.commit(act("allocate", NODE, 3))
    assert row(tables) == StockRow(
        SKU, NODE, on_hand=10, reserved=1, allocated=3, available=6, version=3, restocked_on=DAY
    )
    tables.commit(act("ship", NODE, 2))
    assert row(tables) == StockRow(
        SKU, NODE, on_hand=8, reserved=1, allocated=1, available=6, version=4, restocked_on=DAY
    )
    tables.commit(act("release_allocation", NODE, 1))
    tables.commit(act("release_reservation", NODE, 1))
    assert row(tables) == StockRow(SKU, NODE, on_hand=8, available=8, version=6, restocked_on=DAY)


def test_a_claim_moves_to_another_node_in_one_transaction():
    tables = database(dc_1=5, store_2=5)
    tables.commit(act("reserve", NODE, 2))
    tables.commit(act("move_claim", NODE, OTHER, 2))
    assert row(tables) == StockRow(SKU, NODE, on_hand=5, available=5, version=3, restocked_on=DAY)
    assert row(tables, OTHER) == StockRow(SKU, OTHER, on_hand=5, allocated=2, available=3, version=2, restocked_on=DAY)


def test_a_claim_that_stays_at_its_node_is_allocated_there():
    tables = database(dc_1=2)
    tables.commit(act("reserve", NODE, 2))
    tables.commit(act("move_claim", NODE, NODE, 2))
    assert row(tables) == StockRow(SKU, NODE, on_hand=2, allocated=2, version=3, restocked_on=DAY)


@pytest.mark.parametrize(
    "refused",
    [
        act("reserve", NODE, 4),
        act("reserve", NODE, 3, keep=1),  # one unit must stay for others
        both(("reserve", NODE, 2), ("reserve", NODE, 2)),  # two lines of one SKU are summed
        act("reserve", OTHER, 1),  # no such row
        act("release_reservation", NODE, 2),
        act("allocate", NODE, 2),
        act("allocate_available", NODE, 4),
        act("release_allocation", NODE, 2),
        act("ship", NODE, 2),
        act("move_claim", NODE, OTHER, 1),
        both(("reserve", NODE, 1), ("ship", NODE, 2)),
    ],
)
@pytest.mark.capability("D4")
def test_a_refused_write_changes_nothing(refused: list[Write]):
    tables = database(dc_1=5)
    tables.commit(act("reserve", NODE, 2))
    tables.commit(act("allocate", NODE, 1))
    before = row(tables)
    assert before == StockRow(SKU, NODE, on_hand=5, reserved=1, allocated=1, available=3, version=3, restocked_on=DAY)
    with pytest.raises(Conflict):
        tables.commit(refused)
    assert row(tables) == before
    assert list(snapshot(tables, "t1", [SKU])[SKU]) == [before]


def test_the_same_lines_of_one_sku_are_claimed_together():
    tables = database(dc_1=5)
    tables.commit(both(("reserve", NODE, 2), ("reserve", NODE, 3)))
    assert row(tables) == StockRow(SKU, NODE, on_hand=5, reserved=5, version=2, restocked_on=DAY)


@pytest.mark.capability("D1")
def test_what_was_found_damaged_is_held_back_and_stands_in_the_ledger():
    tables = database(dc_1=5)
    tables.commit(act("allocate_available", NODE, 3))
    held = partial(claim, "hold_back", "t1", SKU, NODE, cause="ful_1", kind=MovementKind.DAMAGED, reason="damaged")
    before = dict(tables.rows)
    with pytest.raises(Conflict):
        tables.commit(held(4))  # more than is allocated
    assert tables.rows == before
    tables.commit(held(2))
    assert row(tables) == StockRow(
        SKU, NODE, on_hand=5, allocated=1, damaged=2, available=2, version=3, restocked_on=DAY
    )
    *_, entry = movements_of(tables, "t1", SKU, NODE)
    assert (entry.kind, entry.quantity, dict(entry.changes)) == ("damaged", 2, {"allocated": -2, "damaged": 2})
    assert (entry.cause, entry.reason, entry.at) == ("ful_1", "damaged", NOW)


def test_safety_stock_covers_promises_before_they_count_as_a_deficit():
    assert StockRow(SKU, NODE, on_hand=5, reserved=4, safety=3, available=-2).deficit == 0
    assert StockRow(SKU, NODE, on_hand=5, reserved=4, blocked=2, available=-1).deficit == 1


def test_what_was_shipped_stands_in_the_ledger():
    tables = database(dc_1=5)
    tables.commit(act("allocate_available", NODE, 2))
    tables.commit(act("ship", NODE, 2, cause="ful_1"))
    assert row(tables) == StockRow(SKU, NODE, on_hand=3, available=3, version=3, restocked_on=DAY)
    *_, entry = movements_of(tables, "t1", SKU, NODE)
    assert (entry.kind, entry.quantity, dict(entry.changes)) == ("shipped", 2, {"on_hand": -2, "allocated": -2})
    assert (entry.cause, entry.at) == ("ful_1", NOW)


def test_stock_rows_of_one_tenant_are_not_seen_by_another():
    assert snapshot(database(dc_1=5), "t2", [SKU]) == {SKU: []}


def test_an_effect_on_an_unknown_bucket_is_a_mistake():
    with pytest.raises(ValueError, match="no such bucket"):
        effect(on_order=1)


units = st.integers(1, 6)
nodes = st.sampled_from([NODE, OTHER])
single = st.sampled_from(
    ["receive", "reserve", "release_reservation", "allocate", "allocate_available", "release_allocation", "ship"]
)
steps = st.one_of(
    st.builds(act, single, nodes, units),
    st.builds(lambda node_id, q, keep: act("reserve", node_id, q, keep=keep), nodes, units, units),
    st.builds(lambda a, b, q: act("move_claim", a, b, q), nodes, nodes, units),
    st.builds(lambda n, q, r: both(("reserve", n, q), ("reserve", n, r)), nodes, units, units),
    st.builds(lambda a, b, q: both(("move_claim", a, b, q), ("move_claim", b, a, q)), nodes, nodes, units),
)


@pytest.mark.capability("D1", "D11")
@given(st.lists(steps, max_size=40))
def test_no_sequence_of_writes_breaks_the_formula_or_promises_what_is_not_there(sequence: list[list[Write]]):
    tables = MemoryDatabase()
    for writes in sequence:
        before = rows_of(tables, "t1", SKU)
        try:
            tables.commit(writes)
        except Conflict:
            assert rows_of(tables, "t1", SKU) == before
        for stock in rows_of(tables, "t1", SKU):
            committed = stock.reserved + stock.allocated
            assert stock.available == stock.on_hand - committed - stock.safety - stock.held_back
            assert all(stock.amount(bucket) >= 0 for bucket in (*BUCKETS, "available"))
            assert stock.deficit == 0
            entries = list(movements_of(tables, "t1", SKU, stock.node_id))
            for bucket in (*BUCKETS, "available"):
                assert stock.amount(bucket) == sum(entry.changes.get(bucket, 0) for entry in entries)


@given(st.lists(steps, max_size=40))
def test_versions_count_every_commit(sequence: list[list[Write]]):
    tables = MemoryDatabase()
    written = {NODE: 0, OTHER: 0}
    for writes in sequence:
        try:
            tables.commit(writes)
        except Conflict:
            continue
        for node_id in {write.key.sk.removeprefix("NODE#") for write in writes if write.key.sk.startswith("NODE#")}:
            written[node_id] += 1
    assert {stock.node_id: stock.version for stock in rows_of(tables, "t1", SKU)} == {
        node_id: count for node_id, count in written.items() if count
    }


def test_units_that_must_stay_behind_are_held_in_the_condition_itself():
    tables = database(dc_1=5)
    with pytest.raises(Conflict):
        tables.commit(act("reserve", NODE, 4, keep=2))
    tables.commit(act("reserve", NODE, 3, keep=2))
    assert row(tables) == StockRow(SKU, NODE, on_hand=5, reserved=3, available=2, version=2, restocked_on=DAY)
