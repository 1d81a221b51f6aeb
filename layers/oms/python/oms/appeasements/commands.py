"""Goodwill is asked for and decided on. Each is one transaction with the order that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.appeasements.coupons import new_code
from oms.appeasements.events import (
    AppeasementRejected,
    AppeasementRequested,
)
from oms.appeasements.granting import counters_of, facts_of, grant_now, standing_of, with_order
from oms.appeasements.limits import judge, judge_approval, require_within_order, role_of
from oms.appeasements.model import Appeasement, Because, Evaluation, Kind, On, PaidTo, Role, Ruling, State, given
from oms.appeasements.refusals import AlreadyPending, SelfApproval
from oms.appeasements.requests import COUPON_DAYS, DecideAppeasement, RequestAppeasement
from oms.appeasements.shares import as_coupon, bases, parts_of, percent_of, require_room
from oms.appeasements.store import load_appeasements
from oms.appeasements.views import APPROVE, REQUEST, named, no_appeasement, own_order
from oms.appeasements.writes import appeasement_id, request_write, ruling_write
from oms.orders.model import Order
from oms.orders.states import refuse_unmanaged
from oms.payments.refunds import Issuer
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, ScopeMissing, StaleVersion
from oms.platform.writes import Write
from oms.registry.reads import named_node


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
        return asked_for(runtime, call, order, past, request, role)

    return execute(runtime, call, decide)


def asked_for(
    runtime: Runtime,
    call: Call,
    order: Order,
    past: Sequence[Appeasement],
    request: RequestAppeasement,
    role: Role,
    because: Because | None = None,
) -> Decision:
    """The decision about goodwill that somebody of a role asks for, or that a rule grants without a call."""
    now = runtime.clock.now()
    found = bases(order, request.on, request.lines or (), given(past))
    if any(one.state(now) is State.PENDING_APPROVAL for one in past):
        raise AlreadyPending()
    standing = standing_of(order, past)
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
    counters = counters_of(runtime, call.tenant, order, call.principal.actor)
    evaluation = judge(role, net, net + sum(part.tax for part in parts), standing, counters)
    made = Appeasement(
        id=appeasement_id(order.header.id, len(past) + 1),
        number=len(past) + 1,
        order_id=order.header.id,
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
        cause=because.cause if because else None,
        rule=because.rule if because else None,
        requested_by=call.principal.actor,
        channel=call.channel,
        requested_at=now,
        evaluation=evaluation,
    )
    own = [request_write(call.tenant, made)]
    if made.granted:
        return grant_now(runtime, call, order, made, own, counters, approved_by=None, status=201)
    told = AppeasementRequested(
        **facts_of(order, made),
        pending=tuple(evaluation.pending),
        needs_role=str(evaluation.needs_role),
        expires_at=format_instant(made.expires_at or now),
    )
    return with_order(runtime, call, order, made, own, [told], status=201)


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
        told = AppeasementRejected(
            **facts_of(order, waiting), rejection=request.reason, rejected_by=call.principal.actor
        )
        return with_order(runtime, call, order, ruled, _ruling(call, ruled), [told])

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
    counters = counters_of(runtime, call.tenant, order, waiting.requested_by)
    evaluation = judge_approval(
        role_of(call.principal.roles),
        waiting.evaluation.needs_role,
        waiting.net,
        waiting.total,
        standing_of(order, past),
        counters,
    )
    ruled = _ruled(runtime, call, waiting, request, evaluation)
    own = _ruling(call, ruled)
    return grant_now(runtime, call, order, ruled, own, counters, approved_by=call.principal.actor, status=200)


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


def _issuer(runtime: Runtime, call: Call, request: RequestAppeasement, now: datetime) -> Issuer | None:
    """Whose new gift card or store credit a request wants, where it names a node."""
    if request.issuer_node is None:
        return None
    node = named_node(runtime.database, call.tenant, now, request.issuer_node, "/issuer_node")
    return Issuer(legal_entity=node.legal_entity, store=node.id)
