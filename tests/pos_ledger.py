"""A ledger that hears of everything that the drawers and tills of the retailer in memory told, twice.

from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

entries = Ledger(doors, books).posted()
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from functions.post_ledger import handler as ledger
from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_day
from oms.registry.store import node_write
from tests.order_doors import Doors
from tests.order_nodes import nodes
from tests.order_world import NOW, TENANT

TODAY = date(2026, 11, 23)
HEARD = (
    *("DrawerOpened", "DrawerMovementRecorded", "DrawerClosed", "DrawerRestated", "SaleRecorded"),
    *("ShipmentShipped", "PaymentCaptured", "PaymentAuthorized", "ReturnAccepted", "RefundOwed"),
    "GiftCardIssued",
)


class Ledger:
    """What the ledger has of one retailer; it lies in tables of its own, made from the template."""

    def __init__(self, doors: Doors, books: Books) -> None:
        self.doors = doors
        self.books = books
        books.runtime.clock.instant = NOW
        books.runtime.database.commit([node_write(TENANT, node) for node in nodes()])
        doors.monkeypatch.setattr(ledger, "books", books)

    def posted(self, day: date = TODAY) -> list[PostedEntry]:
        """The entries of a day, after every event was delivered twice, the last first."""
        heard = list(self._heard())
        for batch in (heard[::-1], heard):
            records = [{"messageId": f"m{n}", "body": json.dumps(event)} for n, event in enumerate(batch)]
            assert ledger.handler({"Records": records}, None) == {"batchItemFailures": []}
        return list(entries_of_day(self.books.runtime.database, Day(TENANT, "100", day)))

    def _heard(self) -> Iterator[dict[str, Any]]:
        for (table, _), row in self.doors.world.database.rows.items():
            if table == "events" and row["type"] in HEARD:
                yield {"source": "spine", "detail-type": row["type"], "detail": json.loads(str(row["detail"]))}


def lines_of(entries: list[PostedEntry], rule: str) -> list[list[tuple[str, int]]]:
    """The lines of the entries of a rule: account and amount, debit positive."""
    found = [entry for entry in entries if entry.rule == rule]
    return sorted([(line.account, line.debit - line.credit) for line in entry.lines] for entry in found)


def net_change(entries: list[PostedEntry]) -> dict[str, int]:
    """What the entries come to by account, debits positive, without accounts that come to nothing."""
    sums: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.debit - line.credit
    return {account: amount for account, amount in sorted(sums.items()) if amount}
