"""What of an order is still to be done outside our tables: money to hold, to take or to give back, work to start. Pure.

On its first way through the workflows an order needs nobody to look after it. Where something stays open beyond that,
the transaction that leaves it open lists the order among the unfinished ones, and the sweeper (orders.recovery) looks
after it until nothing is open any more.
"""

from __future__ import annotations

from oms.fulfillment.model import CAPTURE_FAILED, Capture, FulfillmentOrder
from oms.orders.backorders import waits_for_more
from oms.orders.charges import amounts_to_come
from oms.orders.model import Order, Status, status
from oms.payments.model import OPEN, PARTIAL_VOID, Payment, Rollup, State, by_rank, plan_captures
from oms.payments.refunds import PartState, open_at_provider
from oms.payments.rollup import rollup

OVER = frozenset({Status.CANCELLED, Status.COMPLETED})
# Tenders of which the last word has not been said.
_UNDECIDED = frozenset({State.UNKNOWN, State.ACTION_REQUIRED, State.CAPTURE_PENDING})
_UNPAID = frozenset({Rollup.FAILED, Rollup.EXPIRED, Rollup.UNPAID})


def secured_status(order: Order) -> Rollup:
    """The payment status of what is not waiting for the money of an edit: nodes may be given that."""
    open_changes = _unsecured(order)
    tenders = [one for one in order.payments if one.change not in open_changes]
    due = sum(shipment.amounts.total for shipment in order.shipments) - order.header.written_off
    return rollup(tenders, order.header.totals.total, due)


def awaits_payment(order: Order, work: FulfillmentOrder) -> bool:
    """Whether some work has units that an edit added and nobody has paid for yet."""
    open_changes = _unsecured(order)
    return bool(open_changes) and any(order.line(part.line_no).change in open_changes for part in work.lines)


def _unsecured(order: Order) -> frozenset[int]:
    """The change orders whose own tender is not held yet, or was declined."""
    waiting = (*OPEN, State.FAILED)
    return frozenset(one.change for one in order.payments if one.change is not None and one.state in waiting)


def has_rest(order: Order) -> bool:
    """Whether money is held that no shipment, past or to come, will take, and that can be given back now."""
    return bool(surplus(order))


def surplus(order: Order) -> dict[str, int]:
    """What of each hold no shipment, past or to come, will take, by tender in the order of their ranks.

    Once the order is over that is all that is still held. Before, it is what a cancellation made superfluous: what is
    to come is taken by rank, and the rest of a hold goes, or a part of it where its provider can let go of parts.
    """
    holding = [payment for payment in by_rank(order.payments) if payment.capturable]
    if not holding:
        return {}
    if status(order) in OVER:
        pending = any(capture.capture_id is None for capture in _captures(order))
        return {} if pending else {payment.id: payment.capturable for payment in holding}
    if not order.header.cancellations:
        return {}
    needed = dict(taken_up(order))
    to_come = max(0, amounts_to_come(order).total - taken_ahead(order))
    for payment_id, amount in plan_captures(order.payments, needed, to_come):
        needed[payment_id] = needed.get(payment_id, 0) + amount
    unneeded = {one.id: one.capturable - needed.get(one.id, 0) for one in holding if not one.pending}
    return {
        one.id: unneeded[one.id]
        for one in holding
        if unneeded.get(one.id, 0) == one.capturable or (unneeded.get(one.id, 0) > 0 and one.provider in PARTIAL_VOID)
    }


def taken_ahead(order: Order) -> int:
    """What was taken, or is being taken, for units that were ready and that no shipment has used up yet.

    Whatever leaves uses it up, so that no cent is taken twice when units go another way than they were to.
    """
    ahead = sum(capture.amount for work in order.fulfillment_orders for capture in work.captures if not capture.refused)
    if not ahead:
        return 0
    used = sum(one.amounts.total - sum(capture.amount for capture in one.captures) for one in order.shipments)
    return max(0, ahead - used)


