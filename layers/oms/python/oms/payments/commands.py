"""The verbs of a tender: authorize_payment, capture_payment, release_payment.

The provider is asked between two transactions. What is asked was fixed by an earlier commit (the tender itself for an
authorisation, the shipment for a capture) under a key that never changes, so a repeat after a crash is the same call,
and its answer is recorded once. An outcome that nobody knows is looked up by that key.
"""

from __future__ import annotations

from collections.abc import Callable

from oms.fulfillment.model import CAPTURE_FAILED, Capture
from oms.orders.model import Order, Status, payment_status, status
from oms.orders.store import existing_order
from oms.payments.model import Payment, Rollup, State
from oms.payments.outcomes import (
    record_authorization,
    record_capture,
    record_refusal,
    record_release,
    record_unknown,
    record_void,
)
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    Declined,
    NoTrace,
    PaymentProvider,
    RequiresAction,
    Result,
    Unknown,
)
from oms.platform.commands import Runtime

Providers = Callable[[str], PaymentProvider]
Answer = Approved | Declined | RequiresAction


class TransientFailure(RuntimeError):
    """The provider's answer is not known yet; the same step may be repeated."""


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
    if status(order) is Status.CANCELLED:
        release_payment(runtime, providers, tenant, order_id)
        return "CANCELLED", order
    if not order.header.totals.total:
        return "NOT_REQUIRED", order
    rollup = payment_status(order)
    if rollup is Rollup.FAILED:
        return "DECLINED", order
    return "PENDING" if rollup in (Rollup.UNPAID, Rollup.PENDING) else "AUTHORIZED", order


def capture_payment(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, fulfillment_order_id: str
) -> int:
    """Take the money of every shipment of some work that is not yet taken; answers the amount taken now.

    Exactly what was fixed when the shipment left. Raises TransientFailure while an outcome is unknown or not final,
    and CaptureRefused when the provider will not, until a person has been told.
    """
    taken = 0
    order = existing_order(runtime.database, tenant, order_id)
    shipments = [s for s in order.shipments if s.fulfillment_order_id == fulfillment_order_id]
    for shipment in shipments:
        for capture in shipment.captures:
            if capture.is_owed:
                order = _capture(runtime, providers, tenant, order, shipment.id, capture)
                taken += capture.amount
    refused = [capture.refused for shipment in shipments for capture in shipment.captures if capture.refused]
    if refused and not _is_escalated(order, fulfillment_order_id):
        # Refused in an earlier run that was cut off before it could say so.
        raise CaptureRefused(f"{refused[0]} for {fulfillment_order_id}")
    if _has_rest(order):
        release_payment(runtime, providers, tenant, order_id)
    return taken


def release_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> int:
    """Give back what is held and will never be taken; answers the amount given back now."""
    order = existing_order(runtime.database, tenant, order_id)
    if status(order) is Status.CANCELLED:
        order = _authorize_open(runtime, providers, tenant, order)
    released = 0
    for payment in order.payments if _has_rest(order) else ():
        if payment.capturable and payment.psp_reference is not None:
            order = _release(runtime, providers(payment.provider), tenant, order, payment)
            released += payment.capturable
    return released


def _has_rest(order: Order) -> bool:
    """Whether money is held that no shipment, past or to come, will take."""
    pending = any(c.capture_id is None for s in order.shipments for c in s.captures)
    over = status(order) in (Status.CANCELLED, Status.COMPLETED)
    return over and not pending and any(payment.capturable for payment in order.payments)


def _authorize_open(runtime: Runtime, providers: Providers, tenant: str, order: Order) -> Order:
    for payment in order.payments:
        if payment.state in (State.CREATED, State.UNKNOWN):
            order = _authorize(runtime, providers(payment.provider), tenant, order, payment)
        elif payment.state is State.ACTION_REQUIRED:
            order = _confirm(runtime, providers(payment.provider), tenant, order, payment)
    return order


def _confirm(runtime: Runtime, provider: PaymentProvider, tenant: str, order: Order, payment: Payment) -> Order:
    """What became of an authorisation that waits for the customer; a cancelled order does not wait any longer."""
    reference = payment.psp_reference or ""
    if status(order) is Status.CANCELLED:
        closed = _known(provider, provider.void(reference, key=payment.void_key), payment.void_key)
        if isinstance(closed, Unknown):
            raise TransientFailure(f"release of {payment.id}: {closed.reason}")
        return record_void(runtime, tenant, order, payment.void_key, payment)
    found = provider.get(reference)
    if isinstance(found, Unknown):
        raise TransientFailure(f"authorisation of {payment.id}: {found.reason}")
    if isinstance(found, NoTrace) or not found.authorized:
        return order
    held = Approved(reference, found.authorized, found.currency, capture_before=found.capture_before)
    return record_authorization(runtime, tenant, order, payment, _whole(provider, payment, held))


