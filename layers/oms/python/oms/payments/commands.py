"""The verbs of a tender: authorize_payment, capture_payment, release_payment.

The provider is asked between two transactions. What is asked was fixed by an earlier commit (the tender itself for an
authorisation, the shipment for a capture) under a key that never changes, so a repeat after a crash is the same call,
and its answer is recorded once. An outcome that nobody knows is looked up by that key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from oms.fulfillment.model import Capture, Shipment
from oms.orders.model import Order, Status, Validation, payment_status, status
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.payments import model
from oms.payments.events import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentReleased,
)
from oms.payments.model import Payment, Rollup, State
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
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.problems import NotFound

Providers = Callable[[str], PaymentProvider]


class TransientFailure(RuntimeError):
    """The provider's answer is not known yet; the same step may be repeated."""


class CaptureRefused(RuntimeError):
    """The provider refused to take money it had held; a person must look."""


def authorize_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> str:
    """Hold the money of every tender; answers AUTHORIZED, NOT_REQUIRED, DECLINED, PENDING or CANCELLED.

    A decline sends the order to review. Raises TransientFailure while an outcome is unknown.
    """
    order = _load(runtime, tenant, order_id)
    if status(order) is not Status.CANCELLED:
        for payment in order.payments:
            if payment.state in (State.CREATED, State.UNKNOWN):
                order = _authorize(runtime, providers(payment.provider), tenant, order, payment)
    if status(order) is Status.CANCELLED:
        release_payment(runtime, providers, tenant, order_id)
        return "CANCELLED"
    if not order.header.totals.total:
        return "NOT_REQUIRED"
    rollup = payment_status(order)
    if rollup is Rollup.FAILED:
        return "DECLINED"
    return "PENDING" if rollup in (Rollup.UNPAID, Rollup.PENDING) else "AUTHORIZED"


def capture_payment(
    runtime: Runtime, providers: Providers, tenant: str, order_id: str, fulfillment_order_id: str
) -> int:
    """Take the money of every shipment of some work that is not yet taken; answers the amount taken now.

    Exactly what was fixed when the shipment left. Raises TransientFailure while an outcome is unknown and
    CaptureRefused when the provider will not.
    """
    taken = 0
    order = _load(runtime, tenant, order_id)
    for shipment in order.shipments:
        if shipment.fulfillment_order_id != fulfillment_order_id:
            continue
        for capture in shipment.captures:
            if capture.capture_id is None:
                order = _capture(runtime, providers, tenant, order, shipment.id, capture)
                taken += capture.amount
    if _has_rest(order):
        release_payment(runtime, providers, tenant, order_id)
    return taken


def release_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> int:
    """Give back what is held and will never be taken; answers the amount given back now."""
    order = _load(runtime, tenant, order_id)
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


def _authorize(runtime: Runtime, provider: PaymentProvider, tenant: str, order: Order, payment: Payment) -> Order:
    request = AuthorizeRequest(
        amount=payment.amount,
        currency=payment.currency,
        token=payment.token,
        tenant=tenant,
        order_id=payment.order_id,
        payment_id=payment.id,
    )
    result = _known(provider, provider.authorize(request, key=payment.authorize_key), payment.authorize_key)
    if isinstance(result, Unknown):
        if payment.state is not State.UNKNOWN:
            unknown = model.move(payment, State.UNKNOWN)
            _record(runtime, tenant, order, f"{payment.authorize_key}:unknown", unknown, [])
        raise TransientFailure(f"authorisation of {payment.id}: {result.reason}")
    after, event, review = _authorization(order, payment, result)
    return _record(runtime, tenant, order, payment.authorize_key, after, [event] if event else [], review=review)


def _authorization(
    order: Order, payment: Payment, result: Approved | Declined | RequiresAction
) -> tuple[Payment, EventData | None, str | None]:
    """The tender after the provider's answer, the event, and why a person must look (None when nobody must)."""
    facts = _facts(order, payment)
    if isinstance(result, Approved):
        until = format_instant(result.capture_before) if result.capture_before else None
        after = model.authorized(payment, psp_reference=result.reference, capture_before=until)
        event = PaymentAuthorized(**facts, psp_reference=result.reference, amount=payment.amount, capture_before=until)
        return after, event, None
    if isinstance(result, Declined):
        after = model.move(payment, State.FAILED, decline_code=result.code, psp_reference=result.reference)
        return after, PaymentDeclined(**facts, amount=payment.amount, decline_code=result.code), result.code
    return model.move(payment, State.ACTION_REQUIRED, psp_reference=result.reference), None, None


