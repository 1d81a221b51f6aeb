"""Goodwill is asked for and decided on. Each is one transaction with the order that it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms.appeasements.alerting import alert
from oms.appeasements.counting import actors_day, counted_by
from oms.appeasements.coupons import new_code
from oms.appeasements.events import (
    AppeasedLine,
    AppeasementGranted,
    AppeasementRejected,
    AppeasementRequested,
    CouponIssued,
)
from oms.appeasements.limits import Counter, Grant, Standing, judge, judge_approval, require_within_order, role_of
from oms.appeasements.model import Appeasement, Evaluation, Kind, On, PaidTo, Ruling, State, given
from oms.appeasements.owing import owe, refundable
from oms.appeasements.refusals import AlreadyPending, SelfApproval
from oms.appeasements.requests import COUPON_DAYS, DecideAppeasement, RequestAppeasement
from oms.appeasements.rules import KIND, GoodwillRules, alerts_of
from oms.appeasements.shares import as_coupon, bases, goods_of, parts_of, percent_of, require_room
from oms.appeasements.store import load_appeasements, load_counters
from oms.appeasements.views import APPROVE, REQUEST, document, named, no_appeasement, own_order
from oms.appeasements.writes import appeasement_id, counter_write, request_write, ruling_write
from oms.orders.history import refuse_unmanaged
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.payments.refunds import Issuer, Refund
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, ScopeMissing, StaleVersion
from oms.platform.writes import Write
from oms.registry.reads import named_node
from oms.rulesets.reads import live_rules


def request_appeasement(runtime: Runtime, call: Call, order_id: str, request: RequestAppeasement) -> Outcome:
    """Ask for goodwill on an order; within the limits of the caller it is granted at once, else it waits for approval.

    Raises Undelivered, AlreadyPending, OrderCap, OverRefund and RoleLimit, and ScopeMissing for a caller without role.
    """

    def decide() -> Decision:
        role = role_of(call.principal.roles)
        if role is None:
            raise ScopeMissing("The token names no role that may grant goodwill.")
        order = own_order(runtime, call.principal, REQUEST, order_id)
        refuse_unmanaged(order.header.history)
        if call.expected_version not in (None, order.header.version):
            raise StaleVersion(f"The order is at version {order.header.version}.")
        past = load_appeasements(runtime.database, call.tenant, order_id)
        now = runtime.clock.now()
        found = bases(order, request.on, request.lines or (), given(past))
        if any(one.state(now) is State.PENDING_APPROVAL for one in past):
            raise AlreadyPending()
        standing = _standing(order, past)
        if request.on is not On.TAX:
            # The cap of the order is named before the lines are, since beyond it nothing helps.
            net = request.amount if request.amount is not None else percent_of(found, request.percent or 0)
            require_within_order(net, net, standing)
        parts = parts_of(found, request.on, request.amount, request.percent)
        if not parts:
            raise InvalidRequest(errors=[FieldError("/percent", "nothing", "it comes to nothing")])
        coupon = request.paid_to is PaidTo.COUPON
        parts = as_coupon(parts, request.on) if coupon else parts
        net = sum(part.net for part in parts)
        counters = _counters(runtime, call, order, call.principal.actor)
        evaluation = judge(role, net, net + sum(part.tax for part in parts), standing, counters)
        made = Appeasement(
            id=appeasement_id(order_id, len(past) + 1),
            number=len(past) + 1,
            order_id=order_id,
            on=request.on,
            lines=request.lines or (),
            kind=Kind.AMOUNT if request.amount is not None else Kind.PERCENT,
            percent=request.percent,
            reason=request.reason,
            text=request.text,
            paid_to=request.paid_to,
            issuer=_issuer(runtime, call, request, now),
            coupon_code=new_code(runtime.ids) if coupon else None,
            coupon_days=(request.coupon_days or COUPON_DAYS) if coupon else None,
            currency=order.header.currency,
            parts=parts,
            requested_by=call.principal.actor,
            channel=call.channel,
            requested_at=now,
            evaluation=evaluation,
        )
        own = [request_write(call.tenant, made)]
        if made.granted:
            return _granted(runtime, call, order, made, own, counters, approved_by=None, status=201)
        told = AppeasementRequested(
            **_facts(order, made),
            pending=tuple(evaluation.pending),
            needs_role=str(evaluation.needs_role),
            expires_at=format_instant(made.expires_at or now),
        )
        return _decision(runtime, call, order, made, own, [told], status=201)

    return execute(runtime, call, decide)


def decide_appeasement(runtime: Runtime, call: Call, name: str, request: DecideAppeasement) -> Outcome:
    """Approve or reject goodwill that waits; an approval is measured by the limits of whoever approves.

    Raises SelfApproval for whoever asked, RoleLimit where the role is not enough, ActionNotAvailable once it is over.
    """

    def decide() -> Decision:
        order_id = named(name)
        order = own_order(runtime, call.principal, APPROVE, order_id)
        past = load_appeasements(runtime.database, call.tenant, order_id)
        waiting = next((one for one in past if one.id == name), None)
        if waiting is None:
            raise no_appeasement(name)
        if call.expected_version not in (None, waiting.version):
            raise StaleVersion(f"The appeasement is at version {waiting.version}.")
        state = waiting.state(runtime.clock.now())
        if state is not State.PENDING_APPROVAL:
            raise ActionNotAvailable(f"An appeasement that is {state.value} is not decided any more.")
        if request.decision == "approve":
            return _approved(runtime, call, order, past, waiting, request)
        ruled = _ruled(runtime, call, waiting, request, None)
        told = AppeasementRejected(**_facts(order, waiting), rejection=request.reason, rejected_by=call.principal.actor)
        return _decision(runtime, call, order, ruled, _ruling(call, ruled), [told])

    return execute(runtime, call, decide)


def _approved(
    runtime: Runtime,
    call: Call,
    order: Order,
    past: Sequence[Appeasement],
    waiting: Appeasement,
    request: DecideAppeasement,
) -> Decision:
    if call.principal.actor == waiting.requested_by:
        raise SelfApproval()
    # Goods that came back meanwhile have been given back with their returns.
    require_room(waiting.parts, bases(order, waiting.on, waiting.lines, given(past)))
    # It counts for who asked: whoever approves much is not held up by it.
    counters = _counters(runtime, call, order, waiting.requested_by)
    evaluation = judge_approval(
        role_of(call.principal.roles),
        waiting.evaluation.needs_role,
        waiting.net,
        waiting.total,
        _standing(order, past),
        counters,
    )
    ruled = _ruled(runtime, call, waiting, request, evaluation)
    own = _ruling(call, ruled)
    return _granted(runtime, call, order, ruled, own, counters, approved_by=call.principal.actor, status=200)


def _ruled(
    runtime: Runtime, call: Call, waiting: Appeasement, request: DecideAppeasement, evaluation: Evaluation | None
) -> Appeasement:
    ruling = Ruling(
        approved=evaluation is not None,
        reason=request.reason,
        decided_by=call.principal.actor,
        channel=call.channel,
        role=role_of(call.principal.roles),
        decided_at=runtime.clock.now(),
        evaluation=evaluation,
    )
    return waiting.model_copy(update={"ruling": ruling})


def _ruling(call: Call, ruled: Appeasement) -> list[Write]:
    return [ruling_write(call.tenant, ruled, ruled.ruling)] if ruled.ruling else []


def live_goodwill(runtime: Runtime, tenant: str) -> list[GoodwillRules]:
    """The rules of goodwill that hold now."""
    return [one.content for one in live_rules(runtime.database, tenant, KIND, GoodwillRules)]


def _standing(order: Order, past: Sequence[Appeasement]) -> Standing:
    return Standing(
        currency=order.header.currency,
        goods=goods_of(order),
        granted_before=sum(one.net for one in past if one.granted),
        refundable=refundable(order),
    )


def _counters(runtime: Runtime, call: Call, order: Order, actor: str) -> list[Counter]:
    names = counted_by(order, actor, actors_day(runtime, call.tenant, order))
    now = runtime.clock.now()
    return [counter.now(now) for counter in load_counters(runtime.database, call.tenant, names)]


def _granted(
    runtime: Runtime,
    call: Call,
    order: Order,
    made: Appeasement,
    own: Sequence[Write],
    counters: Sequence[Counter],
    *,
    approved_by: str | None,
    status: int,
) -> Decision:
    """It is owed from now on, and counted in the same transaction."""
    now = runtime.clock.now()
    grant = Grant(appeasement_id=made.id, amount=made.net, currency=made.currency, granted_at=now, rule=made.rule)
    alerts = list(alerts_of(live_goodwill(runtime, call.tenant)))
    day = actors_day(runtime, call.tenant, order)
    after = [alert(counter.plus(grant), alerts, made, day, order.header.correlation_id or None) for counter in counters]
    counted = [counter_write(call.tenant, counter) for counter, _ in after]
    alerted = [one for _, told in after for one in told]
    if made.coupon is not None:
        issued = CouponIssued(
            **_facts(order, made),
            code=made.coupon.code,
            valid_until=format_instant(made.coupon.valid_until),
            approved_by=approved_by,
        )
        return _decision(runtime, call, order, made, [*own, *counted], [issued], status=status, also=alerted)
    told = AppeasementGranted(
        **_facts(order, made),
        lines=tuple(AppeasedLine(line_no=part.line_no, net=part.net, tax=part.tax) for part in made.parts),
        taxes=made.taxes,
        approved_by=approved_by,
    )
    refund, owed = owe(order, made, now)
    return _decision(
        runtime, call, order, made, [*own, *counted], [told, *owed], refunds=[refund], status=status, also=alerted
    )


def _decision(
    runtime: Runtime,
    call: Call,
    order: Order,
    made: Appeasement,
    own: Sequence[Write],
    events: Sequence[EventData],
    *,
    refunds: Sequence[Refund] = (),
    status: int = 200,
    also: Sequence[EventDraft] = (),
) -> Decision:
    """Held to the version of the order that was read: nothing else is granted or given back on it in between."""
    _, writes, drafts = change_order(call.tenant, order, events=events, refunds=refunds)
    return Decision([*writes, *own], [*drafts, *also], status=status, body=document(made, runtime.clock.now()))


def _issuer(runtime: Runtime, call: Call, request: RequestAppeasement, now: datetime) -> Issuer | None:
    """Whose new gift card or store credit a request wants, where it names a node."""
    if request.issuer_node is None:
        return None
    node = named_node(runtime.database, call.tenant, now, request.issuer_node, "/issuer_node")
    return Issuer(legal_entity=node.legal_entity, store=node.id)


def _facts(order: Order, made: Appeasement) -> Mapping[str, object]:
    header = order.header
    return {
        "order_id": header.id,
        "external_id": header.external_id,
        "appeasement_id": made.id,
        "currency": header.currency,
        "legal_entity": header.legal_entity,
        "store": header.selling_node,
        "channel": header.channel,
        "reason": made.reason.value,
        "paid_to": made.paid_to.value,
        "goods": made.goods,
        "shipping": made.shipping,
        "tax": made.tax,
        "total": made.total,
        "requested_by": made.requested_by,
        "role": made.evaluation.role.value,
    }