def _whole(provider: PaymentProvider, payment: Payment, result: Answer) -> Answer:
    """An approval of exactly what was asked for; any other is let go of and counts as a decline."""
    if not isinstance(result, Approved) or (result.amount, result.currency) == (payment.amount, payment.currency):
        return result
    provider.void(result.reference, key=f"{payment.authorize_key}:void")
    return Declined("other_amount_approved", reference=result.reference)


def _authorize(runtime: Runtime, provider: PaymentProvider, tenant: str, order: Order, payment: Payment) -> Order:
    cancelled = status(order) is Status.CANCELLED
    result = _asked_before(provider, payment) if cancelled else _ask(provider, tenant, payment)
    if isinstance(result, NoTrace):
        return order
    if isinstance(result, Unknown):
        if payment.state is not State.UNKNOWN and not cancelled:
            record_unknown(runtime, tenant, order, payment)
        raise TransientFailure(f"authorisation of {payment.id}: {result.reason}")
    return record_authorization(runtime, tenant, order, payment, _whole(provider, payment, result))


def _ask(provider: PaymentProvider, tenant: str, payment: Payment) -> Result:
    request = AuthorizeRequest(
        amount=payment.amount,
        currency=payment.currency,
        token=payment.token,
        tenant=tenant,
        order_id=payment.order_id,
        payment_id=payment.id,
    )
    return _known(provider, provider.authorize(request, key=payment.authorize_key), payment.authorize_key)


def _asked_before(provider: PaymentProvider, payment: Payment) -> Result | NoTrace:
    """What became of an authorisation that a run may have asked for and not recorded; nothing new is asked."""
    return provider.find(payment.authorize_key)


def _capture(
    runtime: Runtime, providers: Providers, tenant: str, order: Order, shipment_id: str, capture: Capture
) -> Order:
    payment = next(payment for payment in order.payments if payment.id == capture.payment_id)
    provider = providers(payment.provider)
    key = f"{shipment_id}:capture:{payment.id}:{capture.amount}"
    # Never final: whether this is the last one may look different on a repeat, and the call must stay the same.
    request = CaptureRequest(payment.psp_reference or "", capture.amount, payment.currency, final=False)
    result = _known(provider, provider.capture(request, key=key), key)
    if isinstance(result, Unknown):
        raise TransientFailure(f"capture for {shipment_id}: {result.reason}")
    if not isinstance(result, Approved) or result.movement_id is None or result.amount != capture.amount:
        reason = result.code if isinstance(result, Declined) else "other_amount_captured"
        record_refusal(runtime, tenant, order, key, shipment_id, capture, reason)
        raise CaptureRefused(f"{reason} for {shipment_id}")
    return record_capture(runtime, tenant, order, key, shipment_id, capture, result.movement_id)


def _is_escalated(order: Order, fulfillment_order_id: str) -> bool:
    """Whether a person knows that money of this work was refused."""
    return any(
        work.escalated_reason == CAPTURE_FAILED for work in order.fulfillment_orders if work.id == fulfillment_order_id
    )


def _release(runtime: Runtime, provider: PaymentProvider, tenant: str, order: Order, payment: Payment) -> Order:
    key = payment.void_key
    result = _known(provider, provider.void(payment.psp_reference or "", key=key), key)
    if isinstance(result, Unknown):
        raise TransientFailure(f"release of {payment.id}: {result.reason}")
    if not isinstance(result, Approved) and not _is_released(provider, payment):
        raise CaptureRefused(f"release of {payment.id} was refused")
    release_id = result.movement_id if isinstance(result, Approved) else None
    return record_release(runtime, tenant, order, key, payment, release_id or key)


def _is_released(provider: PaymentProvider, payment: Payment) -> bool:
    """Whether the provider holds nothing more, as when the hold had expired before we let go of it."""
    found = provider.get(payment.psp_reference or "")
    return not isinstance(found, (NoTrace, Unknown)) and found.authorized == found.captured + found.released


def _known(provider: PaymentProvider, result: Result, key: str) -> Result:
    """The result, looked up once where it is unknown or not yet final; what stays so is Unknown and asked again."""
    if isinstance(result, Unknown) or _is_pending(result):
        found = provider.find(key)
        result = result if isinstance(found, NoTrace) else found
    return Unknown("accepted, not yet final") if _is_pending(result) else result


def _is_pending(result: Result) -> bool:
    return isinstance(result, Approved) and result.pending
