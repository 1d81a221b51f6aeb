"""Drawers and the ledger, through both functions: the acceptance scenarios F11 and F12, each told twice."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.drawers import handler as function
from functions.post_ledger import handler as ledger
from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_day
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.drawer_doors import MANAGER, pieces
from tests.functions.conftest import Api
from tests.order_nodes import node
from tests.unit.finance import world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)


class Shop:
    """The store S12 with its till, a manager, and the ledger that hears of everything twice."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.till = Api(function.handler, MANAGER, world.TENANT, actor="till")
        self.manager = Api(function.handler, MANAGER, world.TENANT, actor="manager")
        books.runtime.clock.instant = NOON
        books.runtime.database.commit([node_write(world.TENANT, node("S12", "store", 42.6, -73.7))])
        registry.forget()

    def call(self, path: str, api: Api | None = None, **body: Any) -> Any:
        answer = (api or self.till).post(path, body)
        assert answer.status in (200, 201), answer.body
        return answer.body

    def open(self, drawer: str, opening_float: int) -> str:
        body = {"node_id": "S12", "device": drawer, "cashier": "ann", "currency": "USD", "opening_float": opening_float}
        return f"/v1/drawer-sessions/{self.call(f'/v1/drawers/{drawer}/sessions', **body)['id']}"

    def close(self, path: str, lines: list[dict[str, int]]) -> None:
        self.call(f"{path}/end", ended_by="ann")
        self.call(f"{path}/counts", counted_by="bob", lines=lines)
        self.call(f"{path}/close", closed_by="max", api=self.manager)

    def posted(self, day: date = world.TODAY) -> list[PostedEntry]:
        """The entries of a day, after every event of the drawers was delivered twice, the last first."""
        rows = world.rows_of("events", "T#demo#DRAWERSESSION#")
        heard = [
            {"source": "spine", "detail-type": row["type"]["S"], "detail": json.loads(row["detail"]["S"])}
            for row in rows
            if row["type"]["S"] not in ("DrawerEnded", "DrawerCounted")
        ]
        heard.sort(key=lambda event: event["detail"]["meta"]["sequence"])
        for batch in (heard[::-1], heard):
            assert ledger.handler(world.queue(*batch), None) == {"batchItemFailures": []}
        return list(entries_of_day(self.books.runtime.database, Day(world.TENANT, "100", day)))


