"""Tie-outs: what must agree when a date is closed, each a pure function that returns what does not.

| check | what must agree | where |
|---|---|---|
| T1 | debits and credits of each entity and currency | here |
| T2 | revenue of an order with what left, and its returns with what came back | here |
| T3 | customer deposits of an order with what was captured less what was delivered; aged | here |
| T4 | card clearing of a provider with the balance that it tells; aged where it tells none | here |
| T5 | payouts in transit with the bank; aged. Their items are matched where they are taken in | here |
| T6 | bags in transit with the bank; aged | here |
| T7 | the cash of a closed drawer with nothing | here; the safe is not counted yet |
| T8 | gift cards and store credit with the sum of their own balances | here |
| T9 | what one entity is owed with what the others owe it | here |
| T10 | open authorisations of an order with its tenders | here |
| T11 | tax payable of an order by jurisdiction, and of a drawer without one, with the tax of what left | here |
| T12 | refunds that are owed for long | here |
| T13 | the suspense account at a month's end | here |
| T14 | what suppliers are owed for an order, and its cost, with what they sent | here |
| SEAL | every store sealed, by itself and in time | here |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from oms.finance.chart import CHART, SALES_TAX
from oms.finance.closing.entity_checks import between_entities, card_clearing, in_transit, seals, stored_value, suspense
from oms.finance.closing.exceptions import Check, CloseException, ExceptionKind
from oms.finance.closing.facts import Evidence, OrderFacts
from oms.finance.closing.sums import balance, owed, own
from oms.finance.model import PostedEntry

# How many days after its last movement something open is told.
PAID_AND_NOT_DELIVERED, DELIVERED_AND_NOT_PAID, OWED_BACK = 14, 2, 2
_GOODS = ("4010", "4020", "4092")


def trial_balance(seen: Evidence) -> Iterator[CloseException]:
    """T1: debits equal credits in each currency, in the general ledger and in the memorandum pair."""
    sums: dict[tuple[str, bool], int] = defaultdict(int)
    for entry in seen.entries:
        for line in entry.lines:
            sums[line.currency, CHART[line.account].is_memorandum] += line.debit - line.credit
    for (currency, memorandum), amount in sorted(sums.items()):
        if amount:
            of = "the memorandum pair" if memorandum else "the general ledger"
            yield CloseException(
                check=Check.T1,
                kind=ExceptionKind.DIFFERS,
                currency=currency,
                expected=0,
                found=amount,
                detail=f"sum of {of}",
            )


def revenue(seen: Evidence) -> Iterator[CloseException]:
    """T2: what an order's journal has as goods, shipping and discounts is what left. Returns have their own entries."""
    for order_id, order in sorted(seen.orders.items()):
        sold = [entry for entry in own(seen, order_id) if any(line.account in ("4010", "4092") for line in entry.lines)]
        found = -sum(balance(sold, account, order.currency) for account in _GOODS)
        expected = order.delivered_goods - order.delivered_discount + order.delivered_shipping
        if found != expected:
            yield _of_order(Check.T2, order, "4010", expected, found, "goods, less discounts, with shipping")
        returned = balance(own(seen, order_id), "4090", order.currency)
        if returned != order.returned_goods:
            yield _of_order(Check.T2, order, "4090", order.returned_goods, returned, "goods that came back")


def deposits(seen: Evidence) -> Iterator[CloseException]:
    """T3: an order's customer deposits are what was captured less what was delivered; what stays for long is told.

    What was written off counts as captured.
    """
    for order_id, order in sorted(seen.orders.items()):
        entries = own(seen, order_id)
        found = -balance(entries, "2010", order.currency)
        expected = order.captured - order.delivered + order.written_off - _owed_back(entries, order.currency)
        if found != expected:
            yield _of_order(Check.T3, order, "2010", expected, found, "captured less delivered")
        elif found:
            most = PAID_AND_NOT_DELIVERED if found > 0 else DELIVERED_AND_NOT_PAID
            why = "paid and not delivered" if found > 0 else "delivered and not paid"
            yield from _aged(seen, _of_order(Check.T3, order, "2010", 0, found, why), entries, most)


def _owed_back(entries: Iterable[PostedEntry], currency: str) -> int:
    """What of the deposits became owed to the customer without a return: entries from 2010 straight to 2050."""
    straight = [entry for entry in entries if {line.account for line in entry.lines} == {"2010", "2050"}]
    return balance(straight, "2010", currency)


def drawers(seen: Evidence) -> Iterator[CloseException]:
    """T7: a closed drawer holds nothing in the ledger."""
    for session in seen.sessions:
        moved = [entry for entry in seen.entries if entry.drawer_session == session.session_id]
        found = balance(moved, "1010", session.currency)
        if session.is_over and found:
            yield CloseException(
                check=Check.T7,
                kind=ExceptionKind.DIFFERS,
                store=session.store,
                drawer_session=session.session_id,
                account="1010",
                currency=session.currency,
                expected=0,
                found=found,
                detail=f"drawer {session.drawer} is {session.state}",
            )


def authorisations(seen: Evidence) -> Iterator[CloseException]:
    """T10: what is held for an order by its tenders is what the memorandum pair has open."""
    held: dict[str, int] = defaultdict(int)
    for payment in seen.payments:
        held[payment.order_id] += payment.still_held
    for order_id, order in sorted(seen.orders.items()):
        found = balance(own(seen, order_id), "9010", order.currency)
        if found != held[order_id]:
            why = "authorised, neither captured nor released"
            yield _of_order(Check.T10, order, "9010", held[order_id], found, why)


