"""The day on which units of a row rose last: of folded facts, of the changes of other contexts, of supply to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oms.inventory.ages import Ages
from oms.inventory.model import MovementKind as Kind
from oms.inventory.model import StockRow
from oms.inventory.store import rows_of
from oms.inventory.supply.model import Coming
from oms.inventory.supply.model import Kind as SupplyKind
from oms.inventory.supply.reads import with_supply
from tests.memory_table import MemoryDatabase
from tests.stock_claims import claim
from tests.unit.inventory.test_fold import fact, plan, stock

DAY_MINUTES = 24 * 60
FIFTH, SIXTH, SEVENTH = (date(2026, 1, day) for day in (5, 6, 7))


@pytest.mark.capability("E2")
def test_the_latest_day_of_what_came_in_counts_in_whatever_order_it_is_told():
    facts = [
        fact(Kind.RECEIVED, 2, minute=DAY_MINUTES),
        fact(Kind.RECEIVED, 2),
        fact(Kind.ADJUSTED, -1, minute=2 * DAY_MINUTES),
        fact(Kind.DAMAGED, 1, minute=3 * DAY_MINUTES),
    ]
    assert plan(None, facts).result.restocked_on == SIXTH
    (row, *_) = plan(stock(), facts).writes("t1", "mov_1")
    assert row.set["restocked_on"] == "2026-01-06"


@pytest.mark.capability("E2")
def test_what_came_in_counts_also_where_as_much_has_left():
    made = plan(stock(on_hand=3), [fact(Kind.RECEIVED, 2), fact(Kind.ADJUSTED, -2, minute=DAY_MINUTES)])
    assert (made.result.on_hand, made.result.restocked_on) == (3, FIFTH)


@pytest.mark.capability("E2")
def test_a_row_keeps_its_day_where_nothing_came_in_or_only_earlier():
    known = replace(stock(on_hand=3), restocked_on=SEVENTH)
    for some in ([fact(Kind.RECEIVED, 1)], [fact(Kind.ADJUSTED, -1)], [fact(Kind.EXPECTED, 4)]):
        made = plan(known, some)
        assert made.result.restocked_on == SEVENTH
        assert "restocked_on" not in made.writes("t1", "mov_1")[0].set
    assert plan(stock(on_hand=3), [fact(Kind.DAMAGED, 1)]).result.restocked_on is None


@pytest.mark.capability("E2")
def test_a_receipt_is_such_a_day_and_a_release_is_none():
    tables = MemoryDatabase()
    for act, quantity, day in (("receive", 5, 5), ("reserve", 2, 6), ("release_reservation", 2, 6)):
        tables.commit(claim(act, "t1", "A", "n1", quantity, at=datetime(2026, 1, day, 23, 59, tzinfo=UTC)))
    assert rows_of(tables, "t1", "A") == [
        StockRow("A", "n1", on_hand=5, available=5, version=3, restocked_on=FIFTH),
    ]
    tables.commit(claim("receive_damaged", "t1", "A", "n1", 1, at=datetime(2026, 1, 7, tzinfo=UTC)))
    assert rows_of(tables, "t1", "A")[0].restocked_on == SEVENTH


@pytest.mark.capability("E2", "D9")
def test_supply_that_will_have_come_is_as_old_as_the_last_of_it():
    coming = [Coming("po", no, "A", SupplyKind.PURCHASE_ORDER, "n1", day, 2) for no, day in ((1, SIXTH), (2, FIFTH))]
    assert with_supply("A", [], coming) == [StockRow("A", "n1", on_hand=4, available=4, restocked_on=SIXTH)]
    old = StockRow("A", "n1", on_hand=1, available=1, restocked_on=date(2025, 1, 1))
    assert with_supply("A", [old], coming[1:])[0].restocked_on == FIFTH
    later = replace(old, restocked_on=SEVENTH)
    assert with_supply("A", [later], coming)[0].restocked_on == SEVENTH
    assert with_supply("A", [old], []) == [old]


@pytest.mark.capability("E2")
def test_days_are_counted_to_today_and_never_below_zero():
    ages = Ages(SIXTH, {("A", "n1"): FIFTH, ("B", "n1"): SEVENTH, ("C", "n1"): SIXTH - timedelta(days=400)})
    assert [ages.days(sku, "n1") for sku in "ABCD"] == [1, 0, 400, None]
    assert ages.days("A", "n2") is None
