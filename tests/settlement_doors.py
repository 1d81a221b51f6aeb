"""Settlement through its doors over the template's tables, with a ledger that hears of everything twice.

def test_something(treasury):
    treasury.deposit("B1", 40940)
    treasury.bank(bank_line(40440, text="B1"))
    assert treasury.lines("bank_credited") == [...]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.post_ledger import handler as ledger
from functions.settlements import handler as function
from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.posting import RULES
from oms.finance.reads import entries_of_day
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer, Api
from tests.order_nodes import node
from tests.unit.finance import world
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "finance_cloud", "treasury"]

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
SCOPES = ("finance.read", "finance.write")
CHARGES = (("cap-O1-1", 11325, 358), ("cap-O2-1", 6995, 233), ("cap-O3-1", 4330, 156))


def item(kind: str, reference: str, amount: int, fee: int = 0) -> dict[str, Any]:
    return {"kind": kind, "reference": reference, "amount": amount, "fee": fee}


def payout(*items: dict[str, Any], payout_id: str = "po_1", **more: Any) -> dict[str, Any]:
    """A payout of these items, whose net they come to."""
    net = sum(one["amount"] - one["fee"] for one in items)
    whose = {"provider": "fakepsp", "payout_id": payout_id, "currency": "USD", "business_date": "2026-11-20"}
    return {**whose, "items": list(items), "net": net, **more}


def f14() -> dict[str, Any]:
    """The payout of F14: three charges, one refund, net 175.73."""
    return payout(*(item("charge", *one) for one in CHARGES), item("refund", "ref_1", -4330))


def bank_line(amount: int, line_id: str = "L1", **more: Any) -> dict[str, Any]:
    return {"line_id": line_id, "amount": amount, "currency": "USD", "booked_on": "2026-11-20", **more}


class Treasury:
    """Finance at its desk, with store S12 of entity 100."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.api = Api(function.handler, SCOPES, world.TENANT, actor="finance")
        books.runtime.clock.instant = NOON
        books.runtime.database.commit([node_write(world.TENANT, node("S12", "store", 42.6, -73.7))])
        registry.forget()

    def settle(self, *payouts: dict[str, Any], **more: Any) -> Answer:
        return self.api.post("/v1/finance/settlements", {"legal_entity": "100", "payouts": list(payouts)}, **more)

    def deposit(self, bag_id: str = "B1", amount: int = 40940, **more: Any) -> Answer:
        body = {"store": "S12", "bag_id": bag_id, "amount": amount, "currency": "USD", "prepared_by": "ann"}
        return self.api.post("/v1/finance/deposits", {**body, "business_date": "2026-11-20", **more})

    def bank(self, *lines: dict[str, Any], key: str | None = None, **more: Any) -> Answer:
        body = {"legal_entity": "100", "account": "DE02", "lines": list(lines), **more}
        return self.api.post("/v1/finance/bank-lines", body, key=key)

    def resolve(self, suspense_id: str, as_: str, **more: Any) -> Answer:
        body = {"as": as_, "reason": "looked at", **more}
        return self.api.post(f"/v1/finance/suspense/{suspense_id}/resolution", body)

    def exceptions(self, entity: str = "100") -> list[tuple[str, str, int, int]]:
        """Code, id, amount and age in days of each exception."""
        found = self.api.get(f"/v1/finance/settlements/exceptions?legal_entity={entity}").body["exceptions"]
        return [(one["code"], one["id"], one["amount"], one["age_days"]) for one in found]

    def unmatched(self) -> list[tuple[str, str, str]]:
        """Reference, match and payout of each item that was not found in the books."""
        found = self.api.get("/v1/finance/settlements?status=unmatched").body["unmatched"]
        return [(one["reference"], one["match"], one["payout_id"]) for one in found]

    def captured(self, *charges: tuple[str, int, int]) -> None:
        """The ledger knows of these charges, by capture id and amount."""
        events = [world.captured(reference.split("-")[1], amount) for reference, amount, _ in charges]
        assert world.deliver(self.books, events) == []

    def refunded(self, movement_id: str, amount: int, **more: Any) -> None:
        """The ledger knows of this refund to a card."""
        whose = {"currency": "USD", "legal_entity": "100", "store": "web", "channel": "web", "provider": "fakepsp"}
        data = {"order_id": "ord_O3", "refund_id": f"rfd_{movement_id}", "part": 1, "tender": "card", **whose}
        told = {**data, "movement_id": movement_id, "amount": amount, "paid": amount, **more}
        assert world.deliver(self.books, [world.event("RefundExecuted", told, id=f"evt-{movement_id}")]) == []

    def told(self) -> list[dict[str, Any]]:
        """Every event that settlement stored and that the ledger hears, as the bus delivers it."""
        return [
            {"source": "spine", "detail-type": row["type"]["S"], "detail": json.loads(row["detail"]["S"])}
            for row in world.rows_of("events", f"T#{world.TENANT}#")
            if row["type"]["S"] in RULES
        ]

    def entries(self, entity: str = "100", day: date = world.TODAY) -> list[PostedEntry]:
        """The entries of a day, after every event was delivered twice, the last first."""
        heard = self.told()
        for batch in (heard[::-1], heard):
            assert ledger.handler(world.queue(*batch), None) == {"batchItemFailures": []}
        return list(entries_of_day(self.books.runtime.database, Day(world.TENANT, entity, day)))

    def lines(self, rule: str, entity: str = "100", day: date = world.TODAY) -> list[list[tuple[str, int]]]:
        """The lines of the entries of a rule: account and amount, debit positive."""
        found = [entry for entry in self.entries(entity, day) if entry.rule == rule]
        return sorted([(line.account, line.debit - line.credit) for line in entry.lines] for entry in found)

    def stored(self) -> Sequence[dict[str, Any]]:
        """Every row of the ledger's table and every event, to see that nothing has changed."""
        return sorted(world.rows_of("ledger") + world.rows_of("events"), key=str)


@pytest.fixture
def treasury(books: Books, monkeypatch: pytest.MonkeyPatch) -> Treasury:
    monkeypatch.setattr(function, "runtime", books.runtime)
    monkeypatch.setattr(ledger, "books", books)
    return Treasury(books)
