"""Appeasements as they are shown, to whoever may read or grant them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms.appeasements.counting import actors_day, counted_by
from oms.appeasements.limits import CUSTOMER, Counter, order_cap
from oms.appeasements.model import Appeasement, Reason
from oms.appeasements.requests import WaitingQuery
from oms.appeasements.shares import goods_of
from oms.appeasements.store import list_waiting, load_appeasements, load_counters, load_requests
from oms.appeasements.writes import appeasement_id, appeasements_partition, order_of, waiting_list
from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value

READ = "appeasements.read"
REQUEST = "appeasements.request"
APPROVE = "appeasements.approve"


def read_appeasement(runtime: Runtime, principal: Principal, name: str) -> dict[str, Value]:
    """One appeasement with how it was judged and decided; an unknown one raises NotFound."""
    order_id = named(name)
    authorize(principal, READ, appeasements_partition(principal.tenant, order_id))
    for one in load_appeasements(runtime.database, principal.tenant, order_id):
        if one.id == name:
            return document(one, runtime.clock.now())
    raise no_appeasement(name)


def read_appeasements(runtime: Runtime, principal: Principal, order_id: str) -> dict[str, Value]:
    """All goodwill on an order, oldest first, what may still be granted, and what customer and caller had before."""
    order = own_order(runtime, principal, READ, order_id)
    past = load_appeasements(runtime.database, principal.tenant, order_id)
    now, cap, granted = runtime.clock.now(), order_cap(goods_of(order)), sum(one.net for one in past if one.granted)
    names = counted_by(order, principal.actor, actors_day(runtime, principal.tenant, order))
    counters = [counter.now(now) for counter in load_counters(runtime.database, principal.tenant, names)]
    currency = order.header.currency
    seen: list[Value] = [
        {
            **counter.seen(0, currency).model_dump(mode="json", exclude={"beyond"}),
            "most_grants": counter.pace.grants,
            "most_amount": counter.pace.amount(currency),
        }
        for counter in counters
    ]
    return {
        "order_id": order_id,
        "currency": order.header.currency,
        "granted": granted,
        "order_cap": cap,
        "left": max(cap - granted, 0),
        "reasons": [{"code": one.value, "needs_text": one is Reason.OTHER} for one in Reason],
        "seen": seen,
        "of_customer": _of_customer(runtime, principal.tenant, order_id, counters),
        "appeasements": [document(one, now) for one in past],
    }


def _of_customer(runtime: Runtime, tenant: str, order_id: str, counters: Sequence[Counter]) -> list[Value]:
    """What the customer was granted on other orders within the window, through whatever channel, the last first."""
    grants = {grant.appeasement_id: grant for one in counters if one.of == CUSTOMER for grant in one.grants}
    others = sorted(
        (grant for name, grant in grants.items() if order_of(name) != order_id),
        key=lambda grant: (grant.granted_at, grant.appeasement_id),
        reverse=True,
    )
    known = load_requests(runtime.database, tenant, [grant.appeasement_id for grant in others])
    return [
        {
            "appeasement_id": grant.appeasement_id,
            "order_id": known[grant.appeasement_id].order_id,
            "channel": known[grant.appeasement_id].channel,
            "reason": known[grant.appeasement_id].reason.value,
            "paid_to": known[grant.appeasement_id].paid_to.value,
            "amount": grant.amount,
            "currency": grant.currency,
            "requested_by": known[grant.appeasement_id].requested_by,
            "granted_at": format_instant(grant.granted_at),
        }
        for grant in others
        if grant.appeasement_id in known
    ]


def read_waiting(runtime: Runtime, principal: Principal, wanted: WaitingQuery) -> dict[str, Value]:
    """A page of the requests that wait for somebody who may approve them, the last to expire first."""
    partition, now = waiting_list(principal.tenant), runtime.clock.now()
    authorize(principal, APPROVE, partition)
    after = _position(principal.tenant, wanted.cursor) if wanted.cursor else None
    found, position = list_waiting(runtime.database, principal.tenant, now, limit=wanted.limit, after=after)
    return {
        "appeasements": [document(one, now) for one in found],
        "next_cursor": encode_cursor(dict(position)) if position else None,
    }


def _position(tenant: str, cursor: str) -> Mapping[str, str]:
    """Where a page begins: at a request of the tenant's own list; what is made up is refused."""
    position = decode_cursor(cursor)
    order_id, number = order_of(position.get("gsi1sk", "").partition("#")[2]), position.get("sk", "")
    own = {"pk": appeasements_partition(tenant, order_id), "gsi1pk": waiting_list(tenant)}
    if position != {**own, "sk": number, "gsi1sk": position.get("gsi1sk")} or not number.startswith("REQUEST#"):
        raise bad_cursor()
    return position


def own_order(runtime: Runtime, principal: Principal, permission: str, order_id: str) -> Order:
    """An order of the caller's tenant as it is now; an unknown one raises NotFound."""
    authorize(principal, permission, appeasements_partition(principal.tenant, order_id))
    return existing_order(runtime.database, principal.tenant, order_id)


def named(name: str) -> str:
    """The order of an appeasement by its id; what is no such id raises NotFound."""
    order_id, number = order_of(name), name.rpartition("_")[2]
    if not (number.isascii() and number.isdigit()) or name != appeasement_id(order_id, int(number[:9])):
        raise no_appeasement(name)
    return order_id


def no_appeasement(name: str) -> NotFound:
    return NotFound(f"There is no appeasement {name}.")


def document(made: Appeasement, now: datetime) -> dict[str, Value]:
    """An appeasement with its judgement, as it stands at an instant."""
    stored = made.model_dump(mode="json", exclude={"number", "parts", "coupon_code", "coupon_days"})
    return {
        **stored,
        "parts": [part.model_dump() for part in made.parts],
        "goods": made.goods,
        "shipping": made.shipping,
        "tax": made.tax,
        "total": made.total,
        "coupon": made.coupon.model_dump(mode="json") if made.coupon else None,
        "state": made.state(now).value,
        "pending": [reason.value for reason in made.evaluation.pending],
        "expires_at": format_instant(made.expires_at) if made.expires_at else None,
        "version": made.version,
        "available_actions": [action.value for action in made.available_actions(now)],
    }
