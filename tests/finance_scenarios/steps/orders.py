"""Rows about orders, their goods and the money that a provider holds and takes for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.fulfillment.model import Status as WorkStatus
from oms.payments import model as payment_rules
from oms.payments.commands import CaptureRefused
from oms.platform.effects import TransientFailure
from oms.platform.problems import ActionNotAvailable
from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.plan import OrderPlan, Piece
from tests.finance_scenarios.play import Fact, Play
from tests.finance_scenarios.steps.placing import card_token, placed
from tests.finance_scenarios.world import CannotDo, Refused
from tests.functions.conftest import Answer


def order_id(play: Play, plan: OrderPlan) -> str:
    """The product's order, placed and planned when it is first needed."""
    known = play.book.get(("order", plan.name))
    if known is None:
        # What the channel has taken already is told when the order is placed.
        with play.quietly(counted=True):
            known = placed(play, plan)
            play.book["order", plan.name] = known
            _expect_of_provider(play, plan, known)
            play.doors.task("source_order", order_id=known)
    return str(known)


def authorize(play: Play, plan: OrderPlan) -> None:
    """Hold the money of the order, and tell its nodes of their work."""
    known = order_id(play, plan)
    if ("authorized", plan.name) in play.book:
        return
    play.collect()
    before = len(play.facts)
    outcome = play.doors.task("authorize_payment", order_id=known)
    play.collect()
    _leave_out_quiet(play, plan, known, play.facts[before:])
    if outcome["outcome"] in ("AUTHORIZED", "NOT_REQUIRED"):
        play.book["authorized", plan.name] = True
        with play.quietly():
            for work in outcome["fulfillment_orders"]:
                token = f"token-{work['fulfillment_order_id']}"
                play.retailer.waiting.add(token)
                play.doors.task("release_fulfillment", **work, task_token=token)


def _leave_out_quiet(play: Play, plan: OrderPlan, known: str, facts: Sequence[Fact]) -> None:
    """What is held by tenders of which no row tells is history."""
    payments = sorted(play.retailer.order(known).payments, key=lambda payment: payment.rank)
    quiet = {payment.id for payment, tender in zip(payments, plan.tenders, strict=True) if tender.quiet}
    for fact in facts:
        if fact.told.data.get("payment_id") in quiet:
            fact.row = None


def ready(play: Play, plan: OrderPlan) -> str:
    """The order with its money held and what was delivered before the scenario begins."""
    if plan.rows_of("pos.sale"):
        if ("order", plan.name) not in play.book:
            raise CannotDo(f"{plan.name} is not sold yet")
        return str(play.book["order", plan.name])
    known = order_id(play, plan)
    if not plan.rows_of("payment.authorized") and ("authorized", plan.name) not in play.book:
        with play.quietly():
            authorize(play, plan)
    if ("history", plan.name) not in play.book:
        play.book["history", plan.name] = True
        undelivered = any(row.get("expect") == "REFUSED_UNDELIVERED" for row in plan.rows)
        for parcel in plan.parcels:
            if parcel.row is None and not undelivered:
                with play.quietly():
                    ship(play, plan, parcel.pieces)
                    if plan.is_paid_quietly:
                        capture(play, plan)
    return known


def ship(play: Play, plan: OrderPlan, pieces: list[Piece], occurred_at: str | None = None) -> None:
    """Goods leave their node, or are handed over."""
    known = str(play.book["order", plan.name])
    numbers = {piece.line_no: piece.units for piece in pieces}
    staff = play.api("fulfillment", "fulfillment.write", "fulfillment.read")
    shipped = False
    for work in play.retailer.order(known).fulfillment_orders:
        lines = [
            {"line_no": part.line_no, "quantity": numbers[part.line_no]}
            for part in work.lines
            if part.line_no in numbers
        ]
        if not lines:
            continue
        url = f"/v1/fulfillment-orders/{work.id}"
        verb = "ship"
        if work.method == "pickup":
            verb = "hand-over"
            if work.status is not WorkStatus.READY:
                with play.quietly():
                    play.post(staff, f"{url}/stage", {})
        more = {"occurred_at": occurred_at} if occurred_at else {}
        play.post(staff, f"{url}/{verb}", {"lines": lines, **more})
        shipped = True
    if not shipped:
        raise CannotDo(f"no node works on the goods of {plan.name}")


def deliver_unpaid(play: Play, plan: OrderPlan, piece: Piece) -> None:
    """Goods leave whose money the provider then refuses."""
    with play.quietly():
        ship(play, plan, [piece])
    refuse(play, plan)


def refuse(play: Play, plan: OrderPlan) -> None:
    """The money of what has left is asked for once more, held again if need be, and not taken."""
    provider, known = play.retailer.provider, str(play.book["order", plan.name])
    holds = provider.holds.pop(known, None)
    provider.script["capture"] = ["declined"] * 20
    with play.quietly():
        capture(play, plan)
    provider.script.pop("capture", None)
    if holds is not None:
        provider.holds[known] = holds


def capture(play: Play, plan: OrderPlan) -> None:
    """Take the money of all that has left."""
    known = str(play.book["order", plan.name])
    for work in play.retailer.order(known).fulfillment_orders:
        try:
            play.doors.task("capture_payment", order_id=known, fulfillment_order_id=work.id)
        except (CaptureRefused, TransientFailure) as error:
            play.book["refused", plan.name] = str(error)


def authorized(play: Play, row: Row) -> None:
    plan = play.plan(row)
    order_id(play, plan)
    authorize(play, plan)


def transferred(play: Play, row: Row) -> None:
    plan = play.plan(row)
    ready(play, plan)
    parcel = next(parcel for parcel in plan.parcels if parcel.row is row)
    ship(play, plan, parcel.pieces)
    if plan.is_paid_quietly:
        with play.quietly():
            capture(play, plan)


