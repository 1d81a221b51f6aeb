"""The verbs of a tender: authorize, capture, release and refund_payment, and those that settle a provider's news.

What is asked of a provider was fixed by an earlier commit: the tender itself for an authorisation, the shipment for a
capture, the end of the order for a release. `payments.asking` asks, `platform.effects` says how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import CAPTURE_FAILED
from oms.orders.model import Order, Status, status
from oms.orders.store import existing_order
from oms.orders.unfinished import has_rest, is_wanted, secured_status, surplus
from oms.payments.asking import Asking
from oms.payments.changes import Asked
from oms.payments.model import Payment, Rollup, State
from oms.payments.port import OwnProvider, PaymentProvider, provider_of
from oms.payments.refund_changes import refund_of
from oms.payments.refunds import Part, PartState, is_withheld, open_at_provider
from oms.payments.releasing import ReleaseRefused, release, renew
from oms.payments.repaying import Repaying
from oms.payments.states import OPEN
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.effects import TransientFailure as TransientFailure

Providers = Callable[[str], PaymentProvider | OwnProvider]
# A capture moves to a new authorisation, perhaps by way of an expiry and a release; more steps than these are a fault.
_MOST_STEPS = 8


class CaptureRefused(RuntimeError):
    """The provider refused to take money it had held; a person must look."""


def authorize_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> str:
    """Hold the money of every tender; answers AUTHORIZED, NOT_REQUIRED, DECLINED, PENDING or CANCELLED.

    A decline sends the order to review. Raises TransientFailure while an outcome is unknown.
    """
    return authorize_order(runtime, providers, tenant, order_id)[0]


def authorize_order(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> tuple[str, Order]:
    """The same, answered with the order as it is by then."""
    order = _authorize_open(runtime, providers, tenant, existing_order(runtime.database, tenant, order_id))
    if has_rest(order) or status(order) is Status.CANCELLED:
        release_payment(runtime, providers, tenant, order_id)
    if status(order) is Status.CANCELLED:
        return "CANCELLED", order
    if not order.header.totals.total or order.header.reserved is not None:
        return "NOT_REQUIRED", order
    rollup = secured_status(order)
    if rollup in (Rollup.FAILED, Rollup.EXPIRED):
        return "DECLINED", order
    return "PENDING" if rollup in (Rollup.UNPAID, Rollup.PENDING) else "AUTHORIZED", order


def capture_payment(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, fulfillment_order_id: str
) -> int:
    """Take the money of every shipment of some work that is not yet taken; answers the amount taken now.

    Exactly what was fixed when the shipment left. What the provider accepts and settles later is left to its message.
    Raises TransientFailure while an outcome is unknown, and CaptureRefused when the provider will not, until a person
    has been told.
    """
    order = existing_order(runtime.database, tenant, order_id)
    before = _taken(order, fulfillment_order_id)
    for shipment_id, payment_id in list(_unsettled(order, fulfillment_order_id)):
        order = _take(runtime, providers, tenant, order, shipment_id, payment_id)
    refusal = _refusal(order, fulfillment_order_id)
    if refusal and not _is_escalated(order, fulfillment_order_id):
        raise CaptureRefused(f"{refusal} for {fulfillment_order_id}")
    if has_rest(order):
        # What was shipped is taken, whatever becomes of the rest: the order stays unfinished until that is given back.
        with suppress(TransientFailure, ReleaseRefused):
            release_payment(runtime, providers, tenant, order_id)
    return _taken(order, fulfillment_order_id) - before


def capture_or_escalate(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, fulfillment_order_id: str
) -> None:
    """Take the money of some work; where the provider will not, a person is told, once."""
    try:
        capture_payment(runtime, providers, tenant, order_id, fulfillment_order_id)
    except CaptureRefused:
        escalate(runtime, tenant, fulfillment_order_id, CAPTURE_FAILED)


def release_payment(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, *, nobody_asks: bool = False
) -> int:
    """Give back what is held and will never be taken; answers the amount given back now.

    `nobody_asks` says that no earlier run can still be asking: then a tender that was never held is closed for good.
    """
    order = existing_order(runtime.database, tenant, order_id)
    for payment in order.payments:
        if payment.state in OPEN and not is_wanted(order, payment):
            order = _asking(runtime, providers, tenant, order, payment).authorize(nobody_asks=nobody_asks)
    released = 0
    # Each answer is looked at anew: what a run that died had asked for may be another part.
    for _ in range(_MOST_STEPS + len(order.payments)):
        rest = [(_payment(order, payment_id), amount) for payment_id, amount in surplus(order).items()]
        held = [(payment, amount) for payment, amount in rest if payment.psp_reference is not None]
        if not held:
            break
        # What the last tender would pay is not needed first.
        payment, unneeded = held[-1]
        part = unneeded if unneeded < payment.capturable else None
        order = release(_asking(runtime, providers, tenant, order, payment), part=part)
        released += _payment(order, payment.id).released - payment.released
    return released


def settle_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str, payment_id: str) -> None:
    """Look up what became of a tender of which the provider has news: captures in doubt or pending, and its hold."""
    order = existing_order(runtime.database, tenant, order_id)
    for shipment_id, of_payment in list(_unsettled(order)):
        if of_payment == payment_id and _is_looked_up(order, shipment_id, payment_id):
            order = _take(runtime, providers, tenant, order, shipment_id, payment_id)
    payment = _payment(order, payment_id)
    if payment.capturable and payment.id not in surplus(order):
        # Also where all was shipped and the money of it refused: what is held may still end.
        order = _asking(runtime, providers, tenant, order, payment).note_expiry()
    if has_rest(order):
        release_payment(runtime, providers, tenant, order_id)


def refund_payment(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, refund_id: str | None = None
) -> int:
    """Give back what is owed and a provider pays, of one refund or of all; answers the amount given back now.

    What was refused stays owed until somebody tries again. Raises TransientFailure while an outcome is unknown.
    """
    order = existing_order(runtime.database, tenant, order_id)
    before = _given_back(order)
    for refund in order.refunds:
        if refund_id in (None, refund.id):
            for part in open_at_provider(refund):
                order = _repay(runtime, providers, tenant, order, refund.id, part)
    return _given_back(order) - before


def settle_refunds(runtime: Runtime, providers: Providers, tenant: str, order_id: str, payment_id: str) -> None:
    """Look up what became of refunds of a tender of which the provider has news, also of those that were paid."""
    order = existing_order(runtime.database, tenant, order_id)
    for refund in order.refunds:
        for part in refund.parts:
            if part.provider and any(source.payment_id == payment_id for source in part.sources):
                if part.state is PartState.EXECUTED:
                    order = _repaying(runtime, providers, tenant, order, refund.id, part).check()
                elif part.state is PartState.PENDING or part.in_doubt_since is not None:
                    order = _repay(runtime, providers, tenant, order, refund.id, part)


def _repay(runtime: Runtime, providers: Providers, tenant: str, order: Order, refund_id: str, part: Part) -> Order:
    repaying = _repaying(runtime, providers, tenant, order, refund_id, part)
    if part.state is PartState.PENDING:
        return repaying.settle()
    if _is_frozen(order, part):
        # The sweeper comes back to it; a dispute may pay it back by itself.
        return order
    return repaying.leave() if is_withheld(order.payments, order.refunds, part) else repaying.pay()


def _repaying(
    runtime: Runtime, providers: Providers, tenant: str, order: Order, refund_id: str, part: Part
) -> Repaying:
    provider = provider_of(providers, runtime, tenant, part.provider or "")
    return Repaying(runtime, provider, tenant, order, refund_of(order, refund_id), part)


def _is_frozen(order: Order, part: Part) -> bool:
    return any(_payment(order, source.payment_id).is_frozen for source in part.sources)


def _given_back(order: Order) -> int:
    return sum(refund.executed for refund in order.refunds)


def _authorize_open(runtime: Runtime, providers: Providers, tenant: str, order: Order) -> Order:
    now = format_instant(runtime.clock.now())
    for payment in order.payments:
        if payment.state in OPEN and (payment.authorize_from or now) <= now:
            order = _asking(runtime, providers, tenant, order, payment).authorize()
    return order


def _take(
    runtime: Runtime, providers: Providers, tenant: str, order: Order, shipment_id: str, payment_id: str
) -> Order:
    """One capture of one shipment, with a new authorisation before it where the old one does not carry it."""
    for _ in range(_MOST_STEPS):
        payment, asked = _payment(order, payment_id), _asked(order, shipment_id, payment_id)
        asking = _asking(runtime, providers, tenant, order, payment)
        if asked.capture.pending:
            return asking.settle(asked)
        if not asked.capture.is_owed or payment.state is State.FAILED:
            return order
        if payment.state in OPEN:
            order = asking.authorize()
            if _payment(order, payment_id).state in OPEN:
                raise TransientFailure(f"capture for {shipment_id}: its money is not held again yet")
        elif payment.capturable < asked.capture.amount or asking.is_used_up:
            order = renew(asking)
        else:
            order = asking.capture(asked)
    raise TransientFailure(f"capture for {shipment_id}: still not settled")


def _asking(runtime: Runtime, providers: Providers, tenant: str, order: Order, payment: Payment) -> Asking:
    provider = provider_of(providers, runtime, tenant, payment.provider)
    return Asking(runtime, provider, tenant, order, payment)


def _unsettled(order: Order, fulfillment_order_id: str | None = None) -> Iterator[tuple[str, str]]:
    """The captures of which the outcome is not known, as shipment and tender."""
    for shipment in order.taking:
        if fulfillment_order_id in (None, shipment.fulfillment_order_id):
            for capture in shipment.captures:
                if capture.is_owed or capture.pending:
                    yield shipment.id, capture.payment_id


def _is_looked_up(order: Order, shipment_id: str, payment_id: str) -> bool:
    """Whether no call of ours is under way for a capture, so that the provider's news about it are ours to take."""
    capture = _asked(order, shipment_id, payment_id).capture
    return capture.pending or capture.in_doubt_since is not None