def _capture(
    runtime: Runtime, providers: Providers, tenant: str, order: Order, shipment_id: str, capture: Capture
) -> Order:
    payment = _payment(order, capture.payment_id)
    provider = providers(payment.provider)
    key = f"{shipment_id}:capture:{payment.id}:{capture.amount}"
    reference = payment.psp_reference or ""
    # Never final: whether this is the last one may look different on a repeat, and the call must stay the same.
    request = CaptureRequest(reference, capture.amount, payment.currency, final=False)
    result = _known(provider, provider.capture(request, key=key), key)
    if isinstance(result, Unknown):
        raise TransientFailure(f"capture for {shipment_id}: {result.reason}")
    if not isinstance(result, Approved) or result.movement_id is None:
        reason = result.code if isinstance(result, Declined) else "no capture"
        failed = PaymentCaptureFailed(
            **_facts(order, payment),
            psp_reference=reference,
            amount=capture.amount,
            reason=reason,
            shipment_ids=(shipment_id,),
        )
        _record(runtime, tenant, order, f"{key}:refused", None, [failed])
        raise CaptureRefused(f"{reason} for {shipment_id}")
    return _record_capture(runtime, tenant, order, key, shipment_id, capture, result.movement_id)


def _record_capture(
    runtime: Runtime, tenant: str, order: Order, key: str, shipment_id: str, capture: Capture, capture_id: str
) -> Order:
    orders = _fresh(runtime, tenant, order)
    recorded = order

    def decide() -> Decision:
        nonlocal recorded
        now = next(orders)
        payment = model.captured(_payment(now, capture.payment_id), capture.amount, final=False)
        event = PaymentCaptured(
            **_facts(now, payment),
            psp_reference=payment.psp_reference or "",
            capture_id=capture_id,
            amount=capture.amount,
            released=0,
            final=payment.capturable == 0,
            shipment_ids=(shipment_id,),
        )
        shipment = next(s for s in now.shipments if s.id == shipment_id)
        recorded, writes, events = change_order(
            tenant, now, events=[event], payments=[payment], shipments=[_with_capture(shipment, capture, capture_id)]
        )
        return Decision(writes, events, body={"capture_id": capture_id})

    outcome = execute(runtime, call_from_workflow("capture_payment", tenant, key), decide)
    return _load(runtime, tenant, order.header.id) if outcome.replayed else recorded


def _release(runtime: Runtime, provider: PaymentProvider, tenant: str, order: Order, payment: Payment) -> Order:
    key = payment.void_key
    result = _known(provider, provider.void(payment.psp_reference or "", key=key), key)
    if isinstance(result, Unknown):
        raise TransientFailure(f"release of {payment.id}: {result.reason}")
    if not isinstance(result, Approved):
        raise CaptureRefused(f"release of {payment.id} was refused")
    event = PaymentReleased(
        **_facts(order, payment),
        psp_reference=payment.psp_reference or "",
        release_id=result.movement_id or key,
        amount=payment.capturable,
    )
    return _record(runtime, tenant, order, key, model.released(payment), [event], command="release_payment")


def _known(provider: PaymentProvider, result: Result, key: str) -> Result:
    """The result, looked up once where it is unknown; without a trace it stays unknown and is asked again."""
    if not isinstance(result, Unknown):
        return result
    found = provider.find(key)
    return result if isinstance(found, NoTrace) else found


def _record(
    runtime: Runtime,
    tenant: str,
    order: Order,
    key: str,
    payment: Payment | None,
    events: Sequence[EventData],
    *,
    review: str | None = None,
    command: str = "authorize_payment",
) -> Order:
    """Commit what the provider answered for one tender, on the order as it is by then."""
    orders = _fresh(runtime, tenant, order)
    recorded = order

    def decide() -> Decision:
        nonlocal recorded
        now = next(orders)
        header = None
        if review is not None and status(now) is not Status.CANCELLED:
            verdict = Validation(name="payment", verdict="fail", detail=review)
            header = now.header.model_copy(
                update={"in_review": True, "validations": (*now.header.validations, verdict)}
            )
        recorded, writes, drafts = change_order(
            tenant, now, events=events, header=header, payments=[payment] if payment else []
        )
        return Decision(writes, drafts, body={"state": payment.state.value if payment else "refused"})

    outcome = execute(runtime, call_from_workflow(command, tenant, key), decide)
    return _load(runtime, tenant, order.header.id) if outcome.replayed else recorded


def _fresh(runtime: Runtime, tenant: str, order: Order) -> Iterator[Order]:
    """The order as it was read, and after a lost race as it is then."""
    yield order
    while True:
        yield _load(runtime, tenant, order.header.id)


def _load(runtime: Runtime, tenant: str, order_id: str) -> Order:
    order = load_order(runtime.database, tenant, order_id)
    if order is None:
        raise NotFound(f"There is no order {order_id}.")
    return order


def _payment(order: Order, payment_id: str) -> Payment:
    return next(payment for payment in order.payments if payment.id == payment_id)


def _with_capture(shipment: Shipment, capture: Capture, capture_id: str) -> Shipment:
    captures = tuple(
        c.model_copy(update={"capture_id": capture_id}) if c.payment_id == capture.payment_id else c
        for c in shipment.captures
    )
    return shipment.model_copy(update={"captures": captures})


def _facts(order: Order, payment: Payment) -> dict[str, str]:
    header = order.header
    return {
        "order_id": header.id,
        "payment_id": payment.id,
        "tender": payment.tender,
        "provider": payment.provider,
        "currency": payment.currency,
        "legal_entity": header.legal_entity,
        "store": header.selling_node,
        "channel": header.channel,
    }