@pytest.fixture
def shop(books: Books, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(function, "runtime", books.runtime)
    monkeypatch.setattr(ledger, "books", books)
    return Shop(books)


def lines_of(entries: list[PostedEntry], rule: str) -> list[list[tuple[str, int]]]:
    """The lines of the entries of a rule: account and amount, debit positive."""
    found = [entry for entry in entries if entry.rule == rule]
    return sorted([(line.account, line.debit - line.credit) for line in entry.lines] for entry in found)


@pytest.mark.capability("N1", "N2")
def test_a_full_drawer_day_that_is_short_stands_in_the_ledger(shop: Shop):
    """F11: expected 210.70, counted 209.40."""
    path = shop.open("D1", 20000)
    for number, (kind, amount, more) in enumerate(
        (
            ("cash_sale", 5413, {"tax": 413}),
            ("cash_sale", 2165, {"tax": 165}),
            ("cash_sale", 10825, {"tax": 825}),
            ("cash_refund", 1083, {}),
            ("paid_in", 5000, {"reason": "change"}),
            ("paid_out", 1250, {"reason": "supplies"}),
            ("drop", 20000, {"reference": "bag-1"}),
        ),
        start=1,
    ):
        shop.call(f"{path}/movements", sequence=number, kind=kind, amount=amount, **more)
    shop.close(path, pieces(n10000=2, n500=1, n100=4, n25=1, n10=1, n5=1))
    entries = shop.posted()
    assert len(entries) == 9
    assert lines_of(entries, "drawer_opened") == [[("1010", 20000), ("1020", -20000)]]
    assert lines_of(entries, "drawer_moved") == [
        [("1010", 2165), ("4010", -2000), ("2040", -165)],
        [("1010", 5000), ("1020", -5000)],
        [("1010", 5413), ("4010", -5000), ("2040", -413)],
        [("1010", 10825), ("4010", -10000), ("2040", -825)],
        [("1020", 20000), ("1010", -20000)],
        [("2050", 1083), ("1010", -1083)],
        [("6060", 1250), ("1010", -1250)],
    ]
    assert lines_of(entries, "drawer_closed") == [[("6030", 130), ("1010", -130), ("1020", 20940), ("1010", -20940)]]
    session = path.rsplit("/", 1)[1]
    assert {(entry.drawer_session, entry.store, entry.tender) for entry in entries} == {(session, "S12", "cash")}
    assert world.net_change(entries) == {
        "1020": 15940,
        "2040": -1403,
        "2050": 1083,
        "4010": -17000,
        "6030": 130,
        "6060": 1250,
    }


@pytest.mark.capability("N1", "N2")
def test_a_drawer_that_is_over_has_its_surplus_apart(shop: Shop):
    """The drawer of F12: 100.00, 34.13 taken, 134.18 counted."""
    path = shop.open("D2", 10000)
    shop.call(f"{path}/movements", sequence=1, kind="cash_sale", amount=3413, tax=260)
    shop.close(path, pieces(n10000=1, n2000=1, n1000=1, n100=4, n10=1, n5=1, n1=3))
    entries = shop.posted()
    assert lines_of(entries, "drawer_closed") == [[("1010", 5), ("6030", -5), ("1020", 13418), ("1010", -13418)]]
    assert world.net_change(entries) == {"1020": 3418, "2040": -260, "4010": -3153, "6030": -5}


@pytest.mark.capability("N1", "N2")
def test_a_late_sale_takes_the_surplus_back_on_the_next_open_day(shop: Shop):
    """Closed 5.00 over; the sale of 5.00 comes when the books of the day are closed."""
    path = shop.open("D1", 10000)
    shop.close(path, pieces(n10000=1, n500=1))
    assert lines_of(shop.posted(), "drawer_closed") == [
        [("1010", 500), ("6030", -500), ("1020", 10500), ("1010", -10500)]
    ]
    world.close_day(shop.books)
    movement = {"sequence": 1, "kind": "cash_sale", "amount": 500, "tax": 38}
    shop.call(f"{path}/restatements", api=shop.manager, reason="offline", stated_by="max", movement=movement)
    assert len(shop.posted()) == 2
    late = shop.posted(date(2026, 11, 21))
    assert lines_of(late, "drawer_moved") == [[("1010", 500), ("4010", -462), ("2040", -38)]]
    assert lines_of(late, "drawer_restated") == [[("6030", 500), ("1010", -500)]]
    assert {entry.late_from for entry in late} == {world.TODAY}


@pytest.mark.capability("N1", "N2")
def test_a_corrected_count_moves_what_differs(shop: Shop):
    path = shop.open("D1", 10000)
    shop.close(path, pieces(n10000=1, n500=1))
    for lines in (pieces(n10000=1, n100=4), pieces(n10000=1, n100=6)):
        shop.call(f"{path}/restatements", api=shop.manager, reason="recount", stated_by="max", count={"lines": lines})
    entries = shop.posted()
    assert lines_of(entries, "drawer_restated") == [
        [("1010", 200), ("6030", -200), ("1020", 200), ("1010", -200)],
        [("6030", 100), ("1010", -100), ("1010", 100), ("1020", -100)],
    ]
    assert world.net_change(entries) == {"1020": 600, "6030": -600}


@pytest.mark.capability("N2")
def test_cash_of_a_night_belongs_to_the_day_of_its_session(shop: Shop):
    path = shop.open("D1", 0)
    shop.books.runtime.clock.instant = datetime(2026, 11, 21, 15, tzinfo=UTC)
    shop.call(f"{path}/movements", sequence=1, kind="cash_sale", amount=100)
    shop.close(path, pieces(n100=1))
    assert [entry.rule for entry in shop.posted()] == ["drawer_closed", "drawer_moved"]
    assert shop.posted(date(2026, 11, 21)) == []


@pytest.mark.capability("N2")
def test_an_empty_drawer_posts_nothing(shop: Shop):
    path = shop.open("D1", 0)
    shop.close(path, [])
    assert shop.posted() == []
