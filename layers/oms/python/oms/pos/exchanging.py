"""What is owed for a return pays a sale, in the sale's transaction; what is left of it is owed in cash as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.payments.paying import exchanged
from oms.payments.refunds import InDispute, Refund, is_withheld, open_cash
from oms.platform.commands import Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.ids import parent_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write
from oms.pos.checks import CreditUsed
from oms.pos.requests import RecordTransaction
from oms.pos.store import sale_paid_by
from oms.pos.writes import credit_write


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: the legal entity of the store, and the currency of the sale."""

    legal_entity: str
    currency: str


def exchange(
    runtime: Runtime, tenant: str, told: RecordTransaction, seller: Seller, sale_id: str
) -> tuple[list[Write], list[EventDraft]]:
    """What the refunds of a sale change of the orders that owe them.

    A refund that has nothing left after another sale raises CreditUsed. One that there is not, that owes less in cash,
    or that another company owes or that is in dispute, raises InvalidRequest.
    """
    errors: list[FieldError] = []
    used: list[FieldError] = []
    writes: list[Write] = []
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
        wrong = list(_wrong(order, refund, credit.amount, seller, pointer))
        errors += wrong
        if order is not None and refund is not None and not wrong:
            after, events = exchanged(order, refund, sale_id, credit.amount)
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
    return writes, drafts


def _wrong(
    order: Order | None, refund: Refund | None, amount: int, seller: Seller, pointer: str
) -> Sequence[FieldError]:
    if order is None or refund is None:
        return [FieldError(f"{pointer}/refund_id", "unknown_refund", "there is no such refund")]
    owed = sum(part.amount for part in open_cash(refund))
    if refund.currency != seller.currency or owed < amount:
        detail = f"{owed} {refund.currency} are owed in cash"
        return [FieldError(f"{pointer}/amount", "not_owed", detail)]
    if order.header.legal_entity != seller.legal_entity:
        detail = f"{order.header.legal_entity} owes it, and {seller.legal_entity} sells"
        return [FieldError(f"{pointer}/refund_id", "other_legal_entity", detail)]
    if any(is_withheld(order.payments, order.refunds, part) for part in open_cash(refund)):
        return [FieldError(f"{pointer}/refund_id", InDispute.code, InDispute.title)]
    return []