def _asked(order: Order, shipment_id: str, payment_id: str) -> Asked:
    shipment = next(shipment for shipment in order.taking if shipment.id == shipment_id)
    return Asked(shipment_id, next(c for c in shipment.captures if c.payment_id == payment_id))


def _payment(order: Order, payment_id: str) -> Payment:
    return next(payment for payment in order.payments if payment.id == payment_id)


def _taken(order: Order, fulfillment_order_id: str) -> int:
    return sum(
        capture.amount
        for shipment in order.taking
        if shipment.fulfillment_order_id == fulfillment_order_id
        for capture in shipment.captures
        if capture.capture_id is not None
    )


def _refusal(order: Order, fulfillment_order_id: str) -> str | None:
    """Why money of some work will not be taken before a person decides; None where nothing stands in the way."""
    for shipment in order.taking:
        if shipment.fulfillment_order_id == fulfillment_order_id:
            for capture in shipment.captures:
                if capture.refused:
                    return capture.refused
                payment = _payment(order, capture.payment_id)
                if capture.is_owed and payment.state is State.FAILED:
                    return f"{payment.decline_code}, asked to hold the money again,"
    return None


def _is_escalated(order: Order, fulfillment_order_id: str) -> bool:
    """Whether a person knows that money of this work was refused."""
    return any(
        work.escalated_reason == CAPTURE_FAILED for work in order.fulfillment_orders if work.id == fulfillment_order_id
    )