def refunds_owed(seen: Evidence) -> Iterator[CloseException]:
    """T12: nothing is owed to a customer for long, and nothing was paid that was not owed."""
    for order_id, order in sorted(seen.orders.items()):
        entries = own(seen, order_id)
        found = owed(seen, order)
        if found < 0:
            yield _of_order(Check.T12, order, "2050", 0, found, "paid and not owed")
        elif found:
            open_ = _of_order(Check.T12, order, "2050", 0, found, "owed and not paid")
            yield from _aged(seen, open_, entries, OWED_BACK)
    without: dict[tuple[str, str], int] = defaultdict(int)
    for entry in seen.entries:
        if entry.order_id is None:
            for line in entry.lines:
                if line.account == "2050":
                    without[entry.drawer_session or "", line.currency] += line.credit - line.debit
    for (session, currency), amount in sorted(without.items()):
        if amount < 0:
            yield CloseException(
                check=Check.T12,
                kind=ExceptionKind.DIFFERS,
                drawer_session=session or None,
                account="2050",
                currency=currency,
                expected=0,
                found=amount,
                detail="paid without an order that owed it",
            )


def taxes(seen: Evidence) -> Iterator[CloseException]:
    """T11: the tax that is payable for an order is that of what left less what was given back; so it is for a drawer.

    Of an order it also is in each jurisdiction. What a write-off gives back is its own decision and stays out.
    """
    for order_id, order in sorted(seen.orders.items()):
        entries = [entry for entry in own(seen, order_id) if entry.rule != "write_off_posted"]
        found = -balance(entries, SALES_TAX, order.currency)
        expected = order.delivered_tax - order.given_back_tax
        if found != expected:
            yield _of_order(Check.T11, order, SALES_TAX, expected, found, "tax of what left, less what was given back")
        elif order.taxes:
            yield from _jurisdictions(order, entries)
    for session in seen.sessions:
        moved = [one for one in seen.entries if one.drawer_session == session.session_id and one.order_id is None]
        found = -balance(moved, SALES_TAX, session.currency)
        expected = sum(one.tax for one in seen.movements if one.session_id == session.session_id)
        if found != expected:
            yield CloseException(
                check=Check.T11,
                kind=ExceptionKind.DIFFERS,
                store=session.store,
                drawer_session=session.session_id,
                account=SALES_TAX,
                currency=session.currency,
                expected=expected,
                found=found,
                detail="tax of what was sold without an order",
            )


def supplied(seen: Evidence) -> Iterator[CloseException]:
    """T14: of an order, cost of goods and supplier payable are what its purchase orders shipped."""
    for order_id, order in sorted(seen.orders.items()):
        entries = [entry for entry in own(seen, order_id) if entry.rule == "goods_supplied"]
        for account, expected, sign in (("2210", order.supplied_payable, -1), ("5010", order.supplied_cost, 1)):
            found = sign * balance(entries, account, order.currency)
            if found != expected:
                yield _of_order(Check.T14, order, account, expected, found, "what suppliers sent")


CHECKS: tuple[Callable[[Evidence], Iterator[CloseException]], ...] = (
    trial_balance,
    revenue,
    deposits,
    card_clearing,
    in_transit,
    drawers,
    stored_value,
    between_entities,
    authorisations,
    taxes,
    refunds_owed,
    supplied,
    suspense,
    seals,
)


def _jurisdictions(order: OrderFacts, entries: Iterable[PostedEntry]) -> Iterator[CloseException]:
    """The jurisdictions of which an order's journal says another tax than the order."""
    found: dict[str | None, int] = defaultdict(int)
    for line in (line for entry in entries for line in entry.lines if line.account == SALES_TAX):
        found[line.jurisdiction] += line.credit - line.debit
    payable = {one.jurisdiction: one.payable for one in order.taxes}
    for name in sorted({*found, *payable}, key=lambda one: one or ""):
        if found[name] != payable.get(name, 0):
            of = f"tax of {name}" if name else "tax of which nobody said whose it is"
            yield _of_order(Check.T11, order, SALES_TAX, payable.get(name, 0), found[name], of)


def close_exceptions(seen: Evidence) -> tuple[CloseException, ...]:
    """What does not agree on a date, check by check."""
    return tuple(found for check in CHECKS for found in check(seen))


def _of_order(check: Check, order: OrderFacts, account: str, expected: int, found: int, detail: str) -> CloseException:
    """What differs on an account of an order."""
    return CloseException(
        check=check,
        kind=ExceptionKind.DIFFERS,
        store=order.store,
        order_id=order.order_id,
        account=account,
        currency=order.currency,
        expected=expected,
        found=found,
        detail=detail,
    )


def _aged(
    seen: Evidence, about: CloseException, entries: Iterable[PostedEntry], most_days: int
) -> Iterator[CloseException]:
    """The exception, where its account has not moved for more than some days."""
    since: date = max(
        entry.business_date for entry in entries if any(line.account == about.account for line in entry.lines)
    )
    age = (seen.day.date - since).days
    if age > most_days:
        yield about.model_copy(update={"kind": ExceptionKind.AGED, "since": since, "age_days": age})
