"""What becomes of a tender whose hold ends: it ran out, was given back, or was never needed. Pure."""

from __future__ import annotations

from oms.orders.model import Order, Status, status
from oms.payments import model
from oms.payments.changes import Change, Overtaken, facts, in_review
from oms.payments.events import PaymentExpired, PaymentReleased, PaymentVoided
from oms.payments.model import Payment, State


def expiry(order: Order, payment: Payment, reference: str) -> Change:
    """The hold ran out. Unless all that was to leave has left, a person must look."""
    if payment.psp_reference != reference or not payment.capturable:
        raise Overtaken("The hold has been dealt with already.")
    event = PaymentExpired(
        **facts(order, payment, None),
        psp_reference=reference,
        release_id=f"{reference}:expired",
        amount=payment.capturable,
    )
    after = model.expired(payment)
    needed = after.state is State.EXPIRED and status(order) is not Status.COMPLETED
    return Change([event], [after], header=in_review(order, "authorization_expired") if needed else None)


def void(order: Order, payment: Payment, key: str) -> Change:
    """A tender that nobody needs any more was closed before anything was held."""
    event = PaymentVoided(**facts(order, payment, key), psp_reference=payment.psp_reference)
    return Change([event], [model.closed(payment)])


def release(
    order: Order, payment: Payment, key: str, release_id: str, *, renewable: bool, part: int | None = None
) -> Change:
    """What was left of a hold, or part of it, was given back; `renewable` where all of it will be needed again."""
    event = PaymentReleased(
        **facts(order, payment, key),
        psp_reference=payment.psp_reference or "",
        release_id=release_id,
        amount=payment.capturable if part is None else part,
    )
    if part is not None:
        return Change([event], [model.released_part(payment, part)])
    return Change([event], [model.expired(payment) if renewable else model.released(payment)])
