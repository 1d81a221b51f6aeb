"""What a payment at the provider shows by itself, also of captures whose keys it has forgotten. Pure."""

from __future__ import annotations

from oms.orders.model import Order
from oms.payments.changes import Asked
from oms.payments.model import Payment
from oms.payments.port import Approved, Declined, Movement, NoTrace, ProviderPayment

# Why a call that nobody knows the outcome of is given to a person: its key may be forgotten by now.
OUTCOME_UNKNOWN = "outcome_unknown"


def is_over(found: ProviderPayment | NoTrace) -> bool:
    """Whether the provider holds nothing more of a payment."""
    return not isinstance(found, NoTrace) and found.authorized == (
        found.captured + found.capture_pending + found.released
    )


def is_all_known(payment: Payment, found: ProviderPayment) -> bool:
    """Whether the provider has taken, and is about to take, exactly what we know of."""
    known = payment.captured - payment.captured_before
    return (found.captured, found.capture_pending) == (known, payment.pending)


def is_gone(payment: Payment, asked: Asked, found: ProviderPayment | NoTrace) -> bool:
    """Whether the provider, which refused a capture, holds nothing more, and took nothing that we do not know of."""
    if isinstance(found, NoTrace) or not is_over(found):
        return False
    refused = asked.capture.amount if asked.capture.pending else 0
    known = (payment.captured - payment.captured_before, payment.pending - refused)
    return (found.captured, found.capture_pending) == known


def what_became(asked: Asked, found: ProviderPayment | NoTrace) -> Approved | Declined:
    """What became of a capture that the provider had accepted under a name of its own."""
    if not isinstance(found, NoTrace):
        for made in found.captures:
            if made.id == asked.capture.movement_id:
                return _answer(found, made)
    return Declined(OUTCOME_UNKNOWN)


def what_nobody_recorded(order: Order, asked: Asked, found: ProviderPayment | NoTrace) -> Approved | Declined:
    """A capture of just this amount that none of ours is; where there is none, a person must look."""
    ours = {
        name
        for shipment in order.taking
        for capture in shipment.captures
        for name in (capture.capture_id, capture.movement_id)
    }
    if not isinstance(found, NoTrace):
        for made in found.captures:
            if made.id not in ours and made.amount == asked.capture.amount and made.status != "failed":
                return _answer(found, made)
    return Declined(OUTCOME_UNKNOWN)


def _answer(found: ProviderPayment, made: Movement) -> Approved | Declined:
    if made.status == "failed":
        return Declined(made.failure_code or OUTCOME_UNKNOWN, found.reference)
    return Approved(
        found.reference, made.amount, found.currency, made.id, made.released, pending=made.status == "pending"
    )
