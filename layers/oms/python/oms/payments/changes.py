"""What each answer of a provider changes of an order: its tender, its shipments, and the fact that is told. Pure."""

from __future__ import annotations

from dataclasses import replace

from oms.fulfillment.events import FulfillmentOrderEscalated
from oms.fulfillment.model import CAPTURE_FAILED, Capture, FulfillmentOrder, Shipment
from oms.fulfillment.writes import work_ids
from oms.orders.events import OrderPaymentSettled
from oms.orders.model import Header, Order, Status, Validation, status
from oms.payments import model
from oms.payments.change import Asked as Asked
from oms.payments.change import Change as Change
from oms.payments.change import Overtaken as Overtaken
from oms.payments.change import changed
from oms.payments.change import facts as facts
from oms.payments.events import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentCapturePending,
    PaymentDeclined,
    PaymentInDoubt,
    PaymentReleased,
    PaymentRenewed,
)
from oms.payments.lifecycle import leaves_after, renewal_time
from oms.payments.model import Payment, State
from oms.payments.port import Approved, Declined, RequiresAction
from oms.platform.clock import format_instant, parse_instant
from oms.platform.events import EventData


def doubt(
    order: Order, payment: Payment, verb: str, key: str, amount: int, reason: str, since: str, asked: Asked | None
) -> Change:
    """Nobody knows what became of a call; an outcome that is known by now raises ActionNotAvailable."""
    if verb == "void" and key != payment.open_void_key:
        raise Overtaken("What was to be let go has been let go already.")
    if verb == "authorize":
        doubtful = model.move(payment, State.UNKNOWN, in_doubt_since=since)
    else:
        doubtful = payment.model_copy(update={"in_doubt_since": since})
    event = PaymentInDoubt(**facts(order, payment, key), verb=verb, amount=amount, reason=reason)
    return changed([event], [doubtful], [_with(order, asked, in_doubt_since=since)] if asked else [])


def authorization(
    order: Order, held: Payment, key: str, result: Approved | Declined | RequiresAction, now: str
) -> Change:
    """The tender is held, waits for the customer, or was declined, which puts the order in front of a person."""
    told, amount = facts(order, held, key), held.to_hold
    if isinstance(result, Declined):
        failed = model.move(held, State.FAILED, decline_code=result.code, psp_reference=result.reference)
        declined = PaymentDeclined(**told, amount=amount, decline_code=result.code)
        # Of what only pays for an edit the customer is asked by a link: what was agreed before goes on.
        header = in_review(order, result.code) if held.change is None else None
        return Change([declined], [failed], header=header)
    if isinstance(result, RequiresAction):
        waiting = model.move(held, State.ACTION_REQUIRED, psp_reference=result.reference, action_since=now)
        return Change([PaymentActionRequired(**told, psp_reference=result.reference, amount=amount)], [waiting])
    until = format_instant(result.capture_before) if result.capture_before else None
    again = format_instant(renewal_time(parse_instant(now), result.capture_before)) if result.capture_before else None
    after = model.authorized(held, psp_reference=result.reference, capture_before=until, renew_at=again)
    events: list[EventData] = [
        PaymentAuthorized(
            **told,
            psp_reference=result.reference,
            amount=amount,
            capture_before=until,
            needs_care=again is not None and leaves_after(order, again),
        )
    ]
    if held.state is not State.CREATED or held.authorize_from:
        # It had been in doubt or was not asked for yet, and nobody else may be at work on this order any more.
        events.append(OrderPaymentSettled(order_id=order.header.id, external_id=order.header.external_id))
    return Change(events, [after])


def capture(order: Order, payment: Payment, asked: Asked, result: Approved) -> Change:
    """The money of a shipment was taken, or was accepted to be taken."""
    amount, capture_id = asked.capture.amount, result.movement_id or asked.key
    known = facts(order, payment, asked.key)
    if result.pending:
        told: list[EventData] = [
            PaymentCapturePending(
                **known,
                psp_reference=result.reference,
                capture_id=capture_id,
                amount=amount,
                shipment_ids=_left(order, asked),
            )
        ]
        if result.released:
            rest = f"{capture_id}:rest"
            told.append(
                PaymentReleased(**known, psp_reference=result.reference, release_id=rest, amount=result.released)
            )
        shipment = _with(order, asked, pending=True, movement_id=capture_id, in_doubt_since=None)
        return changed(told, [model.capture_pending(payment, amount, let_go=result.released)], [shipment])
    was_pending = _present(order, asked).pending
    # What was let go with a capture that was pending has been told when it was accepted.
    let_go = 0 if was_pending else result.released
    after = model.captured(payment, amount, let_go=let_go, was_pending=was_pending)
    event = PaymentCaptured(
        **known,
        psp_reference=result.reference,
        capture_id=capture_id,
        amount=amount,
        released=let_go,
        final=after.capturable == 0,
        shipment_ids=_left(order, asked),
        **(result.issuer.beside(order.header.legal_entity) if result.issuer else {}),
    )
    taken = _with(order, asked, pending=False, capture_id=capture_id, in_doubt_since=None)
    return changed([event], [after], [taken])


