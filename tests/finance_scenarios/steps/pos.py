"""Rows about sales at tills, and sales of which a row tells only the instant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from oms.platform.clock import parse_instant
from tests.finance_scenarios.grammar import AT, Row
from tests.finance_scenarios.ledger import at_noon
from tests.finance_scenarios.lines import minor
from tests.finance_scenarios.paying import Tender
from tests.finance_scenarios.plan import OrderPlan, Parcel, Piece
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.steps import drawers, orders, stored_value
from tests.finance_scenarios.world import CannotDo

_SCOPES = ("pos.write", "pos.read", "channel.store")
_AT_A_TILL = re.compile(r"\b(pos|till|register|drawer|store|cash|counter)\b", re.IGNORECASE)


def sale(play: Play, row: Row) -> Mapping[str, Any]:
    """One transaction of a till: goods are carried out, and paid by what the row names."""
    store, currency = play.store(row), play.currency(row)
    parcel = _parcel(play, row)
    due = sum(piece.total for piece in parcel)
    paid = _paid(play, row, due)
    credit = play.amount(row, "exchange_credit")
    taken = sum(amount for _, amount in paid)
    body: dict[str, Any] = {
        "node_id": store,
        "workstation": f"W-{row.get('drawer') or 'D1'}",
        "business_date": play.clock.now().date().isoformat(),
        "sequence": _sequence(play, row),
        "type": "sale",
        "cashier": "ann",
        "currency": currency,
        "lines": [_line(play, row, number, piece, store) for number, piece in enumerate(parcel, start=1)],
        "totals": {
            "goods": sum(piece.gross for piece in parcel),
            "discount": sum(piece.discount for piece in parcel),
            "tax": sum(piece.tax for piece in parcel),
            "total": due,
        },
        "tenders": [_tender(play, row, kind, amount) for kind, amount in paid],
        "rounding": taken + credit - due,
    }
    if credit:
        body["exchange_credits"] = [{"refund_id": _refund(play), "amount": credit}]
    if any(kind == "cash" for kind, _ in paid):
        body["drawer_session_id"] = drawers.session(play, row).id
    if row.get("drawer"):
        body["business_date"] = drawers.business_date(play, row)
    answer = play.post(play.api("pos", *_SCOPES), "/v1/pos/transactions", body)
    if row.get("order"):
        play.book["order", row.get("order")] = answer["order_id"]
    return dict(answer)


def at(play: Play, row: Row) -> Mapping[str, Any]:
    """The sale that the title describes, at an instant of a zone; the answer is the date on which it was posted."""
    instant, zone = parse_instant(str(row.get("at"))), row.get("tz") or "UTC"
    amounts = _amounts(play, row)
    session_date = row.get("session_business_date")
    entity = row.get("entity") or "100"
    made = replace(row, values={**row.values, **amounts})
    before = len(play.facts)
    if session_date or row.get("store") or row.get("drawer") or _AT_A_TILL.search(play.scenario.title):
        name = f"S-{zone}".replace("/", "-")
        play.retailer.store(name, entity, time_zone=zone)
        drawer = row.get("drawer") or f"D-{row.number}"
        made = replace(made, values={"store": name, "drawer": drawer, **made.values})
        if session_date:
            play.clock.instant = min(at_noon(date.fromisoformat(session_date)), instant)
        else:
            play.clock.instant = instant
        drawers.session(play, made)
        play.clock.instant = instant
        sale(play, made)
    else:
        name = f"WEB-{zone}".replace("/", "-")
        play.retailer.store(name, entity, time_zone=zone)
        _web_sale(play, made, name, instant)
    play.collect()
    dates = {e.business_date.isoformat() for fact in play.facts[before:] if fact.row for e in fact.entries}
    return {"business_date": ", ".join(sorted(dates))}


def _web_sale(play: Play, row: Row, site: str, instant: Any) -> None:
    """An order that leaves at the instant; only that is the sale."""
    piece = Piece(play.amount(row, "gross"), play.amount(row, "discount"), play.amount(row, "tax"), line_no=1)
    plan = OrderPlan(f"{row.name}", play.entity(row), play.currency(row), [row])
    plan.parcels.append(Parcel(row, [piece]))
    plan.tenders.append(Tender("card", piece.total, quiet=True))
    play.plans[plan.name] = plan
    play.book["site", plan.name] = site
    play.clock.instant = instant
    with play.quietly():
        orders.order_id(play, plan)
        orders.authorize(play, plan)
    orders.ship(play, plan, [piece])


def _amounts(play: Play, row: Row) -> dict[str, str]:
    """What was sold: by the lines that the row expects, or as the title says; without either, goods of 10.00."""
    found = {line.account: line.amount for line in row.lines if line.side == "Cr"}
    if "4010" in found:
        amounts = {"gross": found["4010"], "tax": found.get("2040", "0")}
        discount = next((line.amount for line in row.lines if line.account == "4092"), "0")
        paid = {"1010": "cash", "1110": "card"}
        taken = {paid[line.account]: line.amount for line in row.lines if line.side == "Dr" and line.account in paid}
        return {**amounts, "discount": discount, **taken}
    named = re.search(r"\b([0-9]+\.[0-9]{2})\b", f"{play.scenario.title} {play.scenario.remark}")
    return {"gross": named[1] if named else "10.00"}


def _parcel(play: Play, row: Row) -> list[Piece]:
    name = row.get("order")
    if name in play.plans:
        for parcel in play.plans[str(name)].parcels:
            if parcel.row is not None and parcel.row.number == row.number:
                return parcel.pieces
    return [Piece(play.amount(row, "gross"), play.amount(row, "discount"), play.amount(row, "tax"))]


def _paid(play: Play, row: Row, due: int) -> list[tuple[str, int]]:
    """What was taken by each tender; cash net of change."""
    cash = play.amount(row, "cash") or play.amount(row, "cash_tendered") - play.amount(row, "change")
    found = {"cash": cash, **{kind: play.amount(row, kind) for kind in ("card", "gift_card", "store_credit")}}
    paid = [(kind, amount) for kind, amount in found.items() if amount]
    credit = play.amount(row, "exchange_credit")
    if not paid and due > credit:
        kind = row.get("tender") or ("cash" if row.get("drawer") else "card")
        paid.append((kind, play.amount(row, default=due - credit + play.amount(row, "rounding"))))
    return paid


def _sequence(play: Play, row: Row) -> int:
    """The number of the transaction: the same when a row is repeated."""
    known = play.book.get(("sequence", row.number))
    if known is None:
        till = ("till", row.get("drawer") or "D1")
        known = play.book[till] = play.book.get(till, 0) + 1
        play.book["sequence", row.number] = known
    return int(known)


def _line(play: Play, row: Row, number: int, piece: Piece, store: str) -> dict[str, Any]:
    sku = f"{row.name}-{number}"
    if ("sku", sku) not in play.book:
        play.book["sku", sku] = True
        play.retailer.add_item(sku, {store: 1})
    line: dict[str, Any] = {
        "sku": sku,
        "quantity": 1,
        "unit_price": piece.gross,
        "tax": piece.tax,
        "total": piece.total,
    }
    if piece.discount:
        line["discounts"] = [{"amount": piece.discount, "source": "promotion"}]
    return line


def _tender(play: Play, row: Row, kind: str, amount: int) -> dict[str, Any]:
    if kind in ("gift_card", "store_credit"):
        spent = ("spent", row.number, kind)
        if spent not in play.book:
            play.book[spent] = stored_value.spendable(play, row, kind, play.currency(row), amount).id
        return {"tender": kind, "amount": amount, "reference": play.book[spent]}
    if kind != "cash":
        return {"tender": kind, "amount": amount, "provider": "strict", "reference": f"pos-{row.name}-{kind}"}
    tender: dict[str, Any] = {"tender": "cash", "amount": amount}
    given, change = row.get("cash_tendered"), row.get("change")
    if given is not None:
        currency = row.get("currency") or "USD"
        tender |= {"given": minor(given, currency), "change": minor(change or "0", currency)}
    return tender


def _refund(play: Play) -> str:
    """The refund that the last return of the scenario owes."""
    found = play.book.get("owed")
    if found is None:
        raise CannotDo("no return owes what the sale is paid with")
    return str(found)


STEPS = {"pos.sale": sale, AT: at}
