"""How the tenders and refunds of an order are shown. Amounts in minor units."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.payments.model import Payment
from oms.payments.refunds import Refund


class View(BaseModel):
    """Base of what callers see."""

    model_config = ConfigDict(frozen=True)


class PaymentView(View):
    """A tender; the provider's token is never shown. `disputed` is withheld, `charged_back` lost; minor units."""

    id: str
    tender: str
    provider: str
    state: str
    amount: int
    authorized: int
    captured: int
    pending: int
    released: int
    refunded: int
    refund_pending: int
    disputed: int
    charged_back: int
    psp_reference: str | None
    capture_before: str | None
    decline_code: str | None


class RefundPartView(View):
    """What of a refund is paid by one tender; `payment_id` is the tender of the order that it is paid from, if one.

    `account_id` is the new gift card or store credit that it was paid with.
    """

    number: int
    tender: str
    payment_id: str | None
    amount: int
    state: str
    attempt: int
    movement_id: str | None
    account_id: str | None
    failure_code: str | None


class RefundView(View):
    """Money that is owed back for one cause, and how far it has been paid."""

    id: str
    cause: str
    cause_id: str
    currency: str
    amount: int
    executed: int
    status: str
    owed_at: str | None
    parts: list[RefundPartView]


def payment_view(payment: Payment) -> PaymentView:
    """A tender as callers see it."""
    shown = payment.model_dump(include=set(PaymentView.model_fields))
    return PaymentView(**{**shown, "state": payment.state.value})


def refund_view(refund: Refund) -> RefundView:
    """A refund as callers see it."""
    return RefundView(
        id=refund.id,
        cause=refund.cause.value,
        cause_id=refund.cause_id,
        currency=refund.currency,
        amount=refund.amount,
        executed=refund.executed,
        status=refund.status.value,
        owed_at=refund.owed_at,
        parts=[
            RefundPartView(
                number=part.number,
                tender=part.tender,
                payment_id=part.sources[0].payment_id if len(part.sources) == 1 else None,
                amount=part.amount,
                state=part.state.value,
                attempt=part.attempt,
                movement_id=part.movement_id,
                account_id=part.account_id,
                failure_code=part.failure_code,
            )
            for part in refund.parts
        ],
    )
