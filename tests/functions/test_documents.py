"""Invoices and credit memos: numbered once and without a gap in each legal entity, whatever stops on the way."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from typing import Any

import pytest

from functions.finance import handler as finance
from functions.number_documents import handler as function
from oms.finance.commands import Books
from oms.platform.dynamodb import Database
from tests.functions.conftest import Api
from tests.unit.finance import world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

_SELLER = {"currency": "USD", "legal_entity": "100", "store": "web", "channel": "shop"}
RETURNED = world.event(
    "ReturnAccepted",
    {
        **_SELLER,
        **{"order_id": "ord_O1", "return_id": "ret_1", "goods": 4000, "shipping": 0, "tax": 330, "fee": 400},
        **{"appeased_goods": 800, "appeased_tax": 66, "owed": 3064},
    },
    id="evt-ret",
)
GOODWILL = world.event(
    "AppeasementGranted",
    {
        **_SELLER,
        **{"appeasement_id": "app_1", "order_id": "ord_O1", "goods": 800, "shipping": 0, "tax": 66, "total": 866},
    },
    id="evt-app",
)
SOLD = world.event(
    "SaleRecorded",
    {
        **_SELLER,
        **{"order_id": "ord_S1", "sale_id": "sal_1", "store": "S12", "business_date": "2026-11-20", "goods": 5000},
        **{"discount": 500, "tax": 413, "deposit": 1000, "tenders": [{"tender": "cash", "amount": 5913}]},
    },
    id="evt-sale",
)


class Desk:
    """number_documents with its queue, and finance that lists what it made."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.api = Api(finance.handler, ("finance.read",), tenant=world.TENANT)

    def hear(self, *facts: dict[str, Any]) -> list[str]:
        answer = function.handler(world.queue(*facts), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def listed(self, kind: str = "invoice", entity: str = "100", more: str = "") -> Any:
        answer = self.api.get(f"/v1/finance/documents?entity={entity}&kind={kind}{more}")
        assert answer.status == 200, answer.body
        return answer.body

    def numbers(self, kind: str = "invoice", entity: str = "100") -> list[tuple[str, str, int]]:
        """Name, cause and total of each document, oldest first; their numbers have no gap."""
        body = self.listed(kind, entity)
        found = body["documents"][::-1]
        assert [one["number"] for one in found] == list(range(1, body["last_number"] + 1))
        return [(one["document_id"], one["cause_id"], one["total"]) for one in found]


@pytest.fixture
def desk(books: Books, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(function, "runtime", books.runtime)
    monkeypatch.setattr(finance, "runtime", books.runtime)
    return Desk(books)


@pytest.mark.capability("N8")
def test_goods_that_left_get_invoices_and_what_is_given_back_credit_memos(desk: Desk):
    first = world.shipped("O1", 10000, shipping=500, tax=825)
    other = world.shipped("O9", 700, legal_entity="200")
    assert desk.hear(first, GOODWILL, SOLD, other, RETURNED) == []
    # In any order, and again: each has its document, and keeps its number.
    assert desk.hear(RETURNED, first, SOLD, GOODWILL, other) == []
    assert desk.numbers() == [
        ("100-INV-00000001", "shp-O1-1", 11325),
        ("100-INV-00000002", "sal_1", 4913),
    ]
    assert desk.numbers("credit_memo") == [
        ("100-CRM-00000001", "app_1", 866),
        ("100-CRM-00000002", "ret_1", 3064),
    ]
    assert desk.numbers(entity="200") == [("200-INV-00000001", "shp-O9-1", 700)]
    assert desk.numbers("credit_memo", "200") == []
    memo = desk.listed("credit_memo")["documents"][0]
    assert {name: memo[name] for name in ("cause", "order_id", "goods", "shipping", "tax", "fee", "currency")} == {
        **{"cause": "return", "order_id": "ord_O1", "goods": 3200, "shipping": 0, "tax": 264, "fee": 400},
        "currency": "USD",
    }
    assert (memo["occurred_at"], memo["source_event"]) == ("2026-11-20T12:00:00.000Z", "evt-ret")


@pytest.mark.capability("N8")
def test_what_credits_nothing_and_what_is_wrong_take_no_number(desk: Desk):
    gift = {**GOODWILL["detail"]["data"], "order_id": None, "tax": 0, "total": 800, "tender": "gift_card"}
    deposit_only = {
        **SOLD["detail"]["data"],
        **{"goods": 0, "discount": 0, "tax": 0, "tenders": [{"tender": "cash", "amount": 1000}]},
    }
    before = world.rows_of("ledger")
    assert desk.hear(world.event("AppeasementGranted", gift), world.event("SaleRecorded", deposit_only)) == []
    wrong = {**RETURNED["detail"]["data"], "owed": 1}
    assert desk.hear(world.event("ReturnAccepted", wrong), world.captured("O1", 100)) == ["m0", "m1"]
    assert world.rows_of("ledger") == before
    assert desk.numbers() == desk.numbers("credit_memo") == []


@pytest.mark.capability("N8")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_crash_around_any_commit_leaves_no_gap(desk: Desk, monkeypatch: pytest.MonkeyPatch, nth: int, moment: str):
    facts = [world.shipped(f"O{n}", 1000 + n) for n in range(1, 4)]
    commit, calls = Database.commit, []

    def stop(database: Database, writes: Any) -> None:
        calls.append(writes)
        if len(calls) == nth and moment == "before":
            raise RuntimeError("stopped before the commit")
        commit(database, writes)
        if len(calls) == nth:
            raise RuntimeError("stopped after the commit")

    with monkeypatch.context() as broken:
        broken.setattr(Database, "commit", stop)
        failed = desk.hear(*facts)
    assert failed == [f"m{nth - 1}"]
    assert desk.hear(*facts) == []
    totals = [total for _, _, total in desk.numbers()]
    late = 1000 + nth
    assert totals == ([1001, 1002, 1003] if moment == "after" else [*sorted({1001, 1002, 1003} - {late}), late])


@pytest.mark.capability("N8")
def test_two_that_number_at_once_never_take_the_same_number(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """A neighbour takes the number between reading and writing: the number after it is taken instead."""
    commit, before = Database.commit, [world.shipped("O2", 2000), world.shipped("O3", 3000)]

    def overtaken(database: Database, writes: Any) -> None:
        if before:
            with monkeypatch.context() as alone:
                alone.setattr(Database, "commit", commit)
                assert desk.hear(before.pop(0)) == []
        commit(database, writes)

    monkeypatch.setattr(Database, "commit", overtaken)
    assert desk.hear(world.shipped("O1", 1000)) == []
    assert desk.numbers() == [
        ("100-INV-00000001", "shp-O2-1", 2000),
        ("100-INV-00000002", "shp-O3-1", 3000),
        ("100-INV-00000003", "shp-O1-1", 1000),
    ]


@pytest.mark.capability("N8")
def test_a_series_is_read_page_by_page_by_who_may_see_finance(desk: Desk):
    assert desk.hear(*(world.shipped(f"O{n}", 1000 + n) for n in range(1, 6))) == []
    seen, cursor = [], None
    for _ in range(3):
        body = desk.listed(more=f"&limit=2{f'&cursor={cursor}' if cursor else ''}")
        seen += [one["number"] for one in body["documents"]]
        cursor = body["next_cursor"]
    assert (seen, cursor) == ([5, 4, 3, 2, 1], None)
    first = desk.listed(more="&limit=2")["next_cursor"]
    path = "/v1/finance/documents"
    assert desk.api.get(f"{path}?entity=100&kind=credit_memo&cursor={first}").status == 422
    assert desk.api.get(f"{path}?entity=100&kind=receipt").status == 422
    assert desk.api.get(path).status == 422
    assert desk.api.get(f"{path}?entity=100", scopes=("orders.read",)).status == 403
