"""The tenders of a new order, for the transaction that stores it, and what is told of those that are paid already."""

from __future__ import annotations

from collections.abc import Sequence

from oms.orders.model import Order
from oms.orders.request import PaymentRequest
from oms.payments.events import PaymentCaptured, PaymentDeferred
from oms.payments.model import STORED_VALUE, Payment, taken_by_channel
from oms.platform.ids import child_id
from oms.stored_value.model import account_of


def tender(
    tenant: str, order_id: str, rank: int, asked: PaymentRequest, currency: str, authorize_from: str | None = None
) -> Payment:
    """A tender of a new order; of a gift card its account is kept, never its number, and it is held at once."""
    token = asked.token or ""
    payment = Payment(
        id=child_id("pay", order_id, rank),
        order_id=order_id,
        rank=rank,
        tender=asked.tender.value,
        provider=asked.provider,
        token=account_of(tenant, asked.tender.value, token) if asked.provider == STORED_VALUE else token,
        amount=asked.amount or 0,
        currency=currency,
        capture_on=asked.capture_on.value,
        psp_reference=asked.reference if asked.captured else None,
        authorize_from=None if asked.captured or asked.provider == STORED_VALUE else authorize_from,
    )
    return taken_by_channel(payment) if asked.captured else payment


def told_at_first(order: Order) -> Sequence[PaymentCaptured | PaymentDeferred]:
    """What the channel of a new order has taken itself, and what is asked for later, tender by tender."""
    header = order.header
    later = [
        PaymentDeferred(
            order_id=header.id,
            payment_id=payment.id,
            tender=payment.tender,
            provider=payment.provider,
            currency=payment.currency,
            legal_entity=header.legal_entity,
            store=header.selling_node,
            channel=header.channel,
            amount=payment.amount,
            authorize_from=payment.authorize_from,
        )
        for payment in order.payments
        if payment.authorize_from
    ]
    taken = [
        PaymentCaptured(
            order_id=header.id,
            payment_id=payment.id,
            tender=payment.tender,
            provider=payment.provider,
            currency=payment.currency,
            legal_entity=header.legal_entity,
            store=header.selling_node,
            channel=header.channel,
            psp_reference=payment.psp_reference or "",
            capture_id=payment.psp_reference or "",
            amount=payment.captured,
            released=0,
            final=True,
            shipment_ids=(),
            authorized=False,
        )
        for payment in order.payments
        if payment.by_channel
    ]
    return [*taken, *later]
