"""care_for_payment: what the payment workflow does whenever it wakes; and pay_again, another card for a tender.

The workflow holds no state of its own. Each time it does what is due by the stored order and asks when to come again,
so it can be started at any time, twice at once, or anew after it was lost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from oms.fulfillment.model import FulfillmentOrder, Shipment
from oms.orders.cancelling import cancellable
from oms.orders.changing import cancel_order
from oms.orders.model import Order, status
from oms.orders.request import CancellationRequest, LineQuantity
from oms.orders.store import existing_order
from oms.orders.unfinished import OVER
from oms.orders.writes import change_order
from oms.payments import care
from oms.payments.asking import Asking
from oms.payments.changes import Asked
from oms.payments.commands import CaptureRefused, Providers, TransientFailure, authorize_order, capture_payment
from oms.payments.lifecycle import LINK_LASTS, Due, Step, needs_another_card, next_due
from oms.payments.model import CARD_PROVIDERS, Payment, State
from oms.payments.port import provider_of
from oms.payments.releasing import release, renew
from oms.payments.requests import PayByLink
from oms.payments.states import PURPOSE
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome
from oms.platform.consumers import call_from_workflow
from oms.platform.links import Place, link_write, new_name
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound

# Why units are cancelled for which nobody paid.
UNPAID = "unpaid"
# More steps than these at once are a fault; the workflow comes again after a while.
_MOST_STEPS = 20
_COMES_AGAIN = timedelta(hours=1)


def care_for_payment(runtime: Runtime, providers: Providers, tenant: str, order_id: str) -> datetime | None:
    """Do all that is due for the payment of an order; answers when to come again, or None where nothing is waited for.

    Raises TransientFailure while an outcome is unknown.
    """
    for _ in range(_MOST_STEPS):
        order, now = existing_order(runtime.database, tenant, order_id), runtime.clock.now()
        due = next_due(order, now)
        if due is None or due.at > now:
            return None if due is None else due.at
        _STEPS[due.step](runtime, providers, tenant, order, due)
    return runtime.clock.now() + _COMES_AGAIN


def pay_again(
    runtime: Runtime, providers: Providers, call: Call, order_id: str, payment_id: str, request: PayByLink
) -> Outcome:
    """Pay with another card what a tender did not pay; by the time of the answer the bank has been asked.

    What the old card still holds is let go of first. Raises ActionNotAvailable where the tender needs no other card,
    and InvalidRequest for a provider that cannot pay for it.
    """
    if find_outcome(runtime, call) is None:
        order = _order(runtime, call, order_id)
        payment = _payment(order, payment_id)
        _require_replaceable(order, payment, request)
        if payment.capturable:
            release(_asking(runtime, providers, call.tenant, order, payment), renewable=True)

    def decide() -> Decision:
        now = _order(runtime, call, order_id)
        tender, at = _payment(now, payment_id), format_instant(runtime.clock.now())
        _require_replaceable(now, tender, request)
        made = care.another_card(now, tender, tender.attempt, request.provider, request.token, at)
        _, writes, events = change_order(
            call.tenant,
            now,
            events=made.events,
            header=made.header,
            payments=made.payments,
            shipments=made.shipments,
            fulfillment_orders=made.work,
        )
        return Decision(writes, events, 202, {"order_id": order_id, "payment_id": payment_id})

    done = execute(runtime, call, decide)
    with suppress(TransientFailure):
        # What is not known yet is looked up by the sweeper; the order shows it.
        _, order = authorize_order(runtime, providers, call.tenant, order_id)
        if _payment(order, payment_id).state is State.AUTHORIZED:
            _take_what_left(runtime, providers, call.tenant, order, payment_id)
    return done


def _require_replaceable(order: Order, payment: Payment, request: PayByLink) -> None:
    if not needs_another_card(order, payment):
        raise ActionNotAvailable("This tender needs no other card.")
    if request.provider not in CARD_PROVIDERS:
        known = f"known are {', '.join(sorted(CARD_PROVIDERS))}"
        raise InvalidRequest(errors=[FieldError("/provider", "unknown_provider", known)])
    if payment.captured and request.provider != payment.provider:
        # A tender has one provider, who gives back what it took.
        detail = f"{payment.provider} has taken a part of this tender already"
        raise InvalidRequest(errors=[FieldError("/provider", "other_provider", detail)])


def _take_what_left(runtime: Runtime, providers: Providers, tenant: str, order: Order, payment_id: str) -> None:
    """Take the money of what left before it was paid; what fails here is taken up by the sweeper."""
    for shipment in order.taking:
        if any(capture.payment_id == payment_id and capture.is_owed for capture in shipment.captures):
            _take(runtime, providers, tenant, order, shipment)


def _confirm(runtime: Runtime, providers: Providers, tenant: str, order: Order, _: Due) -> None:
    authorize_order(runtime, providers, tenant, order.header.id)


def _renew(runtime: Runtime, providers: Providers, tenant: str, order: Order, due: Due) -> None:
    """Let go of a hold and take it anew; what was begun and not ended goes on from where it stands."""
    payment = _payment(order, due.payment_id)
    attempt = payment.attempt
    # Another run may have renewed it by now: what that one holds is not let go of again.
    while payment.attempt == attempt:
        order = renew(_asking(runtime, providers, tenant, order, payment))
        payment = _payment(order, due.payment_id)
    authorize_order(runtime, providers, tenant, order.header.id)


def _capture_again(runtime: Runtime, providers: Providers, tenant: str, order: Order, due: Due) -> None:
    payment = _payment(order, due.payment_id)
    shipment = next(one for one in order.taking if one.id == due.shipment_id)
    capture = next(one for one in shipment.captures if one.payment_id == payment.id)
    _asking(runtime, providers, tenant, order, payment).record.capture_again(Asked(shipment.id, capture))
    _take(runtime, providers, tenant, order, shipment)


def _take(
    runtime: Runtime, providers: Providers, tenant: str, order: Order, shipment: Shipment | FulfillmentOrder
) -> None:
    """Take what is owed of the work of a shipment; a refusal is recorded, and what comes of it is due by then."""
    if shipment.fulfillment_order_id is not None:
        with suppress(CaptureRefused):
            capture_payment(runtime, providers, tenant, order.header.id, shipment.fulfillment_order_id)


def _send_link(runtime: Runtime, providers: Providers, tenant: str, order: Order, due: Due) -> None:
    payment = _payment(order, due.payment_id)
    name = new_name(runtime.ids, tenant, "pay")
    until = format_instant(runtime.clock.now() + LINK_LASTS)
    place = Place(tenant=tenant, order_id=order.header.id, about=payment.id, expires_at=until)
    write = link_write(PURPOSE, name, place)
    _asking(runtime, providers, tenant, order, payment).record.link(payment.attempt, name, until, write)


def _give_up(runtime: Runtime, providers: Providers, tenant: str, order: Order, due: Due) -> None:
    """Nobody paid: what has not left is cancelled, and of what has a person is told."""
    payment = _payment(order, due.payment_id)
    if status(order) not in OVER and payment.state in (State.FAILED, State.EXPIRED):
        call = call_from_workflow("cancel_order", tenant, f"{payment.id}:{UNPAID}:{payment.attempt}")
        lines = _unpaid_lines(order, payment)
        with suppress(ActionNotAvailable):
            if lines is None or lines:
                cancel_order(runtime, call, order.header.id, CancellationRequest(reason=UNPAID, lines=lines))
        order = existing_order(runtime.database, tenant, order.header.id)
        payment = _payment(order, due.payment_id)
    _asking(runtime, providers, tenant, order, payment).record.link_over(payment.attempt)


def _unpaid_lines(order: Order, payment: Payment) -> tuple[LineQuantity, ...] | None:
    """What goes with a tender that nobody paid: of an edit only the lines that it was to pay, else all (None)."""
    if payment.change is None:
        return None
    own = ((line.line_no, cancellable(order, line)) for line in order.lines if line.change == payment.change)
    return tuple(LineQuantity(line_no=line_no, quantity=units) for line_no, units in own if units)


def _expire(runtime: Runtime, providers: Providers, tenant: str, order: Order, _: Due) -> None:
    # Loaded with the first such order.
    from oms.orders.expiring import expire_reservation

    try:
        expire_reservation(runtime, tenant, order.header.id)
    except ActionNotAvailable as error:
        raise TransientFailure(str(error)) from error


def _asking(runtime: Runtime, providers: Providers, tenant: str, order: Order, payment: Payment) -> Asking:
    return Asking(runtime, provider_of(providers, runtime, tenant, payment.provider), tenant, order, payment)


def _order(runtime: Runtime, call: Call, order_id: str) -> Order:
    return existing_order(runtime.database, call.tenant, order_id)


def _payment(order: Order, payment_id: str) -> Payment:
    for payment in order.payments:
        if payment.id == payment_id:
            return payment
    raise NotFound()


_STEPS: dict[Step, Callable[[Runtime, Providers, str, Order, Due], None]] = {
    Step.CONFIRM: _confirm,
    Step.RENEW: _renew,
    Step.CAPTURE_AGAIN: _capture_again,
    Step.SEND_LINK: _send_link,
    Step.GIVE_UP: _give_up,
    Step.EXPIRE: _expire,
}
