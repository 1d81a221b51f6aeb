"""Returns and refunds through the doors: one short method for each call, and the ledger that hears of everything twice.

shop = Refunds(doors, books)
order_id = shop.delivered(line("A", 1, 4000, tax=330))
shop.take_back(order_id, {1: 1}, fee=400)
shop.pay()                                  # what refund_payment does with what it is told
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_day
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer
from tests.order_doors import Doors
from tests.order_nodes import node
from tests.order_world import NOW, TENANT, document
from tests.unit.finance.world import queue

# What the ledger does not hear of.
UNPOSTED = {
    "PaymentInDoubt",
    "PaymentCapturePending",
    "RefundPending",
    "RefundInDoubt",
    "RefundRetried",
    "RefundExchanged",
}
POSTED = (
    "Payment",
    "ShipmentShipped",
    "Refund",
    "ReturnAccepted",
    "DrawerOpened",
    "DrawerMovementRecorded",
    "GiftCardIssued",
    "SaleRecorded",
)


@dataclass
class Refunds:
    """The functions that take goods back and give money back, over one retailer."""

    doors: Doors
    # The ledger lies in tables of its own, in moto; without it nothing is posted.
    books: Books | None = None
    told: int = 0

    def delivered(self, *lines: dict[str, Any], shipping: int = 0, cards: list[int] | None = None) -> str:
        """An order that was shipped whole and paid; `shipping` is charged without tax."""
        made = document(*lines, external_id=f"order-{self.doors.world.calls}-{self.told}")
        self.told += 1
        if shipping:
            made["charges"] = [{"kind": "shipping", "amount": shipping, "tax": 0}]
            made["totals"]["charges"] = shipping
            made["totals"]["total"] += shipping
            made["payments"][0]["amount"] += shipping
        if cards:
            first = made["payments"][0]
            made["payments"] = [{**first, "token": f"tok_visa_{i}", "amount": a} for i, a in enumerate(cards)]
        order_id = self.doors.place(made)
        for work in self.doors.run_order_workflow(order_id):
            assert self.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
            self.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
        return order_id

    def add_store(self, node_id: str, legal_entity: str) -> None:
        store = node(node_id, "store", 42.6, -73.7, legal_entity=legal_entity)
        self.doors.world.database.commit([node_write(TENANT, store)])
        registry.forget()

    def take_back(self, order_id: str, units: Mapping[int, int], at: str = "S1", **more: Any) -> Answer:
        """What a store sends: units by line number."""
        sent = {name: more.pop(name) for name in ("key", "headers", "scopes") if name in more}
        disposition = more.pop("disposition", "sellable")
        lines = [{"line_no": no, "quantity": units[no], "disposition": disposition} for no in units]
        body = {"node_id": at, "reason": "too_small", "lines": lines, **more}
        return self.doors.api("returns").post(f"/v1/orders/{order_id}/returns", body, **sent)

    def rules(self, *rules: dict[str, Any], version: int = 0) -> None:
        """Let these rules of returns hold; `version` is that of the rule set, where there is one."""
        api, path = self.doors.api("rule_sets"), "/v1/return-rules/usual"
        match = {"if-match": str(version)} if version else {}
        put = api.put(path, {"rules": list(rules)}, headers=match)
        assert put.status in (200, 201), put.body
        number, at = put.body["newest_number"], {"if-match": str(put.body["version"])}
        assert api.post(f"{path}/promotions", {"number": number}, headers=at).status == 200

    def taken_back(self, order_id: str, units: Mapping[int, int], at: str = "S1", **more: Any) -> dict[str, Any]:
        answer = self.take_back(order_id, units, at, **more)
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def pay(self, order_id: str, kind: str = "RefundOwed") -> list[str]:
        """The last event of its kind reaches refund_payment; the ids of messages that come again."""
        return self.doors.queue("refund_payment", self.doors.stored_event(order_id, kind))

    def refund(self, order_id: str) -> dict[str, Any]:
        """The newest refund of an order as it is shown."""
        return dict(self.doors.see(order_id)["refunds"][-1])

    def post(self) -> list[PostedEntry]:
        """All entries of both companies, once the ledger has heard of everything twice, the last first."""
        world, books = self.doors.world, self.books
        assert books is not None
        handler = importlib.import_module("functions.post_ledger.handler")
        self.doors.monkeypatch.setattr(handler, "books", books)
        registry.forget()
        heard = [
            {"source": "spine", "detail-type": str(row["type"]), "detail": json.loads(str(row["detail"]))}
            for (table, _), row in world.database.rows.items()
            if table == "events" and str(row["type"]).startswith(POSTED) and row["type"] not in UNPOSTED
        ]
        for batch in (heard[::-1], heard):
            assert handler.handler(queue(*batch), None) == {"batchItemFailures": []}
        registry.forget()
        days = [NOW.date() + timedelta(days=n) for n in range((world.clock.now() - NOW).days + 1)]
        return [
            entry
            for entity in ("100", "200")
            for day in days
            for entry in entries_of_day(books.runtime.database, Day(TENANT, entity, day))
        ]


def lines(entries: list[PostedEntry], rule: str) -> list[str]:
    """The lines of a rule as the scenario tables write them: `100 Dr 2050 4330`, sorted."""
    return sorted(
        f"{entry.entity} {'Dr' if line.debit else 'Cr'} {line.account} {line.debit or line.credit}"
        for entry in entries
        if entry.rule == rule
        for line in entry.lines
    )


def net(entries: list[PostedEntry], *rules: str) -> dict[str, int]:
    """The net change of some rules by company and account, debit positive; what is zero is left out."""
    sums: dict[str, int] = {}
    for entry in entries:
        if entry.rule in rules:
            for line in entry.lines:
                name = f"{entry.entity} {line.account}"
                sums[name] = sums.get(name, 0) + line.debit - line.credit
    return {name: amount for name, amount in sorted(sums.items()) if amount}
