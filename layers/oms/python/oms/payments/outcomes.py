"""What the provider answered, committed once: each answer under the key of its call, on the order as it is by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oms.fulfillment.model import Capture, Shipment
from oms.orders.events import OrderPaymentSettled
from oms.orders.model import Header, Order, Status, Validation, status
from oms.orders.store import existing_order, fresh_orders
from oms.orders.writes import change_order
from oms.payments import model
from oms.payments.events import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentReleased,
)
from oms.payments.model import Payment, State
from oms.payments.port import Approved, Declined, RequiresAction
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable

# What an answer changes: the header (None: not at all), tenders, shipments and events.
Change = tuple[Header | None, Sequence[Payment], Sequence[Shipment], Sequence[EventData]]


def record_unknown(runtime: Runtime, tenant: str, order: Order, payment: Payment) -> None:
    """Show that nobody knows yet whether the money is held."""

    def change(now: Order) -> Change:
        return None, [model.move(_payment(now, payment.id), State.UNKNOWN)], [], []

    try:
        _record(runtime, "authorize_payment", tenant, order, f"{payment.authorize_key}:unknown", change)
    except ActionNotAvailable:
        # Another run has learnt the outcome in the meantime; the next repeat sees it.
        return


def record_authorization(
    runtime: Runtime, tenant: str, order: Order, payment: Payment, result: Approved | Declined | RequiresAction
) -> Order:
    """The tender after the provider's answer; a decline puts the order in front of a person."""

    def change(now: Order) -> Change:
        held = _payment(now, payment.id)
        facts = _facts(now, held)
        if isinstance(result, Approved):
            until = format_instant(result.capture_before) if result.capture_before else None
            after = model.authorized(held, psp_reference=result.reference, capture_before=until)
            events: list[EventData] = [
                PaymentAuthorized(**facts, psp_reference=result.reference, amount=held.amount, capture_before=until)
            ]
            if held.state is not State.CREATED:
                # It had been in doubt, and nobody else may be at work on this order any more.
                events.append(OrderPaymentSettled(order_id=now.header.id, external_id=now.header.external_id))
            return None, [after], [], events
        if isinstance(result, Declined):
            after = model.move(held, State.FAILED, decline_code=result.code, psp_reference=result.reference)
            declined = PaymentDeclined(**facts, amount=held.amount, decline_code=result.code)
            return _in_review(now, result.code), [after], [], [declined]
        return None, [model.move(held, State.ACTION_REQUIRED, psp_reference=result.reference)], [], []

    # The wait for the customer is a step of its own: the outcome comes later, under the key of the call.
    key = f"{payment.authorize_key}:action" if isinstance(result, RequiresAction) else payment.authorize_key
    return _record(runtime, "authorize_payment", tenant, order, key, change)


def record_capture(
    runtime: Runtime, tenant: str, order: Order, key: str, shipment_id: str, capture: Capture, capture_id: str
) -> Order:
    """The tender and the shipment after its money was taken."""

    def change(now: Order) -> Change:
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
        return None, [payment], [_with_capture(now, shipment_id, capture, capture_id=capture_id)], [event]

    return _record(runtime, "capture_payment", tenant, order, key, change)


def record_refusal(
    runtime: Runtime, tenant: str, order: Order, key: str, shipment_id: str, capture: Capture, reason: str
) -> Order:
    """The shipment after its money was refused, so that it is asked for again only after a person's decision."""

    def change(now: Order) -> Change:
        payment = _payment(now, capture.payment_id)
        event = PaymentCaptureFailed(
            **_facts(now, payment),
            psp_reference=payment.psp_reference or "",
            amount=capture.amount,
            reason=reason,
            shipment_ids=(shipment_id,),
        )
        return None, [], [_with_capture(now, shipment_id, capture, refused=reason)], [event]

    return _record(runtime, "capture_payment", tenant, order, f"{key}:refused", change)


def record_void(runtime: Runtime, tenant: str, order: Order, key: str, payment: Payment) -> Order:
    """The tender of a cancelled order after it was closed before anything was held."""

    def change(now: Order) -> Change:
        return None, [model.move(_payment(now, payment.id), State.VOIDED)], [], []

    return _record(runtime, "release_payment", tenant, order, key, change)


def record_release(runtime: Runtime, tenant: str, order: Order, key: str, payment: Payment, release_id: str) -> Order:
    """The tender after what was left of it was given back."""

    def change(now: Order) -> Change:
        held = _payment(now, payment.id)
        event = PaymentReleased(
            **_facts(now, held), psp_reference=held.psp_reference or "", release_id=release_id, amount=held.capturable
        )
        return None, [model.released(held)], [], [event]

    return _record(runtime, "release_payment", tenant, order, key, change)


def _record(
    runtime: Runtime, command: str, tenant: str, order: Order, key: str, change: Callable[[Order], Change]
) -> Order:
    orders = fresh_orders(runtime.database, tenant, order)
    recorded = order

    def decide() -> Decision:
        nonlocal recorded
        now = next(orders)
        header, payments, shipments, events = change(now)
        recorded, writes, drafts = change_order(
            tenant, now, events=events, header=header, payments=payments, shipments=shipments
        )
        return Decision(writes, drafts, body={"order_id": now.header.id})

    outcome = execute(runtime, call_from_workflow(command, tenant, key), decide)
    return existing_order(runtime.database, tenant, order.header.id) if outcome.replayed else recorded


def _in_review(order: Order, reason: str) -> Header | None:
    """The header of an order that a person must look at; a cancelled one needs nobody."""
    if status(order) is Status.CANCELLED:
        return None
    verdict = Validation(name="payment", verdict="fail", detail=reason)
    return order.header.model_copy(update={"in_review": True, "validations": (*order.header.validations, verdict)})


def _payment(order: Order, payment_id: str) -> Payment:
    return next(payment for payment in order.payments if payment.id == payment_id)


def _with_capture(order: Order, shipment_id: str, capture: Capture, **changes: str) -> Shipment:
    """A shipment with one of its captures changed."""
    shipment = next(shipment for shipment in order.shipments if shipment.id == shipment_id)
    captures = tuple(
        c.model_copy(update=changes) if c.payment_id == capture.payment_id else c for c in shipment.captures
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
