"""What the steps of the payment life cycle change of an order. Pure."""

from __future__ import annotations

from dataclasses import replace

from oms.fulfillment.model import Capture, FulfillmentOrder, Shipment
from oms.orders.events import OrderReviewAccepted
from oms.orders.model import Header, Order
from oms.orders.request import Tender
from oms.payments import model
from oms.payments.care_events import PaymentCaptureRetried, PaymentLinkCreated, PaymentUnpaid
from oms.payments.change import Asked, Change, Overtaken, changed, facts
from oms.payments.events import PaymentRenewed
from oms.payments.lifecycle import given_up, is_stuck, needs_another_card
from oms.payments.model import Payment, State
from oms.payments.states import PayLink
from oms.platform.events import EventData
from oms.platform.links import hash_of


def capture_again(order: Order, payment: Payment, asked: Asked, now: str) -> Change:
    """A refused capture will be asked for once more, under a key of its own."""
    shipment = next(one for one in order.taking if one.id == asked.shipment_id)
    present = next(c for c in shipment.captures if c.payment_id == payment.id)
    if present != asked.capture or (shipment.id, payment.id) in given_up(order):
        raise Overtaken("The capture is dealt with already.")
    owed = _owed(present, now).model_copy(update={"retries": present.retries + 1})
    event = PaymentCaptureRetried(
        **facts(order, payment, owed.key(shipment.id)),
        amount=owed.amount,
        shipment_id=shipment.id,
        retry=owed.retries,
    )
    return changed([event], [], [_with(shipment, present, owed)])


def link(order: Order, payment: Payment, name: str, expires_at: str) -> Change:
    """The customer is asked for another card."""
    if payment.pay_link is not None or not needs_another_card(order, payment):
        raise Overtaken("Nobody needs another card, or the customer has been asked.")
    after = payment.model_copy(update={"pay_link": PayLink(name_hash=hash_of(name), expires_at=expires_at)})
    amount = unpaid(order, payment)
    return Change(
        [PaymentLinkCreated(**facts(order, payment, None), amount=amount, name=name, expires_at=expires_at)], [after]
    )


def unpaid(order: Order, payment: Payment) -> int:
    """What another card would have to pay: what was to be held, or what was refused of what has left."""
    if payment.state is not State.FAILED and (payment.capturable or payment.captured):
        return sum(capture.amount for _, capture in unpaid_captures(order, payment))
    return payment.to_hold


def link_over(order: Order, payment: Payment) -> Change:
    """The time of a link is over; where goods have left without their money, a person is told."""
    if payment.pay_link is None or payment.pay_link.is_over:
        raise Overtaken("The link was dealt with already.")
    after = payment.model_copy(update={"pay_link": payment.pay_link.model_copy(update={"is_over": True})})
    if after.change is not None and after.state is State.FAILED:
        after = model.move(after, State.VOIDED)
    left = list(unpaid_captures(order, payment))
    event = PaymentUnpaid(
        **facts(order, payment, None),
        amount=sum(capture.amount for _, capture in left),
        shipment_ids=tuple(one.id for one, _ in left if isinstance(one, Shipment)),
    )
    return Change([event], [after])


def another_card(order: Order, payment: Payment, attempt: int, provider: str, token: str, now: str) -> Change:
    """The tender will be authorised anew on another card; what was refused of what has left is owed again.

    An order that a person was to look at only for this needs nobody any more.
    """
    if payment.attempt != attempt:
        raise Overtaken("The tender is being authorised anew already.")
    after = model.retried(payment, tender=Tender.CARD.value, provider=provider, token=token)
    lost = given_up(order)
    shipments = [
        _with(shipment, capture, _owed(capture, now))
        for shipment in order.taking
        for capture in shipment.captures
        if capture.payment_id == payment.id and (capture.is_owed or capture.refused)
        if (shipment.id, payment.id) not in lost
    ]
    events: list[EventData] = [
        PaymentRenewed(**facts(order, after, after.authorize_key), amount=after.to_hold, attempt=after.attempt)
    ]
    header = _reviewed(replace(order, payments=_replaced(order, after)))
    if header is not None:
        events.append(OrderReviewAccepted(order_id=header.id, external_id=header.external_id, status="CONFIRMED"))
    return replace(changed(events, [after], shipments), header=header)


def unpaid_captures(order: Order, payment: Payment) -> list[tuple[Shipment | FulfillmentOrder, Capture]]:
    """What a tender was to pay of what has left, and did not, and nobody gave up."""
    lost = given_up(order)
    return [
        (shipment, capture)
        for shipment in order.taking
        for capture in shipment.captures
        if capture.payment_id == payment.id and (capture.refused or is_stuck(order, capture))
        if (shipment.id, payment.id) not in lost
    ]


def _reviewed(order: Order) -> Header | None:
    """The header of an order that was in review only for its payments, which are all tried again now."""
    header = order.header
    others = any(one.verdict == "fail" and one.name != "payment" for one in header.validations)
    if not header.in_review or others or any(needs_another_card(order, one) for one in order.payments):
        return None
    return header.model_copy(update={"in_review": False})


def _owed(capture: Capture, now: str) -> Capture:
    """A capture under a new key."""
    changes = {"refused": None, "refused_at": None, "attempt": capture.attempt + 1, "fixed_at": now}
    return capture.model_copy(update={**changes, "in_doubt_since": None})


def _with(shipment: Shipment | FulfillmentOrder, old: Capture, new: Capture) -> Shipment | FulfillmentOrder:
    return shipment.model_copy(update={"captures": tuple(new if c is old else c for c in shipment.captures)})


def _replaced(order: Order, after: Payment) -> tuple[Payment, ...]:
    return tuple(after if one.id == after.id else one for one in order.payments)
