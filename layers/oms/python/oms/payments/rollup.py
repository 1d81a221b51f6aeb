"""The payment status of an order, from its tenders. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from oms.payments.model import Payment
from oms.payments.states import OPEN, Rollup, State, taken


def rollup(payments: Iterable[Payment], total: int, due: int = 0) -> Rollup:
    """The payment status of the whole order: a pure function of its tenders, its total and the worth of what left."""
    tenders = list(payments)
    if not tenders:
        return Rollup.CAPTURED if total == 0 else Rollup.UNPAID
    states = {payment.state for payment in tenders}
    if State.FAILED in states:
        return Rollup.FAILED
    if states & OPEN:
        return Rollup.PENDING
    captured = sum(payment.captured for payment in tenders)
    if captured and (captured < due or any(payment.capturable for payment in tenders)):
        return Rollup.PARTIALLY_CAPTURED
    if captured:
        return Rollup(taken(captured, sum(payment.refunded for payment in tenders)).value)
    if states <= {State.VOIDED}:
        return Rollup.VOIDED
    if State.EXPIRED in states:
        return Rollup.EXPIRED
    return Rollup.AUTHORIZED
