"""Folding facts of one stock row: repeats, late messages, counts, shortages; folding changes no meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.fold import Fact, NotEnough, RowPlan, fold
from oms.inventory.model import BUCKETS, FROM_HELD_BACK, HELD_BACK, StockRow
from oms.inventory.model import MovementKind as Kind
from oms.inventory.rows import LedgerEntry

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def fact(
    kind: Kind,
    quantity: int,
    *,
    position: int = 0,
    source: str | None = "pos",
    sequence: int | None = None,
    minute: int = 0,
):
    at, bucket = NOON + timedelta(minutes=minute), "damaged" if kind in FROM_HELD_BACK else None
    return Fact(position, "A", "n1", kind, quantity, at, "cause", source, sequence, bucket=bucket)


def stock(**amounts: int) -> StockRow:
    taken = sum(amounts.get(name, 0) for name in ("reserved", "allocated", "safety", *HELD_BACK))
    return StockRow("A", "n1", **amounts, available=amounts.get("on_hand", 0) - taken, version=7)


def plan(before: StockRow | None, facts: list[Fact], marks: dict | None = None, history: list | None = None) -> RowPlan:
    numbered = [
        Fact(position, f.sku, f.node_id, f.kind, f.quantity, f.at, f.cause, f.source, f.sequence, bucket=f.bucket)
        for position, f in enumerate(facts)
    ]
    return fold("A", "n1", before, numbered, marks or {}, history or [])


def test_repeated_and_late_messages_change_nothing():
    made = plan(
        stock(on_hand=5),
        [
            fact(Kind.REPORTED, 2, sequence=10),  # late: 10 was seen
            fact(Kind.REPORTED, 3, sequence=12),
            fact(Kind.REPORTED, 3, sequence=12),  # repeated within the batch
            fact(Kind.REPORTED, 7, sequence=11),  # late within the batch
            fact(Kind.REPORTED, 1, sequence=1, source="wms"),  # another source counts for itself
        ],
        marks={"pos": 10},
    )
    assert list(made.taken) == [1, 4]
    assert made.marks == {"pos": (10, 12), "wms": (None, 1)}
    assert made.result.on_hand == 9
    assert made.pins == {}


def test_only_repeats_leave_nothing_to_write():
    made = plan(stock(on_hand=5), [fact(Kind.REPORTED, 2, sequence=3)], marks={"pos": 3})
    assert made.writes("t1", "mov_1") == []


def test_many_messages_of_a_row_are_one_change_and_one_ledger_line():
    made = plan(None, [fact(Kind.REPORTED, 1, sequence=n) for n in range(1, 51)])
    writes = made.writes("t1", "mov_1")
    assert len(writes) == 3
    assert writes[0].add == {
        "on_hand": 50,
        "reserved": 0,
        "allocated": 0,
        "safety": 0,
        "damaged": 0,
        "quality_control": 0,
        "blocked": 0,
        "in_transit": 0,
        "future": 0,
        "available": 50,
        "version": 1,
    }


def test_what_comes_in_first_covers_what_goes_out_after_it():
    made = plan(None, [fact(Kind.RECEIVED, 5, source=None), fact(Kind.DAMAGED, 3, source=None)])
    assert dict(made.effect.needs) == {}
    assert (made.result.on_hand, made.result.damaged, made.result.available) == (5, 3, 2)
    with pytest.raises(NotEnough) as refusal:
        plan(None, [fact(Kind.DAMAGED, 3, source=None), fact(Kind.RECEIVED, 5, source=None)])
    assert refusal.value.position == 0
    assert refusal.value.errors[0].pointer == "/movements/0/quantity"


@pytest.mark.parametrize(
    ("kind", "quantity", "after"),
    [
        (Kind.RECEIVED, 2, {"on_hand": 12, "available": 5}),
        (Kind.RETURNED, 2, {"on_hand": 12, "available": 5}),
        (Kind.ADJUSTED, 2, {"on_hand": 12, "available": 5}),
        (Kind.ADJUSTED, -2, {"on_hand": 8, "available": 1}),
        (Kind.DAMAGED, 2, {"damaged": 5, "available": 1}),
        (Kind.INSPECTED, 2, {"quality_control": 2, "available": 1}),
        (Kind.BLOCKED, 2, {"blocked": 2, "available": 1}),
        (Kind.RESTORED, 2, {"damaged": 1, "available": 5}),
        (Kind.SCRAPPED, 2, {"on_hand": 8, "damaged": 1}),
        (Kind.EXPECTED, 2, {"future": 3}),
        (Kind.EXPECTED, -1, {"future": 0}),
        (Kind.DISPATCHED, 2, {"in_transit": 4}),
        (Kind.DISPATCHED, -2, {"in_transit": 0}),
        (Kind.SAFETY_CHANGED, 2, {"safety": 3, "available": 1}),
        (Kind.SAFETY_CHANGED, -1, {"safety": 0, "available": 4}),
    ],
)
def test_what_each_kind_does(kind: Kind, quantity: int, after: dict[str, int]):
    before = stock(on_hand=10, reserved=2, allocated=1, safety=1, damaged=3, future=1, in_transit=2)
    result = plan(before, [fact(kind, quantity, source=None)]).result
    names = (*BUCKETS, "available")
    assert {n: result.amount(n) for n in names} == {n: before.amount(n) for n in names} | after
    assert result.version == 8


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        (Kind.DAMAGED, 8),
        (Kind.BLOCKED, 8),
        (Kind.RESTORED, 4),
        (Kind.SCRAPPED, 4),
        (Kind.INSPECTED, 8),
        (Kind.EXPECTED, -2),
        (Kind.DISPATCHED, -3),
        (Kind.SAFETY_CHANGED, -2),
        (Kind.ADJUSTED, -11),
        (Kind.REPORTED, -11),
    ],
)
def test_what_is_not_there_cannot_be_taken(kind: Kind, quantity: int):
    before = stock(on_hand=10, reserved=2, allocated=1, safety=1, damaged=3, future=1, in_transit=2)
    with pytest.raises(NotEnough):
        plan(before, [fact(kind, quantity, source=None)])


@pytest.mark.capability("D17")
@pytest.mark.parametrize("kind", [Kind.DAMAGED, Kind.BLOCKED, Kind.INSPECTED])
def test_units_that_are_promised_are_held_back_as_long_as_they_are_there(kind: Kind):
    made = plan(stock(on_hand=10, reserved=2, allocated=6, damaged=1), [fact(kind, 4, source=None)])
    assert (made.result.available, made.result.deficit, made.pins) == (-3, 3, {"version": 7})
    enough = plan(stock(on_hand=10, reserved=2, allocated=6, damaged=1), [fact(kind, 1, source=None)])
    assert (enough.result.available, enough.pins) == (0, {})


def test_a_shortage_is_held_to_the_row_as_it_was_read():
    made = plan(stock(on_hand=5, reserved=4), [fact(Kind.ADJUSTED, -3, source=None)])
    assert made.pins == {"version": 7}
    assert made.result.deficit == 2
    enough = plan(stock(on_hand=5, reserved=4), [fact(Kind.ADJUSTED, -1, source=None)])
    assert (enough.pins, dict(enough.effect.needs)) == ({}, {"on_hand": 1, "available": 1})


def test_a_row_in_deficit_is_read_exactly_so_that_what_remains_is_known():
    made = plan(stock(on_hand=2, reserved=4), [fact(Kind.RECEIVED, 1, source=None)])
    assert (made.pins, made.result.deficit) == ({"version": 7}, 1)


def entry(kind: Kind, on_hand: int, minute: int, source: str | None = None) -> LedgerEntry:
    return LedgerEntry(kind, on_hand, {"on_hand": on_hand}, NOON + timedelta(minutes=minute), "cause", source, None)


@pytest.mark.capability("D2")
def test_a_count_keeps_claims_and_what_moved_after_it():
    before = stock(on_hand=20, reserved=3, allocated=2)
    history = [
        entry(Kind.RECEIVED, 9, -5),  # before the count: in it
        entry(Kind.SHIPPED, -2, 1),  # after the count: not in it
        entry(Kind.REPORTED, -1, 2, "pos"),  # the counting source's own: in it
    ]
    made = plan(before, [fact(Kind.COUNTED, 15, sequence=5)], history=history)
    told_at = "2026-01-05T12:00:00.000Z"
    assert made.result == StockRow(
        "A", "n1", on_hand=13, reserved=3, allocated=2, available=8, version=8, told_at=told_at
    )
    assert made.pins == {"on_hand": 20}
    assert made.taken[0].quantity == 15
    assert made.taken[0].changes == {"on_hand": -7, "available": -7}


def test_a_count_in_a_batch_sees_what_the_batch_brought_before_it():
    facts = [
        fact(Kind.REPORTED, 4, sequence=1),  # same source: in the count
        fact(Kind.REPORTED, -1, sequence=1, source="wms", minute=3),  # after the count
        fact(Kind.COUNTED, 10, sequence=2, minute=1),
        fact(Kind.REPORTED, -2, sequence=3, minute=4),
    ]
    assert plan(stock(on_hand=5), facts).result.on_hand == 10 - 1 - 2


def test_an_older_count_of_another_source_changes_nothing():
    later = LedgerEntry(Kind.COUNTED, 8, {}, NOON + timedelta(minutes=9), "cause", "wms", 4)
    made = plan(stock(on_hand=8), [fact(Kind.COUNTED, 50, sequence=5)], history=[later])
    assert (made.taken, made.marks) == ({}, {"pos": (None, 5)})


def test_a_count_that_leaves_less_than_committed_shows_the_deficit():
    made = plan(stock(on_hand=5, reserved=4), [fact(Kind.COUNTED, 1, sequence=1)])
    assert (made.result.on_hand, made.result.deficit) == (1, 3)
    assert made.pins == {"on_hand": 5, "version": 7}


def test_a_count_below_what_was_shipped_since_cannot_be():
    with pytest.raises(NotEnough):
        plan(stock(on_hand=5), [fact(Kind.COUNTED, 1, sequence=1)], history=[entry(Kind.SHIPPED, -2, 1)])


def test_a_first_count_makes_the_row():
    made = plan(None, [fact(Kind.COUNTED, 6, sequence=1)])
    row = made.writes("t1", "mov_1")[0]
    assert row.kind == "create"
    assert row.set["on_hand"] == row.set["available"] == 6


messages = st.lists(
    st.builds(
        fact,
        st.sampled_from([Kind.REPORTED, Kind.COUNTED, Kind.RECEIVED, Kind.ADJUSTED, Kind.DAMAGED, Kind.RESTORED]),
        st.integers(1, 9),
        source=st.sampled_from(["pos", "wms"]),
        sequence=st.integers(1, 12),
        minute=st.integers(0, 5),
    ),
    max_size=14,
)


@given(messages, st.integers(0, 9), st.integers(0, 9))
def test_a_folded_batch_ends_where_its_messages_one_by_one_end(facts: list[Fact], on_hand: int, reserved: int):
    row = stock(on_hand=on_hand, reserved=min(on_hand, reserved))
    single, marks, history = row, {}, []
    failed = None
    for position, one in enumerate(facts):
        try:
            step = plan(single, [one], marks, history)
        except NotEnough:
            failed = position
            break
        single = step.result
        marks |= {source: now for source, (_, now) in step.marks.items()}
        history += step.taken.values()
    if failed is not None:
        with pytest.raises(NotEnough) as refusal:
            plan(row, facts)
        assert refusal.value.position == failed
        return
    folded = plan(row, facts)
    assert {name: folded.result.amount(name) for name in ("on_hand", "reserved", "damaged", "available")} == {
        name: single.amount(name) for name in ("on_hand", "reserved", "damaged", "available")
    }
    assert list(folded.taken.values()) == history
    assert {source: now for source, (_, now) in folded.marks.items()} == marks
