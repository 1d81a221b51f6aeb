"""Shards of stock in great demand: nothing is sold twice, nothing is lost, and the ledger says what there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import Claimable, Hold, Shard, StockRow
from oms.inventory.shards import model
from oms.inventory.shards.balancing import balance_marked, recall
from oms.inventory.shards.marks import Mark, all_marks, mark_write
from oms.inventory.shards.model import drawn, moves, taken, wanted_shards
from oms.platform.clock import FixedClock, format_instant
from oms.platform.dynamodb import Conflict
from oms.platform.problems import OutOfStock
from tests.stock_account import NODE, NOW, PLACE, SKU, Account


@pytest.fixture(autouse=True)
def _few_units_are_enough() -> Iterator[None]:
    with mock.patch.object(model, "LEAST_UNITS", 2):
        yield


@pytest.mark.parametrize(
    ("per_second", "units", "shards"),
    [(0, 100, 0), (20, 100, 0), (21, 100, 2), (100, 100, 5), (100, 7, 3), (100, 3, 0)],
)
def test_shards_follow_demand_and_units(per_second: int, units: int, shards: int):
    assert wanted_shards(per_second, units) == shards


def test_no_row_has_more_shards_than_its_ledger_can_serve():
    assert wanted_shards(500, 1_000_000) == 24


def test_a_claim_takes_from_one_shard_where_one_has_enough():
    shards = [Shard(0, 2), Shard(1, 5), Shard(2, 0)]
    assert taken(shards, 4, "any") == [Shard(1, 4)]
    assert taken(shards, 6, "any") == [Shard(1, 5), Shard(0, 1)]
    assert taken(shards, 8, "any") == []
    assert {taken(shards, 1, str(seed))[0].number for seed in range(20)} == {0, 1}
    assert drawn(shards, 100) == [Shard(1, 5), Shard(0, 2)]


def test_units_are_laid_out_evenly_and_the_rest_stays_in_the_row():
    row = StockRow(SKU, NODE, on_hand=23, available=23)
    assert moves(row, 4, 2) == [Shard(0, 5), Shard(1, 5), Shard(2, 5), Shard(3, 5)]
    # What is between half and twice its part is left alone; what is above gives back what it has too much.
    spread = StockRow(SKU, NODE, on_hand=24, available=24, shards=(Shard(0, 16), Shard(1, 4), Shard(2, 1), Shard(3, 3)))
    assert moves(spread, 4, 0) == [Shard(0, -10), Shard(2, 5)]
    assert moves(spread, 0, 0) == [Shard(0, -16), Shard(1, -4), Shard(2, -1), Shard(3, -3)]


@pytest.mark.capability("D4")
def test_claims_leave_the_row_alone_while_its_shards_have_units():
    account = Account(20)
    account.spread(100)
    assert account.stored == {"available": 0, "reserved": 20, "shards": 5}
    assert account.row == StockRow(
        SKU,
        NODE,
        on_hand=20,
        available=20,
        version=7,
        shards=tuple(Shard(n, 4) for n in range(5)),
        restocked_on=NOW.date(),
    )
    account.claim(3)
    account.claim(4)
    assert account.stored == {"available": 0, "reserved": 20, "shards": 5}
    assert (account.row.reserved, account.row.available, account.row.version) == (7, 13, 7)
    account.check()
    # The rest of their lives happens at the row.
    changes = account.changes()
    changes.allocate(SKU, NODE, 3)
    changes.release_reservation(SKU, NODE, 4)
    account.database.commit(changes.writes())
    assert (account.row.reserved, account.row.allocated, account.row.available) == (0, 3, 17)
    assert account.stored["available"] == 4
    account.check()


@pytest.mark.capability("D4")
def test_the_last_units_are_found_in_whatever_shard_they_are():
    account = Account(10)
    account.spread(100)
    account.claim(7)
    account.claim(3)
    assert account.row.available == 0
    before = dict(account.database.rows)
    with pytest.raises(Conflict):
        account.claim(1, found=Claimable({PLACE: 1}, spread={PLACE: account.row}))
    assert dict(account.database.rows) == before


@pytest.mark.capability("D4")
def test_two_who_saw_the_same_unit_do_not_both_get_it():
    account = Account(4)
    account.spread(40)
    account.claim(3)
    seen = account.claimable()
    account.claim(1, found=seen)
    before = dict(account.database.rows)
    with pytest.raises(Conflict):
        account.claim(1, found=seen)
    assert dict(account.database.rows) == before
    assert account.row.available == 0


@pytest.mark.capability("D4", "D5")
def test_what_must_be_kept_is_kept_in_the_row():
    account = Account(12)
    account.spread(40)
    assert account.stored["available"] == 0
    account.claim(3, keep=2)
    # The row had nothing itself, so the shards gave it what must stay and what was claimed.
    assert account.stored["available"] == 2
    account.check()
    account.claim(2, keep=2)
    assert (account.stored["available"], account.row.available) == (2, 7)
    with pytest.raises(Conflict):
        account.claim(6, keep=2, found=Claimable({PLACE: 6}, {PLACE: 2}, spread={PLACE: account.row}))
    account.claim(5, keep=2)
    assert account.row.available == 2
    account.check()


@pytest.mark.capability("D4", "D16")
def test_units_that_are_not_there_leave_the_shards_with_the_same_fact():
    account = Account(10)
    account.spread(100)
    account.claim(4)
    account.move("adjusted", -5)
    assert (account.row.available, account.row.deficit) == (1, 0)
    account.check()
    account.move("adjusted", -3)
    assert (account.row.available, account.row.in_shards, account.row.deficit) == (-2, 0, 2)
    account.check()
    before = dict(account.database.rows)
    with pytest.raises(OutOfStock):
        account.move("dispatched", -1)
    assert dict(account.database.rows) == before


@pytest.mark.capability("D4", "D5")
def test_more_safety_stock_comes_out_of_the_shards():
    account = Account(10)
    account.spread(100)
    account.move("safety_changed", 8)
    assert (account.row.available, account.row.in_shards) == (2, 2)
    account.move("safety_changed", 5)
    assert (account.row.available, account.row.in_shards) == (-3, 0)
    account.check()


@pytest.mark.capability("D4")
def test_shards_made_after_a_fact_was_judged_refuse_it_and_it_is_judged_again():
    account = Account(10)
    commit, once = account.database.commit, [True]

    def late(writes: list[object]) -> None:
        if once and any(getattr(write, "add", {}).get("safety") for write in writes):
            once.clear()
            account.spread(100)
        commit(writes)

    with mock.patch.object(account.database, "commit", late):
        account.move("safety_changed", 8)
    assert (account.row.available, len(account.row.shards)) == (2, 5)
    account.check()


@pytest.mark.capability("D4")
def test_a_mark_that_is_over_takes_its_shards_away():
    account = Account(20)
    account.database.commit(
        [mark_write("t1", Mark(SKU, NODE, 100, format_instant(NOW + timedelta(hours=1)), version=1))]
    )
    balance_marked(account.runtime, "t1")
    assert len(account.row.shards) == 5
    account.claim(3)
    account.runtime.clock = FixedClock(NOW + timedelta(hours=1))
    balance_marked(account.runtime, "t1")
    assert all_marks(account.database, "t1") == []
    assert account.stored == {"available": 17, "reserved": 3, "shards": 0}
    assert not [key for _, key in account.database.rows if "#SHARD#" in key.sk]
    account.check()


def test_a_basket_that_becomes_an_order_leaves_the_row_alone():
    account = Account(10)
    hold = Hold("res_1", 2, format_instant(NOW + timedelta(minutes=5)))
    changes = account.changes()
    changes.claim(account.claimable(), SKU, NODE, 2)
    account.database.commit(changes.writes())
    own = Claimable({PLACE: 10}, own={PLACE: hold})
    changes = account.changes()
    changes.claim(own, SKU, NODE, 2)
    assert [write.key.sk.split("#")[0] for write in changes.writes()] == ["MOVE", "NODE"]
    assert changes.writes()[1].kind == "remove"


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.integers(1, 6), st.integers(0, 3)),
        st.tuples(st.just("stale claim"), st.integers(1, 6), st.integers(0, 3)),
        st.tuples(st.just("spread"), st.sampled_from([0, 40, 100]), st.just(0)),
        st.tuples(st.sampled_from(["received", "damaged"]), st.integers(1, 6), st.just(0)),
        st.tuples(st.sampled_from(["adjusted", "safety_changed"]), st.integers(-6, 6).filter(bool), st.just(0)),
        st.tuples(st.sampled_from(["allocate", "release", "recall", "ship", "take"]), st.integers(1, 4), st.just(0)),
    ),
    max_size=25,
)


@pytest.mark.capability("D1", "D4", "D11")
@given(units=st.integers(0, 20), acts=ACTS)
def test_whatever_happens_nothing_is_sold_twice(units: int, acts: list[tuple[str, int, int]]):
    account = Account(max(1, units))
    seen = account.claimable()
    for name, number, keep in acts:
        before = account.row
        try:
            _do(account, seen, name, number, keep)
        except (Conflict, OutOfStock):
            assert account.row == before
        if name in ("claim", "stale claim") and account.row != before:
            # What must stay lies in the row, which a claim from shards does not look at again: it was there when seen.
            is_old = name == "stale claim" and PLACE in seen.spread and seen.spread[PLACE].in_row != before.in_row
            if is_old and account.row.in_row == before.in_row:
                assert seen.spread[PLACE].in_row >= keep
                assert before.in_shards >= number
            else:
                assert before.available - number >= keep
            assert account.row.available == before.available - number
        if name in ("spread", "recall"):
            assert (account.row.available, account.row.reserved) == (before.available, before.reserved)
        if number % 3 == 0:
            seen = account.claimable(keep)
        account.check()
    recall(account.runtime, "t1", [PLACE])
    assert (account.row.in_shards, account.row.in_row) == (0, account.row.available)
    account.check()


def _do(account: Account, seen: Claimable, name: str, number: int, keep: int) -> None:
    changes = account.changes()
    match name:
        case "claim":
            if account.row.available - keep >= number:
                account.claim(number, keep=keep)
        case "stale claim":
            account.claim(number, keep=keep, found=Claimable(seen.units, {PLACE: keep}, spread=seen.spread))
        case "spread":
            account.spread(number)
        case "recall":
            recall(account.runtime, "t1", [PLACE])
        case "allocate":
            changes.allocate(SKU, NODE, number)
        case "release":
            changes.release_reservation(SKU, NODE, number)
        case "ship":
            changes.ship(SKU, NODE, number)
        case "take":
            changes.know({PLACE: account.row})
            changes.allocate_available(SKU, NODE, number)
        case _:
            account.move(name, number)
    writes = changes.writes()
    if writes:
        account.database.commit(writes)


@pytest.mark.capability("D4", "D16")
def test_a_batch_whose_rows_lie_in_many_shards_takes_them_back_first():
    account = Account(48)
    account.spread(480)
    assert len(account.row.shards) == 24
    # With what else a transaction of a batch holds, 24 shards were too many.
    with mock.patch("oms.inventory.batch._MOST_ROW_ACTIONS", 20):
        account.move("adjusted", -48)
    assert (account.row.available, account.row.in_shards, len(account.row.shards)) == (0, 0, 24)
    account.check()
