"""Goodwill that a rule of the retailer grants without a call: the command of an agent, by the actor `policy`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from oms.appeasements.commands import asked_for
from oms.appeasements.counting import zone_of
from oms.appeasements.granting import counters_of, live_goodwill, standing_of
from oms.appeasements.limits import CUSTOMER, Counter, order_cap
from oms.appeasements.model import POLICY, Appeasement, Because, Role, given
from oms.appeasements.refusals import AlreadyPending, OrderCap, OverRefund, RoleLimit, Undelivered
from oms.appeasements.requests import RequestAppeasement
from oms.appeasements.rules import GoodwillRule, rule_for
from oms.appeasements.shares import bases, percent_of
from oms.appeasements.store import load_appeasements
from oms.appeasements.views import REQUEST
from oms.appeasements.wrongs import REASONS, Around, Data, Wrong, wrong_of
from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.payments.lifecycle import is_stuck
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, input_hash
from oms.platform.consumers import Event
from oms.platform.effects import TransientFailure
from oms.platform.events import events_partition
from oms.platform.observability import logger
from oms.platform.principal import Principal

# What policy may grant by itself: as much as an agent; more waits for a person as theirs does.
_ROLE = Role.AGENT
_REFUSALS = (AlreadyPending, OrderCap, OverRefund, RoleLimit, Undelivered)


def grant_by_policy(runtime: Runtime, event: Event) -> Outcome | None:
    """Grant what the rules say of what an event tells that went wrong, once for each; None where that is nothing.

    What the order, its cap or another request that waits does not allow is not granted, and that is logged. Raises
    TransientFailure while the money of what has left is still being asked for.
    """
    sets = live_goodwill(runtime, event.tenant)
    if not any(one.rules for one in sets):
        return None
    order_id = str(event.data["order_id"])
    order = existing_order(runtime.database, event.tenant, order_id)
    around = Around(order, tuple(_readied(runtime, event)), zone_of(runtime, event.tenant, order))
    wrong = wrong_of(event.type, event.data, around)
    if wrong is None:
        return None
    header = order.header
    rule = rule_for(sets, wrong.event, header.channel, header.currency, wrong.late_minutes)
    if rule is None:
        return None
    call = Call(
        command="request_appeasement",
        principal=Principal(event.tenant, POLICY, _ROLE.value, frozenset({REQUEST})),
        key=f"{POLICY}#{event.meta['id']}",
        input_hash=input_hash(dict(event.data)),
        correlation_id=str(event.meta["correlation_id"]),
        causation_id=str(event.meta["id"]),
    )
    try:
        return execute(runtime, call, lambda: _decide(runtime, call, order_id, rule, wrong))
    except _REFUSALS as refused:
        logger().info("no goodwill by policy", order_id=order_id, cause=wrong.cause, code=refused.code)
        return None


def _decide(runtime: Runtime, call: Call, order_id: str, rule: GoodwillRule, wrong: Wrong) -> Decision:
    order = existing_order(runtime.database, call.tenant, order_id)
    past = load_appeasements(runtime.database, call.tenant, order_id)
    if any(one.cause == wrong.cause for one in past):
        return Decision([])
    captures = [one for taking in order.taking for one in taking.captures]
    if any((one.is_owed and not is_stuck(order, one)) or one.pending for one in captures):
        raise TransientFailure(f"the money of {order_id} is still being asked for")
    counters = counters_of(runtime, call.tenant, order, POLICY)
    amount = _amount(order, past, rule)
    if not amount or _had(runtime, rule, counters) >= rule.per_customer:
        return Decision([])
    request = RequestAppeasement(
        on=rule.on,
        amount=amount,
        reason=REASONS[wrong.event],
        paid_to=rule.paid_to,
        coupon_days=rule.coupon_days,
    )
    return asked_for(runtime, call, order, past, request, _ROLE, Because(cause=wrong.cause, rule=rule.id))


def _amount(order: Order, past: Sequence[Appeasement], rule: GoodwillRule) -> int:
    """What the rule gives, as far as the cap of the order leaves it."""
    found = bases(order, rule.on, (), given(past))
    wanted = rule.amount if rule.amount is not None else percent_of(found, rule.percent or 0)
    standing = standing_of(order, past)
    left = order_cap(standing.goods) - standing.granted_before
    return max(0, min(wanted, left, *([rule.most] if rule.most is not None else [])))


def _had(runtime: Runtime, rule: GoodwillRule, counters: Sequence[Counter]) -> int:
    """How often the customer was granted goodwill by policy within the period of a rule."""
    now, names = runtime.clock.now(), set[str]()
    for grant in (grant for one in counters if one.of == CUSTOMER for grant in one.grants):
        if grant.rule is not None and (now - grant.granted_at).days < rule.period_days:
            names.add(grant.appeasement_id)
    return len(names)


def _readied(runtime: Runtime, event: Event) -> list[Data]:
    """What was told of goods that were ready for collection, where some were collected."""
    if event.type != "ShipmentShipped":
        return []
    rows = runtime.database.query("events", events_partition(event.tenant, f"ORDER#{event.data['order_id']}"))
    return [json.loads(str(row["detail"]))["data"] for row in rows if row["type"] == "FulfillmentOrderReady"]
