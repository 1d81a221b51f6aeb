"""Gift cards, tenders and the ledger through the doors: one short method for each call, and what was posted.

from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

money = Money(doors, books)
card = money.sold(18500)
order_id, work = money.ready(line("A", 3, 6900), payments=[gift(card, 18500), paid(2200)])
assert money.posted(order_id) == [("payment_authorized", [("9010", 18500), ("9020", -18500)]), ...]
"""

from __future__ import annotations

import importlib
import json
from typing import Any

from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.finance.reads import entries_of_day, journal_of_order
from oms.platform.clock import CUT_OFF, business_date
from oms.platform.dynamodb import Database
from oms.registry.store import node_write
from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors
from tests.order_nodes import nodes
from tests.order_world import TENANT, document

SHOP = ("gift_cards.write", "gift_cards.read", "channel.web", "channel.store")
PEOPLE = (*SHOP, "gift_cards.grant", "finance.write", "finance.read")
# Facts with money, as they are routed to the ledger.
MONEY = ("Payment", "Shipment", "GiftCard")
UNPOSTED = ("PaymentDeclined", "PaymentInDoubt", "PaymentVoided", "PaymentRenewed", "PaymentCapturePending")
Lines = list[tuple[str, int]]


def gift(card: str, amount: int, **more: Any) -> dict[str, Any]:
    """A tender of a gift card."""
    return {"tender": "gift_card", "provider": "stored_value", "token": card, "amount": amount, **more}


def paid(amount: int, **more: Any) -> dict[str, Any]:
    """A tender of a payment card."""
    return {"provider": "strict", "token": "tok_visa", "amount": amount, **more}


class Money:
    """Calls the functions that move money; with `books`, delivers every fact twice to a ledger in moto."""

    def __init__(self, doors: Doors, books: Books | None = None) -> None:
        self.doors = doors
        self.books = books
        if books is not None:
            books.runtime.database.commit([node_write(TENANT, one) for one in nodes()])
        handler = doors.module("gift_cards").handler
        self.shop = Api(handler, SHOP, TENANT, actor="shop")
        self.people = Api(handler, PEOPLE, TENANT, actor="ann", calls=1000)

    def issue(self, amount: int, *, api: Api | None = None, key: str | None = None, **changes: Any) -> Answer:
        body = {
            "amount": amount,
            "currency": "USD",
            "selling_node": "S1",
            "channel": "store",
            "tenders": [{"tender": "cash", "amount": amount}],
            **changes,
        }
        return (api or self.people).post("/v1/gift-cards", body, key=key)

    def sold(self, amount: int, **changes: Any) -> str:
        """The id of a gift card that was sold for cash."""
        answer = self.issue(amount, **changes)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def credit(self, amount: int, **changes: Any) -> str:
        """The id of a store credit that was granted out of goodwill."""
        answer = self.issue(amount, kind="store_credit", reason="goodwill", tenders=[], **changes)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def see(self, card: str) -> dict[str, Any]:
        answer = self.people.get(f"/v1/gift-cards/{card}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def sums(self, card: str) -> tuple[int, int, int]:
        """What of a card is free, what is held, and its balance; its movements come to the same."""
        seen = self.see(card)
        signs = {"issued": 1, "held": -1, "released": 1, "credited": 1, "breakage": -1, "redeemed": 0}
        assert seen["available"] == sum(signs[one["kind"]] * one["amount"] for one in seen["movements"])
        assert seen["balance"] == seen["available"] + seen["held"]
        return seen["available"], seen["held"], seen["balance"]

    def ready(self, *lines: dict[str, Any], payments: list[dict[str, Any]], **changes: Any) -> tuple[str, str]:
        """An order whose money is held and whose work a node has: its id, and that of the work."""
        order_id = self.doors.place(document(*lines, payments=payments, **changes))
        (work,) = self.doors.run_order_workflow(order_id)
        return order_id, work

    def act(self, work: str, verb: str, lines: dict[int, int] | None = None, **content: Any) -> None:
        if lines is not None:
            content["lines"] = [{"line_no": number, "quantity": units} for number, units in lines.items()]
        answer = self.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", content)
        assert answer.status in (200, 201), answer.body

    def stage(self, order_id: str, work: str) -> None:
        """Goods are put ready, and the function that takes money for them hears of it where it is to."""
        self.act(work, "stage")
        told = self.doors.stored_event(order_id, "FulfillmentOrderReady")
        if told["detail"]["data"]["captures"]:
            assert self.doors.queue("release_payment", told) == []

    def capture(self, order_id: str, work: str) -> int:
        taken = self.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
        return int(taken["captured"])

    def cancel(self, order_id: str, lines: dict[int, int] | None = None) -> None:
        """Cancel units, and let the function that gives money back hear of it."""
        content: dict[str, Any] = {"reason": "customer"}
        if lines is not None:
            content["lines"] = [{"line_no": number, "quantity": units} for number, units in lines.items()]
        answer = self.doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", content)
        assert answer.status == 200, answer.body
        told = self.doors.stored_event(order_id, "OrderLinesCancelled")
        assert self.doors.queue("release_payment", told) == []

    def told(self, entity: str) -> list[dict[str, Any]]:
        """The facts with money of an order or a card as the bus delivers them, in their sequence."""
        rows = self.doors.world.database.query("events", f"T#{TENANT}#{entity}")
        return [
            {"source": "spine", "detail-type": row["type"], "detail": json.loads(str(row["detail"]))}
            for row in rows
            if str(row["type"]).startswith(MONEY) and row["type"] not in UNPOSTED
        ]

    @property
    def ledger(self) -> Database:
        assert self.books is not None
        return self.books.runtime.database

    def post(self, *entities: str) -> None:
        """The ledger hears of everything twice, the second time in reverse."""
        assert self.books is not None
        ledger = importlib.import_module("functions.post_ledger.handler")
        self.doors.monkeypatch.setattr(ledger, "books", self.books)
        heard = [event for entity in entities for event in self.told(entity)]
        for batch in (heard, heard[::-1]):
            assert self.doors.queue("post_ledger", *batch) == []

    def posted(self, order_id: str) -> list[tuple[str, Lines]]:
        """The entries of an order in the order of its facts: the rule, and its lines with debits positive."""
        self.post(f"ORDER#{order_id}")
        entries = journal_of_order(self.ledger, TENANT, order_id).entries
        sequence = [event["detail"]["meta"]["id"] for event in self.told(f"ORDER#{order_id}")]
        self.entries = entries
        found = sorted(entries, key=lambda entry: sequence.index(entry.source_event))
        return [(one.rule, [(line.account, line.debit - line.credit) for line in one.lines]) for one in found]

    def posted_of(self, card: str) -> list[tuple[str, Lines]]:
        """The entries of a card itself, on the present business date of its store."""
        self.post(f"STOREDVALUE#{card}")
        day = business_date(self.doors.world.clock.now(), "America/New_York", CUT_OFF)
        entries = entries_of_day(self.ledger, Day(TENANT, "100", day))
        return [
            (one.rule, [(line.account, line.debit - line.credit) for line in one.lines])
            for one in entries
            if one.order_id is None
        ]