def taken_up(order: Order) -> dict[str, int]:
    """What of the coverage of each tender is spoken for: by captures that are owed, and by money used up before."""
    planned: dict[str, int] = {}
    by_channel = {payment.id for payment in order.payments if payment.by_channel}
    for capture in _captures(order):
        # What is pending is no longer part of what the tender covers.
        if (capture.capture_id is None and not capture.pending) or capture.payment_id in by_channel:
            planned[capture.payment_id] = planned.get(capture.payment_id, 0) + capture.amount
    return planned


def is_wanted(order: Order, payment: Payment) -> bool:
    """Whether money of a tender that is not held yet will still be taken."""
    owed = any(capture.payment_id == payment.id and capture.is_owed for capture in _captures(order))
    return owed or status(order) not in OVER


def is_unfinished(order: Order) -> bool:
    """Whether anything is open that is not in the hands of a person or a node."""
    now = status(order)
    if _is_looked_up(order):
        return True
    if now is Status.PENDING_REVIEW:
        return False
    if any(payment.state in _UNDECIDED for payment in order.payments) or has_rest(order):
        return True
    if any(capture.is_owed or capture.pending for capture in _captures(order)):
        return True
    if now in OVER:
        return _asks_in_vain(order)
    return may_go_on(order)


def may_go_on(order: Order) -> bool:
    """Whether the order workflow has something to do: plan, hold money, or start work."""
    if status(order) in OVER or order.header.in_review:
        return False
    if any(payment.state in OPEN for payment in order.payments):
        return True
    reserved = order.header.reserved is not None
    if order.header.totals.total and not reserved and secured_status(order) in _UNPAID:
        return False
    return not order.header.sourced or any(
        work.needs_workflow and not waits_for_more(order, work) and not awaits_payment(order, work)
        for work in order.fulfillment_orders
    )


def waits_for_others(order: Order) -> bool:
    """Whether the customer or the provider has the next word, which may take days."""
    repaid = {part.state for refund in order.refunds for part in open_at_provider(refund)}
    return repaid == {PartState.PENDING} or any(
        payment.state in (State.ACTION_REQUIRED, State.CAPTURE_PENDING) for payment in order.payments
    )


def needs_sweeper(before: Order, after: Order) -> bool:
    """Whether this change leaves something open that no run of a workflow is certain to finish."""
    accepted = before.header.in_review and not after.header.in_review and is_unfinished(after)
    return accepted or (_outlives_its_run(after) and not _outlives_its_run(before))


def _outlives_its_run(order: Order) -> bool:
    if _is_looked_up(order):
        return True
    if status(order) is Status.PENDING_REVIEW:
        return False
    if any(payment.state in _UNDECIDED for payment in order.payments) or has_rest(order):
        return True
    if _asks_in_vain(order):
        return True
    told = any(work.escalated_reason == CAPTURE_FAILED for work in order.fulfillment_orders)
    return any(_asks_anew(payment) for payment in order.payments) or (
        told and any(capture.is_owed for capture in _captures(order))
    )


def repays(order: Order) -> bool:
    """Whether a provider has still to give money back, or to say whether it did."""
    return any(open_at_provider(refund) for refund in order.refunds)


def _is_looked_up(order: Order) -> bool:
    """Whether the provider has the next word about money of what left; that goes on whoever has the order."""
    return repays(order) or any(
        capture.pending or (capture.is_owed and capture.in_doubt_since) for capture in _captures(order)
    )


def _asks_in_vain(order: Order) -> bool:
    return any(payment.state in OPEN and not is_wanted(order, payment) for payment in order.payments)


def _asks_anew(payment: Payment) -> bool:
    return payment.state is State.CREATED and (payment.attempt > 1 or payment.change is not None)


def _captures(order: Order) -> list[Capture]:
    """What is to be taken; what was refused when goods were ready is asked for with what leaves."""
    ready = (capture for work in order.fulfillment_orders for capture in work.captures if not capture.refused)
    return [*(capture for shipment in order.shipments for capture in shipment.captures), *ready]
