"""What comes back at a till, and what is owed for it: taken back and paid out in one transaction, or paying a sale.

What a sale leaves of a refund is owed in cash as before; what a till does not pay out at once, as after any return.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from oms.drawers.refunds import is_rounded
from oms.orders.model import Order, status
from oms.orders.states import refuse_unmanaged
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.payments.model import Payment
from oms.payments.paying import Payer, exchanged, paid_by_channel, paid_in_cash
from oms.payments.refunds import InDispute, Issuer, Part, Refund, has_movement, is_withheld, open_at_channel, open_cash
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.ids import parent_id
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Value, Write
from oms.pos.bringing import lines_back
from oms.pos.checks import CreditUsed, ReceiptNeeded
from oms.pos.model import CHANNEL, Identity
from oms.pos.requests import RecordTransaction, Tender
from oms.pos.store import load_transaction, sale_paid_by
from oms.pos.writes import credit_write


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What refunds that pay a sale change of their orders, and by the credit's position who owed each."""

    writes: list[Write]
    events: list[EventDraft]
    owing: Sequence[Issuer]


def exchange(runtime: Runtime, tenant: str, told: RecordTransaction, sale: Order, sale_id: str) -> Exchanged:
    """What the refunds of a sale change of the orders that owe them, whichever legal entity does.

    A refund that has nothing left after another sale raises CreditUsed. One that there is not, that owes less in cash,
    or that is in dispute, raises InvalidRequest.
    """
    errors: list[FieldError] = []
    used: list[FieldError] = []
    writes: list[Write] = []
    owing: list[Issuer] = []
    orders: dict[str, tuple[Order, list[Refund], list[EventData]]] = {}
    for number, credit in enumerate(told.exchange_credits):
        pointer = f"/exchange_credits/{number}"
        other = sale_paid_by(runtime.database, tenant, credit.refund_id)
        order_id = parent_id("ord", credit.refund_id)
        order = orders[order_id][0] if order_id in orders else load_order(runtime.database, tenant, order_id)
        refund = next((one for one in order.refunds if one.id == credit.refund_id), None) if order else None
        if other is not None and not (refund and open_cash(refund)):
            detail = f"{credit.refund_id} has paid {other}"
            used.append(FieldError(f"{pointer}/refund_id", CreditUsed.code, detail))
            continue
        wrong = list(_wrong(order, refund, credit.amount, sale.header.currency, pointer))
        errors += wrong
        if order is not None and refund is not None and not wrong:
            after, events = exchanged(order, refund, sale_id, credit.amount)
            owing.append(Issuer(legal_entity=order.header.legal_entity, store=order.header.selling_node))
            writes.append(credit_write(tenant, credit.refund_id, sale_id, again=other is not None))
            _, refunds, facts = orders.setdefault(order_id, (order, [], []))
            refunds.append(after)
            facts += events
    if used:
        raise CreditUsed(used[0].detail, errors=used)
    if errors:
        raise InvalidRequest(errors=errors)
    drafts: list[EventDraft] = []
    for order, refunds, facts in orders.values():
        _, changes, told_of = change_order(tenant, order, events=facts, refunds=refunds)
        writes += changes
        drafts += told_of
    return Exchanged(writes, drafts, owing)


def owed_by(payments: Sequence[Payment], owing: Sequence[Issuer], legal_entity: str) -> tuple[Payment, ...]:
    """The tenders of a sale, of which the credits come first, with the other legal entity that owed each of those."""
    credits = [
        payment.model_copy(update={"owed_by": one.legal_entity}) if one.legal_entity != legal_entity else payment
        for payment, one in zip(payments, owing, strict=False)
    ]
    return (*credits, *payments[len(credits) :])


def _wrong(
    order: Order | None, refund: Refund | None, amount: int, currency: str, pointer: str
) -> Sequence[FieldError]:
    if order is None or refund is None:
        return [FieldError(f"{pointer}/refund_id", "unknown_refund", "there is no such refund")]
    owed = sum(part.amount for part in open_cash(refund))
    if refund.currency != currency or owed < amount:
        detail = f"{owed} {refund.currency} are owed in cash"
        return [FieldError(f"{pointer}/amount", "not_owed", detail)]
    if any(is_withheld(order.payments, order.refunds, part) for part in open_cash(refund)):
        return [FieldError(f"{pointer}/refund_id", InDispute.code, InDispute.title)]
    return []


