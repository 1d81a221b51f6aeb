"""Days of a ledger beside what the contexts say of them, made by hand for the tie-outs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from oms.finance.closing.exceptions import Check, CloseException
from oms.finance.closing.facts import Carried, Evidence, OrderFacts, PaymentFacts, SessionFacts
from oms.finance.closing.model import Seal, SealedDay, SealState
from oms.finance.closing.tie_outs import close_exceptions
from oms.finance.lanes import Day
from oms.finance.model import Line, PostedEntry, credit, debit

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIMES = iter(range(1, 10_000))


def entry(*lines: Line, order: str | None = "ord_1", on: date = TODAY, entity: str = "100", **more: Any) -> PostedEntry:
    number = next(TIMES)
    return PostedEntry(
        **{
            "entry_id": f"ent_{number}",
            "rule": "planted",
            "rule_version": 1,
            "entity": entity,
            "store": "web",
            "channel": "shop",
            "order_id": order,
            "occurred_at": NOON,
            "source_event": f"evt_{number}",
            "reference": f"ref_{number}",
            "lines": lines,
            "posted_at": NOON,
            "business_date": on,
            **more,
        }
    )


def usd(account: str, amount: int) -> Line:
    """A line; debit above zero."""
    return debit(account, amount, "USD") if amount > 0 else credit(account, -amount, "USD")


def order(**more: Any) -> OrderFacts:
    """An order of 113.25 that was shipped and captured."""
    facts = {
        "order_id": "ord_1",
        "external_id": "1",
        "channel": "shop",
        "store": "web",
        "legal_entity": "100",
        "currency": "USD",
        "status": "COMPLETED",
        "placed_at": "2026-11-20T12:00:00.000Z",
        "goods": 10000,
        "discount": 0,
        "charges": 500,
        "tax": 825,
        "total": 11325,
        "captured": 11325,
        "delivered": 11325,
        "delivered_goods": 10000,
        "delivered_discount": 0,
        "delivered_shipping": 500,
        "delivered_tax": 825,
        "version": 5,
    }
    return OrderFacts.model_validate(facts | more)


def payment(authorized: int = 11325, captured: int = 11325, released: int = 0) -> PaymentFacts:
    return PaymentFacts(
        payment_id="pay_1",
        order_id="ord_1",
        rank=1,
        tender="card",
        provider="strict",
        psp_reference="psp_1",
        state="CAPTURED",
        currency="USD",
        amount=11325,
        authorized=authorized,
        captured=captured,
        released=released,
    )


def session(state: str = "CLOSED") -> SessionFacts:
    return SessionFacts(
        session_id="drw_1",
        store="S12",
        drawer="D1",
        legal_entity="100",
        business_date=TODAY,
        currency="USD",
        device="T1",
        cashier="ann",
        state=state,
        is_over=state == "CLOSED",
        opened_at=NOON,
        opening_float=10000,
        cash_sale=0,
        cash_refund=0,
        drop=0,
        paid_in=0,
        paid_out=0,
        movements=0,
        expected=10000,
        counted=10000,
        variance=0,
        missing=0,
        statement=1,
    )


AUTHORIZED = entry(usd("9010", 11325), usd("9020", -11325))
SHIPPED = entry(usd("2010", 11325), usd("4010", -10000), usd("4020", -500), usd("2040", -825))
CAPTURED = entry(usd("1110", 11325), usd("2010", -11325), usd("9020", 11325), usd("9010", -11325))
OPENED = entry(usd("1010", 10000), usd("1020", -10000), order=None, drawer_session="drw_1", store="S12")
CLOSED = entry(usd("1020", 10000), usd("1010", -10000), order=None, drawer_session="drw_1", store="S12")
IN_ORDER = (AUTHORIZED, SHIPPED, CAPTURED, OPENED, CLOSED)


def seen(*entries: PostedEntry, on: date = TODAY, journal: tuple[PostedEntry, ...] = (), **more: Any) -> Evidence:
    """A day of these entries; `journal` are entries of the order from days before."""
    named = {one.order_id for one in (*entries, *journal) if one.order_id is not None}
    journals = {name: [one for one in (*journal, *entries) if one.order_id == name] for name in named}
    found: dict[str, Any] = {
        "day": Day("demo", "100", on),
        "entries": entries,
        "journals": journals,
        "between": [],
        "orders": {"ord_1": order()},
        "payments": [payment()],
        "sessions": [session()],
        "movements": [],
        "stores": [SealedDay(store="web", state=SealState.SEALED, seal=Seal(sealed_by="max", sealed_at=NOON))],
        "silent": [],
        "carried": Carried(),
    }
    return Evidence(**found | more)


def found(evidence: Evidence, check: Check) -> list[CloseException]:
    """What one tie-out found."""
    return [one for one in close_exceptions(evidence) if one.check is check]
