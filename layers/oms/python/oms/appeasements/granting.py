"""What a grant is measured by, and what it does: it is owed, counted and told in the transaction of its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.appeasements.alerting import alert
from oms.appeasements.counting import actors_day, counted_by
from oms.appeasements.events import AppeasedLine, AppeasementGranted, CouponIssued
from oms.appeasements.limits import Counter, Grant, Standing
from oms.appeasements.model import Appeasement
from oms.appeasements.owing import owe, refundable
from oms.appeasements.rules import KIND, GoodwillRules, alerts_of
from oms.appeasements.shares import goods_of
from oms.appeasements.store import load_counters
from oms.appeasements.views import document
from oms.appeasements.writes import counter_write
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.payments.refunds import Refund
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.writes import Write
from oms.rulesets.reads import live_rules


def live_goodwill(runtime: Runtime, tenant: str) -> list[GoodwillRules]:
    """The rules of goodwill that hold now."""
    return [one.content for one in live_rules(runtime.database, tenant, KIND, GoodwillRules)]


def standing_of(order: Order, past: Sequence[Appeasement]) -> Standing:
    """What goodwill on an order is measured by."""
    return Standing(
        currency=order.header.currency,
        goods=goods_of(order),
        granted_before=sum(one.net for one in past if one.granted),
        refundable=refundable(order),
    )


def counters_of(runtime: Runtime, tenant: str, order: Order, actor: str) -> list[Counter]:
    """What the customer of an order was granted within the window, and an actor granted on the business date."""
    names = counted_by(order, actor, actors_day(runtime, tenant, order))
    now = runtime.clock.now()
    return [counter.now(now) for counter in load_counters(runtime.database, tenant, names)]


def grant_now(
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
            **facts_of(order, made),
            code=made.coupon.code,
            valid_until=format_instant(made.coupon.valid_until),
            approved_by=approved_by,
        )
        return with_order(runtime, call, order, made, [*own, *counted], [issued], status=status, also=alerted)
    told = AppeasementGranted(
        **facts_of(order, made),
        lines=tuple(AppeasedLine(line_no=part.line_no, net=part.net, tax=part.tax) for part in made.parts),
        taxes=made.taxes,
        approved_by=approved_by,
    )
    refund, owed = owe(order, made, now)
    return with_order(
        runtime, call, order, made, [*own, *counted], [told, *owed], refunds=[refund], status=status, also=alerted
    )


def with_order(
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


def facts_of(order: Order, made: Appeasement) -> Mapping[str, object]:
    """What every fact of an appeasement says."""
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
