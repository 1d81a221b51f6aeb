"""The till T1 of store S1 through the doors: one short method for each call.

till = Till(doors)
sold = till.sale(1, sold_line("A", 2, 1000, tax=83))       # paid in cash unless tenders are given
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors
from tests.order_world import NEW_YORK, TENANT

DAY = "2026-11-23"
SCOPES = ("pos.read", "pos.write")


def sold_line(
    sku: str = "A", quantity: int = 1, price: int = 1000, *, tax: int = 0, off: int = 0, freight: int = 0, **more: Any
) -> dict[str, Any]:
    """A line whose total adds up; `off` is a discount, `freight` what its delivery costs where it leaves later."""
    made: dict[str, Any] = {"sku": sku, "quantity": quantity, "unit_price": price, "tax": tax, **more}
    if off:
        made["discounts"] = [{"amount": off, "source": "promo-1"}]
    if freight:
        made["charges"] = [{"kind": "shipping", "amount": freight}]
    return {**made, "total": price * quantity - off + freight + tax}


def later(sku: str = "A", quantity: int = 1, price: int = 1000, **more: Any) -> dict[str, Any]:
    """A line that is delivered to the customer's home."""
    return sold_line(sku, quantity, price, method="delivery", ship_to=NEW_YORK, **more)


def cash(amount: int, **more: int) -> dict[str, Any]:
    return {"tender": "cash", "amount": amount, **more}


def card(amount: int, reference: str = "ch_1") -> dict[str, Any]:
    return {"tender": "card", "amount": amount, "provider": "strict", "reference": reference}


def totals_of(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The sums of some lines."""
    sums = {
        "goods": sum(one["unit_price"] * one["quantity"] for one in lines),
        "discount": sum(d["amount"] for one in lines for d in one.get("discounts", [])),
        "charges": sum(c["amount"] for one in lines for c in one.get("charges", [])),
        "tax": sum(one["tax"] for one in lines),
    }
    return {**sums, "total": sums["goods"] - sums["discount"] + sums["charges"] + sums["tax"]}


def transaction(sequence: int, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A sale of till T1 whose sums add up, paid in cash unless `tenders` are given."""
    totals = totals_of(lines)
    due = totals["total"] + changes.get("rounding", 0)
    credit = sum(one["amount"] for one in changes.get("exchange_credits", ()))
    made = {
        "node_id": "S1",
        "workstation": "T1",
        "business_date": DAY,
        "sequence": sequence,
        "type": "sale",
        "cashier": "ann",
        "currency": "USD",
        "lines": list(lines),
        "totals": totals,
        "tenders": [cash(due - credit)] if due > credit else [],
    }
    return copy.deepcopy({**made, **changes})


def event_only(sequence: int, kind: str = "no_sale", **changes: Any) -> dict[str, Any]:
    """A transaction without goods and money."""
    made = {"node_id": "S1", "workstation": "T1", "business_date": DAY, "sequence": sequence}
    return {**made, "type": kind, "cashier": "ann", **changes}


@dataclass
class Till:
    """Calls the function of tills as the store's till."""

    doors: Doors
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(self.doors.module("pos").handler, SCOPES, TENANT, actor="till-1")

    def tell(self, body: dict[str, Any], **more: Any) -> Answer:
        return self.api.post("/v1/pos/transactions", body, **more)

    def sale(self, sequence: int, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The answer to a sale that was taken in now."""
        answer = self.tell(transaction(sequence, *lines, **changes))
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def workstations(self, day: str = DAY, node: str = "S1") -> dict[str, Any]:
        answer = self.api.get(f"/v1/pos/workstations?node_id={node}&business_date={day}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def told(self, order_id: str, kind: str) -> dict[str, Any]:
        """The data of the last event of a type of an order."""
        return dict(self.doors.stored_event(order_id, kind)["detail"]["data"])

    def stock_events(self) -> list[dict[str, Any]]:
        """What was told of stock that moved other than by orders."""
        rows = [row for (table, _), row in self.doors.world.database.rows.items() if table == "events"]
        return [json.loads(str(row["detail"]))["data"] for row in rows if row["type"] == "StockMoved"]