def captured(play: Play, row: Row) -> None:
    plan = play.plan(row)
    if row.get("expect"):
        _too_much(play, row, plan)
        return
    if row.get("authorized") == "false":
        order_id(play, plan)
        return
    known = ready(play, plan)
    if plan.is_paid_when_ready:
        with play.quietly():
            _stage(play, known)
    capture(play, plan)


def _stage(play: Play, known: str) -> None:
    """The goods wait for the customer at the counter."""
    staff = play.api("fulfillment", "fulfillment.write", "fulfillment.read")
    for work in play.retailer.order(known).fulfillment_orders:
        if work.method == "pickup" and work.status is WorkStatus.OPEN:
            play.post(staff, f"/v1/fulfillment-orders/{work.id}/stage", {})


def _too_much(play: Play, row: Row, plan: OrderPlan) -> None:
    """No door names the amount of a capture: the rule is asked that every capture passes before it is recorded."""
    known = ready(play, plan)
    kind = row.get("tender") or "card"
    for payment in play.retailer.order(known).payments:
        if payment.tender == kind:
            try:
                payment_rules.captured(payment, plan.amount(row))
            except ActionNotAvailable as refused:
                raise Refused(Answer(409, {}, {"code": "over_capture", "detail": str(refused)})) from refused


def line_cancelled(play: Play, row: Row) -> Mapping[str, Any]:
    plan = play.plan(row)
    known = ready(play, plan)
    piece = plan.cancelled[row.name]
    lines = [{"line_no": piece.line_no, "quantity": piece.units}]
    return _cancelled(play, known, {"reason": row.get("reason") or "customer", "lines": lines})


def cancelled(play: Play, row: Row) -> Mapping[str, Any]:
    known = ready(play, play.plan(row))
    return _cancelled(play, known, {"reason": row.get("reason") or "customer"})


def released(play: Play, row: Row) -> None:
    """What a cancellation leaves unneeded is let go of; without one, the hold has run out at the provider."""
    plan = play.plan(row)
    known = ready(play, plan)
    news = play.events("OrderCancelled", "OrderLinesCancelled", order=known)
    if news:
        tell_queue(play, "release_payment", *news)
    elif not _is_expiry(row):
        staff = play.api("change_orders", "orders.write")
        with play.quietly():
            play.post(staff, f"/v1/orders/{known}/cancellations", {"reason": row.get("reason") or "customer"})
        tell_queue(play, "release_payment", *play.events("OrderCancelled", "OrderLinesCancelled", order=known))
    else:
        _expire(play, plan, known)


def capture_failed(play: Play, row: Row) -> None:
    """The provider does not take what it held: the hold is gone, and what it was for must be authorised anew."""
    plan = play.plan(row)
    known = ready(play, plan)
    for reference, held in play.retailer.provider.held.items():
        if held.order_id == known and held.capturable:
            play.retailer.provider.expire(reference)
    # Whether it is held again is not known before a later row says so.
    play.retailer.provider.script["authorize"] = ["lost_before"] * 20
    capture(play, plan)
    play.retailer.provider.script.pop("authorize", None)


def tell_queue(play: Play, name: str, *news: dict[str, Any]) -> None:
    """Give news to the queue of a function, which must take all of it."""
    if play.doors.queue(name, *news):
        raise CannotDo(f"{name} gave news back")


def _is_expiry(row: Row) -> bool:
    return "expir" in (row.get("reason") or "").lower()


def _expire(play: Play, plan: OrderPlan, known: str) -> None:
    """The hold runs out at the provider, which says so."""
    from tests.finance_scenarios.steps.refunds import tell

    for payment in play.retailer.order(known).payments:
        if payment.psp_reference in play.retailer.provider.held and payment.capturable:
            play.retailer.provider.expire(str(payment.psp_reference))
            tell(play, plan, payment.id, "payment.expired")


def _cancelled(play: Play, known: str, body: dict[str, Any]) -> Mapping[str, Any]:
    """Cancel over HTTP; a node that has taken the work lets go of it when it is asked."""
    staff = play.api("change_orders", "orders.write")
    answer: Mapping[str, Any] = play.post(staff, f"/v1/orders/{known}/cancellations", body)
    node = play.api("fulfillment", "fulfillment.write", "fulfillment.read")
    for work in play.retailer.order(known).fulfillment_orders:
        if work.asked:
            with play.quietly(counted=True):
                play.post(node, f"/v1/fulfillment-orders/{work.id}/cancel-response", {"accepted": True})
    return answer


def _expect_of_provider(play: Play, plan: OrderPlan, known: str) -> None:
    """Tell the provider what the rows say: how often it approves, and with which captures it lets go of the rest."""
    provider = play.retailer.provider
    cards = [row for row in plan.rows_of("payment.authorized") if (row.get("tender") or "card") == "card"]
    if cards:
        provider.holds[known] = len(cards) + sum(1 for one in plan.tenders if one.quiet and one.tender == "card")
    if plan.rows_of("write_off.") and plan.rows_of("payment.captured"):
        # What is given up is the rest that no row takes.
        provider.poor |= {card_token(plan, number) for number, one in enumerate(plan.tenders) if one.quiet}
    provider.lets_go[known] = [
        plan.amount(row)
        for row in plan.rows_of("payment.captured")
        if plan.amount(row, "released") and (row.get("tender") or "card") == "card"
    ]


STEPS = {
    "payment.authorized": authorized,
    "payment.captured": captured,
    "payment.auth_released": released,
    "payment.capture_failed": capture_failed,
    "goods.transferred": transferred,
    "order.line_cancelled": line_cancelled,
    "order.cancelled": cancelled,
}