def take_back(
    runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, till: Issuer
) -> tuple[list[Write], list[EventDraft], dict[str, Value]]:
    """One return of the order that a till names, its units as stock of the store, and what the till paid out at once.

    Raises ReceiptNeeded without an order, InvalidRequest for an order that nobody knows, for units that were not
    delivered and for another amount than is owed by a tender, and what `accept` does.
    """
    # Loaded with the first return, so that sales start no slower.
    from oms.returns.accepting import TakenBack, accept

    brought = told.brought_back
    assert brought is not None, "a return says what was brought back"
    order = _order(runtime, call, told)
    taken = TakenBack(
        node_id=one.node_id,
        reason=brought.reason,
        lines=lines_back(order, brought.lines),
        fee=brought.fee,
        shipping=brought.shipping,
        to=brought.to,
        to_reason=brought.to_reason,
        override_reason=brought.override_reason,
    )
    with _pointing_into("/brought_back"):
        done = accept(runtime, call, order, taken)
    refunds, events = list(done.refunds), list(done.events)
    return_id = one.transaction_id(call.tenant)
    if told.tenders:
        refund, facts = _paid_out(order, refunds[0] if refunds else None, told, one, till, return_id)
        refunds, events = [refund], [*events, *facts]
    after, writes, drafts = change_order(call.tenant, order, events=events, refunds=refunds, returns=[done.made])
    body: dict[str, Value] = {
        "order_id": order.header.id,
        "order_status": status(after).value,
        "external_id": order.header.external_id,
        "unknown_stock": [],
        "return_id": done.made.id,
        "refund_id": done.made.refund_id,
        "owed": done.made.owed,
    }
    return [*writes, *done.stock], drafts, body


def _order(runtime: Runtime, call: Call, told: RecordTransaction) -> Order:
    brought = told.brought_back
    assert brought is not None, "a return says what was brought back"
    order_id, pointer = brought.order_id, "/brought_back/order_id"
    if brought.receipt is not None:
        pointer = "/brought_back/receipt"
        sale = load_transaction(runtime.database, call.tenant, Identity(**dict(brought.receipt)))
        order_id = json.loads(str(sale["body"]))["order_id"] if sale else None
    elif order_id is None:
        raise ReceiptNeeded(pointer="/brought_back")
    order = load_order(runtime.database, call.tenant, order_id) if order_id else None
    if order is None:
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_order", "no order is known by this name")])
    refuse_unmanaged(order.header.history)
    if order.header.currency != told.currency:
        detail = f"the order is in {order.header.currency}"
        raise InvalidRequest(errors=[FieldError("/currency", "other_currency", detail)])
    return order


def _paid_out(
    order: Order, refund: Refund | None, told: RecordTransaction, one: Identity, till: Issuer, return_id: str
) -> tuple[Refund, list[EventData]]:
    """The refund with what the till paid out: cash, and on the card that had paid at a till, each all that it owes."""
    errors: list[FieldError] = []
    events: list[EventData] = []
    payer = Payer(till.legal_entity, till.store, told.drawer_session_id, one.day, return_id)
    for number, tender in enumerate(told.tenders):
        parts = [] if refund is None else _owed_by(order, refund, tender.tender)
        wrong = _wrong_payment(order, parts, told, number)
        if wrong is not None or refund is None:
            errors += [wrong] if wrong else []
        elif tender.tender is Tender.CASH:
            refund, facts = paid_in_cash(order, refund, payer, tender.amount)
            events += facts
        else:
            refund, facts = paid_by_channel(order, refund, tender.reference or return_id, payer, tender.provider)
            events += facts
    if errors or refund is None:
        raise InvalidRequest(errors=errors)
    return refund, events


def _owed_by(order: Order, refund: Refund, tender: Tender) -> Sequence[Part]:
    """The parts that a till owes by a tender; what another channel took, such as a marketplace, no terminal has."""
    if tender is Tender.CASH:
        return open_cash(refund)
    return open_at_channel(refund) if order.header.channel == CHANNEL else ()


def _wrong_payment(order: Order, parts: Sequence[Part], told: RecordTransaction, number: int) -> FieldError | None:
    """What is wrong with a tender that a till says it paid out."""
    tender, currency = told.tenders[number], order.header.currency
    in_cash = tender.tender is Tender.CASH
    owed = sum(part.amount for part in parts)
    if not owed or owed + (told.rounding if in_cash else 0) != tender.amount:
        detail = f"{owed} {currency} are owed by {tender.tender.value} at a till"
        return FieldError(f"/tenders/{number}/amount", "not_owed", detail)
    if in_cash and told.rounding and not is_rounded(owed, currency, told.rounding):
        detail = f"{told.rounding} does not round {owed} {currency} to one of the smallest coins"
        return FieldError("/rounding", "not_a_coin", detail)
    if not in_cash and tender.reference and has_movement(order.refunds, tender.reference):
        return FieldError(f"/tenders/{number}/reference", "repeated", "another refund of the order has this name")
    if any(is_withheld(order.payments, order.refunds, part) for part in parts):
        return FieldError(f"/tenders/{number}", InDispute.code, InDispute.title)
    return None


@contextmanager
def _pointing_into(place: str) -> Iterator[None]:
    """What is refused within it points to fields below a place of what was told."""
    try:
        yield
    except Problem as refused:
        refused.errors = tuple(replace(error, pointer=f"{place}{error.pointer}") for error in refused.errors)
        raise