def capture_refused(
    order: Order, payment: Payment, asked: Asked, reason: str, now: str, *, gone: bool = False
) -> Change:
    """The money of a shipment was refused; when it is asked for again is in `lifecycle`.

    What had been accepted and fails later has no workflow to say so any more: the work is escalated at once. With
    `gone` the provider holds nothing more of the tender, so that it would have to be authorised anew.
    """
    was_pending = _present(order, asked).pending
    shipment = _with(order, asked, pending=False, refused=reason, refused_at=now, in_doubt_since=None)
    after = model.capture_failed(payment, asked.capture.amount) if was_pending else payment
    lost = after.capturable if gone else 0
    if lost:
        after = model.expired(after)
    elif after.in_doubt_since:
        after = after.model_copy(update={"in_doubt_since": None})
    failed = PaymentCaptureFailed(
        **facts(order, payment, asked.key),
        psp_reference=payment.psp_reference or "",
        amount=asked.capture.amount,
        reason=reason,
        shipment_ids=_left(order, asked),
        released=lost,
    )
    tenders = [after] if after != payment else []
    if not was_pending:
        return changed([failed], tenders, [shipment])
    if isinstance(shipment, FulfillmentOrder):
        work, left = shipment, []
    else:
        work, left = next(w for w in order.fulfillment_orders if w.id == shipment.fulfillment_order_id), [shipment]
    told = work.model_copy(update={"escalated_reason": CAPTURE_FAILED})
    escalated = FulfillmentOrderEscalated(**work_ids(work), reason=CAPTURE_FAILED)
    return changed([failed, escalated], tenders, [*left, told])


def renewals(order: Order, now: str) -> Change:
    """Every tender that failed or ran out will be authorised anew."""
    events: list[EventData] = []
    payments: list[Payment] = []
    waiting: dict[str, Shipment] = {}
    ready: dict[str, FulfillmentOrder] = {}
    for payment in order.payments:
        if payment.state in (State.FAILED, State.EXPIRED):
            shipments = tuple(waiting.get(shipment.id, shipment) for shipment in order.shipments)
            works = tuple(ready.get(work.id, work) for work in order.fulfillment_orders)
            by_now = replace(order, shipments=shipments, fulfillment_orders=works)
            made = renewal(by_now, payment, payment.attempt, now)
            events += made.events
            payments += made.payments
            waiting.update((shipment.id, shipment) for shipment in made.shipments)
            ready.update((work.id, work) for work in made.work)
    return Change(events, payments, list(waiting.values()), work=list(ready.values()))


def renewal(order: Order, payment: Payment, attempt: int, now: str) -> Change:
    """The tender will be authorised anew for what is still to be taken; the captures that are owed wait for that."""
    if payment.attempt != attempt:
        raise Overtaken("The tender is being authorised anew already.")
    after = model.retried(payment)
    waiting: list[Shipment | FulfillmentOrder] = [
        shipment.model_copy(update={"captures": tuple(_on_next(c, payment.id, now) for c in shipment.captures)})
        for shipment in order.taking
        if any(c.payment_id == payment.id and c.is_owed for c in shipment.captures)
    ]
    told = facts(order, after, after.authorize_key)
    return changed([PaymentRenewed(**told, amount=after.to_hold, attempt=after.attempt)], [after], waiting)


def in_review(order: Order, reason: str) -> Header | None:
    """The header of an order that a person must look at; a cancelled one needs nobody."""
    if status(order) is Status.CANCELLED:
        return None
    verdict = Validation(name="payment", verdict="fail", detail=reason)
    return order.header.model_copy(update={"in_review": True, "validations": (*order.header.validations, verdict)})


def _shipment(order: Order, shipment_id: str) -> Shipment | FulfillmentOrder:
    return next(taking for taking in order.taking if taking.id == shipment_id)


def _left(order: Order, asked: Asked) -> tuple[str, ...]:
    """The shipment that a capture is for; none where the goods are ready and have not left."""
    return (asked.shipment_id,) if isinstance(_shipment(order, asked.shipment_id), Shipment) else ()


def _present(order: Order, asked: Asked) -> Capture:
    """The capture as it is by now; one that is settled, or waits for another authorisation, raises Overtaken."""
    captures = _shipment(order, asked.shipment_id).captures
    now = next(c for c in captures if c.payment_id == asked.capture.payment_id)
    if now.capture_id or now.refused or now.attempt != asked.capture.attempt:
        raise Overtaken("The capture is settled already.")
    return now


def _with(order: Order, asked: Asked, **changes: object) -> Shipment | FulfillmentOrder:
    """The shipment with its capture changed."""
    now, shipment = _present(order, asked), _shipment(order, asked.shipment_id)
    captures = tuple(c.model_copy(update=changes) if c is now else c for c in shipment.captures)
    return shipment.model_copy(update={"captures": captures})


def _on_next(capture: Capture, payment_id: str, now: str) -> Capture:
    """A capture that is to be taken from the next authorisation of its tender."""
    if capture.payment_id != payment_id or not capture.is_owed:
        return capture
    return capture.model_copy(update={"attempt": capture.attempt + 1, "fixed_at": now, "in_doubt_since": None})
