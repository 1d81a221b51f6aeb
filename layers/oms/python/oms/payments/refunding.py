"""What of an order's money can be given back, by which tenders, and what is owed for a cause. Pure.

Whoever owes money calls `owe_refund` and hands the refund and its events to `orders.writes.change_order`: the
transaction is held to the order's version, so refunds for several causes together never exceed what was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

from oms.orders.amounts import Amounts
from oms.orders.charges import kept_amounts
from oms.orders.model import Order
from oms.payments.events import OwedPart, RefundOwed
from oms.payments.model import STORED_VALUE, Payment
from oms.payments.refunds import CASH, TILL, Cause, GivenFor, Issuer, OverRefund, Part, Refund, Source, claimed
from oms.platform.events import EventData
from oms.platform.ids import child_id

# Who pays a tender that money is moved to.
PROVIDER_OF = {"store_credit": "stored_value", "gift_card": "stored_value", CASH: None}


def refundable(order: Order) -> dict[str, int]:
    """Per tender what was captured, less what was refunded and what is being refunded (FR4); minor units."""
    return {payment.id: payment.refundable for payment in order.payments}


def plan_refund(order: Order, amount: int, to: str | None = None, issuer: Issuer | None = None) -> tuple[Part, ...]:
    """The parts that pay an amount: from the tender charged last back to the first, or all of it to another tender.

    `to` is store_credit, gift_card or cash, and `issuer` whose credit or card that is, where it is not the order's
    company. More than is refundable raises OverRefund.
    """
    left = sum(refundable(order).values())
    if amount > left:
        raise OverRefund(f"{amount} would be given back, and {left} can be.")
    sources = list(_sources(order, amount))
    if to is not None:
        whole = tuple(source for _, source in sources)
        return (Part(number=1, **payer_of(to, issuer), amount=amount, sources=whole),) if whole else ()
    return tuple(
        Part(
            number=number,
            **_payer(payment),
            amount=source.amount,
            sources=(source,),
        )
        for number, (payment, source) in enumerate(sources, start=1)
    )


def owe_refund(
    order: Order,
    cause: Cause | str,
    cause_id: str,
    amount: int,
    to: str | None = None,
    *,
    at: str | None = None,
    lines: Sequence[GivenFor] = (),
    issuer: Issuer | None = None,
) -> tuple[Refund, list[EventData]]:
    """Money is owed from now on: the refund and what is told of it; more than is refundable raises OverRefund.

    One call for each version of the order, since the refund's id counts those that the order has. `at` is the instant;
    `lines` is what an appeasement gives for lines that the customer keeps.
    """
    header = order.header
    refund = Refund(
        id=child_id("rfd", header.id, len(order.refunds) + 1),
        order_id=header.id,
        cause=Cause(cause),
        cause_id=cause_id,
        currency=header.currency,
        amount=amount,
        parts=tuple(part.model_copy(update={"fixed_at": at}) for part in plan_refund(order, amount, to, issuer)),
        owed_at=at,
        lines=tuple(lines),
    )
    told = RefundOwed(
        **refund_facts(order, refund),
        amount=amount,
        parts=tuple(OwedPart(number=p.number, tender=p.tender, amount=p.amount) for p in refund.parts),
    )
    return refund, [told]


def cancellation_refund(before: Order, after: Order) -> tuple[Refund, list[EventData]] | None:
    """What a change owes because it cancels units whose money was taken already; None where it owes nothing."""
    taken = sum(payment.captured for payment in before.payments) != sum(one.captured for one in after.payments)
    # Money may also be taken after its units were cancelled, where it had been asked for before.
    # While it is in dispute nothing is owed of a payment; what was cancelled meanwhile is owed when that is over.
    thawed = {one.id for one in before.payments if one.is_frozen} - {one.id for one in after.payments if one.is_frozen}
    cancelled = after.header.cancellations != before.header.cancellations
    if not after.header.cancellations or not (cancelled or taken or thawed):
        return None
    owed = sum(refund.amount for refund in after.refunds if refund.cause is Cause.CANCELLATION)
    # What a customer's bank has given back is not given back once more.
    kept = sum(payment.captured - payment.charged_back for payment in after.payments)
    excess = kept - owed - worth(after).total
    amount = min(excess, sum(refundable(after).values()))
    return owe_refund(after, Cause.CANCELLATION, before.next_change, amount) if amount > 0 else None


def worth(order: Order) -> Amounts:
    """What the units of an order cost that are not cancelled, with what accompanies them."""
    return sum(kept_amounts(order).values(), Amounts())


def covered(order: Order) -> int:
    """What of an order's worth its tenders have paid or will, less what is given back for cancellations.

    What was delivered and given up unpaid is asked for no more.
    """
    paid = sum(one.captured + (0 if one.by_channel else one.pending + one.coverage) for one in order.payments)
    back = sum(refund.amount for refund in order.refunds if refund.cause is Cause.CANCELLATION)
    return paid - back + order.header.written_off


def refund_facts(order: Order, refund: Refund) -> dict[str, str]:
    """What every fact of a refund says."""
    header = order.header
    return {
        "order_id": header.id,
        "refund_id": refund.id,
        "cause": refund.cause.value,
        "cause_id": refund.cause_id,
        "currency": refund.currency,
        "legal_entity": header.legal_entity,
        "store": header.selling_node,
        "channel": header.channel,
    }


class _Payer(TypedDict):
    """Of a part of a refund who pays it, and with what."""

    tender: str
    provider: str | None
    by_channel: bool
    new_balance: bool
    issuer: Issuer | None


def payer_of(to: str, issuer: Issuer | None = None) -> _Payer:
    """Who pays money that goes elsewhere: a drawer cash, and we the gift card or store credit that is made for it."""
    provider = PROVIDER_OF[to]
    own = provider is not None
    return _Payer(tender=to, provider=provider, by_channel=False, new_balance=own, issuer=issuer if own else None)


def _payer(payment: Payment) -> _Payer:
    """Who gives back what a tender paid: a drawer what a till took, the channel what it took, else the provider."""
    if payment.provider == TILL:
        return _Payer(tender=CASH, provider=None, by_channel=False, new_balance=False, issuer=None)
    # A balance of ours that was spent at a till is ours to fill again.
    by_channel = payment.by_channel and payment.provider != STORED_VALUE
    provider = None if by_channel else payment.provider
    return _Payer(tender=payment.tender, provider=provider, by_channel=by_channel, new_balance=False, issuer=None)


def _sources(order: Order, amount: int) -> Iterator[tuple[Payment, Source]]:
    """Which charges give an amount back: those made last first."""
    for payment in _last_charged_first(order.payments):
        room = payment.refundable
        for charge in reversed(payment.takings):
            free = charge.captured - claimed(order.refunds, payment.id, charge.reference)
            take = min(amount, free, room)
            if take > 0:
                yield payment, Source(payment_id=payment.id, reference=charge.reference, amount=take)
                amount, room = amount - take, room - take


def _last_charged_first(payments: Sequence[Payment]) -> list[Payment]:
    return sorted(payments, key=lambda payment: (payment.rank, payment.id), reverse=True)
