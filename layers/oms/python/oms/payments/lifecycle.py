"""What the payment of an order waits for, and until when. Pure.

It is read from the stored order alone, so a payment workflow that was lost is begun anew at any time and goes on where
the order stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from oms.fulfillment.model import Capture
from oms.orders.model import Order, Status, status
from oms.orders.unfinished import OVER, is_wanted
from oms.payments.model import Payment, State
from oms.platform.clock import parse_instant

# How long a customer may take to confirm at the bank: the goods wait for it.
CONFIRMED_WITHIN = timedelta(days=1)
# A hold is authorised anew when this part of its time is over (rule FR7), in hundredths.
RENEWED_AFTER = 80
SHORTEST_HOLD = timedelta(hours=1)
# Goods that have not left after so many holds are looked at by a person when the last one has run out.
MOST_HOLDS = 5
# After which time a refused capture is asked for again; then the customer is asked for another card.
CAPTURED_AGAIN_AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=3))
LINK_LASTS = timedelta(days=3)
# Refusals that another attempt may turn: the bank or the account, not the card.
MAY_PASS = frozenset(
    {"insufficient_funds", "processor_declined", "generic_decline", "try_again_later", "issuer_unavailable"}
)
_HELD = frozenset({State.AUTHORIZED, State.PARTIALLY_CAPTURED})


class Step(StrEnum):
    """What is done about a payment when its time has come."""

    CONFIRM = "confirm"  # the time of a customer who was to confirm is over, or that of a tender has come
    RENEW = "renew"  # a hold that is still needed is authorised anew before it runs out
    CAPTURE_AGAIN = "capture_again"  # a refused capture is asked for once more
    SEND_LINK = "send_link"  # the customer is asked for another card
    GIVE_UP = "give_up"  # nobody paid in time
    EXPIRE = "expire"  # goods that were to be paid for in a store are held no longer


@dataclass(frozen=True, slots=True)
class Due:
    """One step of one tender, and when it is due; `shipment_id` where it is about the money of a shipment.

    What is to be paid for in a store has no tender.
    """

    at: datetime
    step: Step
    payment_id: str
    shipment_id: str | None = None


def renewal_time(held_at: datetime, until: datetime) -> datetime:
    """When a hold is authorised anew: at 80 % of its time, but not at once where it lasts for minutes only."""
    return held_at + max((until - held_at) * RENEWED_AFTER // 100, SHORTEST_HOLD)


def leaves_after(order: Order, at: str) -> bool:
    """Whether some of an order is to leave after an instant, or nobody knows when."""
    promised = [group.promise.due_at for group in order.header.groups if group.promise]
    return bool(order.header.backorders) or any(due is not None and due > at for due in promised)


def next_due(order: Order, now: datetime) -> Due | None:
    """The step that is due first; None where the payment waits for nothing but what others do."""
    return min(_dues(order, now), key=lambda due: (due.at, due.payment_id, due.step), default=None)


def _dues(order: Order, now: datetime) -> Iterator[Due]:
    if order.header.reserved is not None:
        yield from _expiry(order)
    for payment in order.payments:
        if payment.state is State.CREATED and payment.authorize_from and is_wanted(order, payment):
            yield Due(parse_instant(payment.authorize_from), Step.CONFIRM, payment.id)
        if payment.state is State.ACTION_REQUIRED and payment.action_since:
            yield Due(parse_instant(payment.action_since) + CONFIRMED_WITHIN, Step.CONFIRM, payment.id)
        if payment.renew_at and payment.attempt < MOST_HOLDS and _is_held(order, payment):
            yield Due(parse_instant(payment.renew_at), Step.RENEW, payment.id)
        if payment.state is State.EXPIRED and not order.header.in_review and is_wanted(order, payment):
            # A renewal that was begun and not ended.
            yield Due(now, Step.RENEW, payment.id)
        for shipment_id, again_at in _refused(order, payment):
            if again_at:
                yield Due(again_at, Step.CAPTURE_AGAIN, payment.id, shipment_id)
        if payment.pay_link and not payment.pay_link.is_over:
            yield Due(parse_instant(payment.pay_link.expires_at), Step.GIVE_UP, payment.id)
        elif payment.pay_link is None and payment.state is not State.EXPIRED and needs_another_card(order, payment):
            yield Due(now, Step.SEND_LINK, payment.id)


def _expiry(order: Order) -> Iterator[Due]:
    """When goods that were to be paid for in a store are given up."""
    # Loaded for such orders only.
    from oms.orders.paying_in_store import expires_at

    until = expires_at(order)
    if until is not None:
        yield Due(until, Step.EXPIRE, "")


def needs_another_card(order: Order, payment: Payment) -> bool:
    """Whether only another card can pay what this tender was to pay."""
    if payment.state is State.FAILED or (payment.state is State.EXPIRED and order.header.in_review):
        lost = given_up(order)
        owed = any(
            capture.payment_id == payment.id and capture.is_owed and (shipment.id, payment.id) not in lost
            for shipment in order.taking
            for capture in shipment.captures
        )
        # An order that has left whole may be in review all the same, because of this tender.
        unseen = replace(order, header=order.header.model_copy(update={"in_review": False}))
        return (owed or status(unseen) not in OVER) and status(order) is not Status.CANCELLED
    return any(again_at is None for _, again_at in _refused(order, payment))


def given_up(order: Order) -> frozenset[tuple[str, str]]:
    """The shipments whose money is not asked for any more because it was written off, each with its tender.

    What is left of the debt pays the oldest shipments that it covers whole.
    """
    if not order.header.written_off:
        return frozenset()
    rest = unpaid_rest(order)
    lost = set[tuple[str, str]]()
    for shipment in order.shipments:
        for capture in shipment.captures:
            if capture.refused or is_stuck(order, capture):
                if capture.amount > rest:
                    lost.add((shipment.id, capture.payment_id))
                else:
                    rest -= capture.amount
    return frozenset(lost)


def is_stuck(order: Order, capture: Capture) -> bool:
    """Whether money that is owed waits for another card: its tender could not be held anew."""
    failed = any(one.id == capture.payment_id and one.state is State.FAILED for one in order.payments)
    return capture.is_owed and failed


def unpaid_rest(order: Order) -> int:
    """What was delivered and is neither paid nor given up; minor units, never below 0."""
    delivered = sum(shipment.amounts.total for shipment in order.shipments)
    paid = sum(payment.captured for payment in order.payments)
    return max(0, delivered - paid - order.header.written_off)


def _is_held(order: Order, payment: Payment) -> bool:
    """Whether a tender holds money that a shipment to come may take."""
    return payment.state in _HELD and payment.capturable > 0 and not payment.pending and status(order) not in OVER


def _refused(order: Order, payment: Payment) -> Iterator[tuple[str, datetime | None]]:
    """The shipments whose money a tender was refused, with when it is asked for again; None where it is not."""
    lost = given_up(order)
    for shipment in order.taking:
        for capture in shipment.captures:
            asked = capture.payment_id == payment.id and (shipment.id, payment.id) not in lost
            if asked and capture.refused and capture.refused_at:
                left = CAPTURED_AGAIN_AFTER[capture.retries : capture.retries + 1]
                may_pass = capture.refused in MAY_PASS and left
                yield shipment.id, parse_instant(capture.refused_at) + left[0] if may_pass else None
