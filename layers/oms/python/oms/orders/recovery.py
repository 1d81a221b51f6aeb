"""What a crash or a lost message left half done: claims without an order go back, unfinished orders are finished.

The sweeper knows an unfinished order in two ways. The transaction that leaves something open beyond the order's first
run lists the order as unfinished; and every order is looked at some minutes after it was placed, in case its first run
never came to an end. From then on it stays listed until nothing is open any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from oms.orders.large import undo_claims
from oms.orders.model import Order, status
from oms.orders.store import load_order, unfinished_key, unfinished_position
from oms.orders.unfinished import OVER, has_rest, is_unfinished, may_go_on, repays, waits_for_others
from oms.orders.writes import unfinished_write
from oms.payments.commands import Providers, capture_or_escalate, refund_payment, release_payment
from oms.platform import saga as sagas
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.observability import counted, logger
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put

INDEX = "by_status"
# Runs of an order's workflow and of its tasks are over by then, with their repeats.
_OWN_RUN = timedelta(minutes=10)
# By then an order stands in the index, whatever the clock said of whoever placed it.
_LISTED = timedelta(minutes=20)
# How long an unfinished order is left alone between two looks: at first, for the first day, and after that.
_WAITS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=6))
_LOOKS_OF_FIRST_DAY = 144
# About an hour: by then a person must look too.
_LOOKS_BEFORE_RINGING = 8
# One run stays well below what its function may take.
_MOST_AT_ONCE, _MOST_LOOKED_AT, _LONGEST_RUN = 1000, 2000, timedelta(seconds=180)
_FIRST_LOOK_BACK = timedelta(days=2)
_RUNNING = ("CONFIRMED", "IN_PROGRESS")
RunWorkflow = Callable[[str, str], object]  # tenant, order id


def recover_sagas(runtime: Runtime, tenant: str) -> int:
    """Undo every placement of a tenant whose runner is dead; answers how many."""
    undone = 0
    for name in sagas.expired_sagas(runtime, tenant):
        try:
            sagas.undo_saga(runtime, tenant, name, undo_claims)
            undone += 1
        except Conflict:
            # Somebody else took it over in this moment and will finish it.
            continue
    return undone


def finish_orders(runtime: Runtime, providers: Providers, run_workflow: RunWorkflow, tenant: str) -> int:
    """Take up every unfinished order that is due; answers how many were finished by it.

    What is open is looked up or repeated under its own key. An order that fails again is left for later, and harms no
    other.
    """
    started, finished = runtime.clock.now(), 0
    _list_first_runs(runtime, tenant)
    for order_id in _due(runtime, tenant):
        if runtime.clock.now() - started > _LONGEST_RUN:
            break
        try:
            finished += _finish(runtime, providers, run_workflow, tenant, order_id)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the order stays listed and the others get their turn.
            logger().exception("order not finished", order_id=order_id, error_type=type(error).__name__)
    return finished


def _finish(runtime: Runtime, providers: Providers, run_workflow: RunWorkflow, tenant: str, order_id: str) -> bool:
    """Carry on with one order; whether nothing of it is open any more. Its entry then goes, unless it was made anew."""
    entry = runtime.database.get("orders", unfinished_key(tenant, order_id))
    if entry is None:
        # The index still shows what is gone.
        return False
    order = load_order(runtime.database, tenant, order_id)
    if order is None or not is_unfinished(order):
        _forget(runtime, tenant, order_id, entry)
        return order is not None
    _look_again_later(runtime, tenant, order_id, entry)
    if entry["looks"] == _LOOKS_BEFORE_RINGING and not waits_for_others(order):
        rings = counted("OrdersUnfinished", runtime.clock.now())
        logger().error("order still unfinished", order_id=order_id, tenant=tenant, **rings)
    if entry["looks"]:
        _carry_on(runtime, providers, run_workflow, tenant, order)
    return False


def _carry_on(runtime: Runtime, providers: Providers, run_workflow: RunWorkflow, tenant: str, order: Order) -> None:
    order_id = order.header.id
    owed = {
        shipment.fulfillment_order_id
        for shipment in order.taking
        if shipment.fulfillment_order_id is not None
        and any(capture.is_owed or capture.pending for capture in shipment.captures)
    }
    for work_id in sorted(owed):
        # The work's own workflow may be gone; if it is not, it tells a person the same under the same key.
        capture_or_escalate(runtime, providers, tenant, order_id, work_id)
    if repays(order):
        refund_payment(runtime, providers, tenant, order_id)
    if status(order) in OVER:
        release_payment(runtime, providers, tenant, order_id, nobody_asks=True)
        return
    if has_rest(order):
        release_payment(runtime, providers, tenant, order_id)
    if may_go_on(order):
        run_workflow(tenant, order_id)


def _due(runtime: Runtime, tenant: str) -> list[str]:
    """The unfinished orders whose time has come, the longest waiting first."""
    now, found, after = format_instant(runtime.clock.now()), list[str](), None
    while len(found) < _MOST_AT_ONCE:
        partition = f"{tenant_prefix(tenant)}OPEN"
        page = runtime.database.query_index("orders", INDEX, partition, limit=_MOST_AT_ONCE, after=after)
        places = [str(item["gsi1sk"]).split("#", 1) for item in page.items]
        found += [order_id for due, order_id in places if due <= now]
        after = page.next
        if after is None or any(due > now for due, _ in places):
            break
    return found


def _look_again_later(runtime: Runtime, tenant: str, order_id: str, entry: Item) -> None:
    """Move an entry to when it is due next, unless the order was listed anew in the meantime."""
    looks = int(str(entry["looks"]))
    first, usual, later_on = _WAITS
    wait = later_on if looks > _LOOKS_OF_FIRST_DAY else min(first * 2 ** min(looks, 3), usual)
    due = format_instant(runtime.clock.now() + wait)
    later: Item = {"looks": looks + 1, **unfinished_position(tenant, order_id, due)}
    key, own = unfinished_key(tenant, order_id), {"version": entry["version"], "looks": entry["looks"]}
    with suppress(Conflict):
        runtime.database.commit([Write(Kind.CHANGE, "orders", key, set=later, equals=own)])


def _forget(runtime: Runtime, tenant: str, order_id: str, entry: Item) -> None:
    own = {"version": entry["version"], "looks": entry["looks"]}
    with suppress(Conflict):
        runtime.database.commit([Write(Kind.REMOVE, "orders", unfinished_key(tenant, order_id), equals=own)])


def _list_first_runs(runtime: Runtime, tenant: str) -> None:
    """List the orders whose first run never came to an end; how far the days of placing were searched is stored."""
    key = Key(f"{tenant_prefix(tenant)}SWEEP", "ORDERS")
    now = runtime.clock.now()
    start, after = _searched_to(runtime.database.get("commands", key), now)
    day, position, seen = start, after, 0
    searched: Item = {"day": start.isoformat(), "after": dict(after) if after else None}
    before = dict(searched)
    while day <= now.date() and seen < _MOST_LOOKED_AT:
        partition = f"{tenant_prefix(tenant)}ORDERS#{day.isoformat()}"
        page = runtime.database.query_index("orders", INDEX, partition, limit=100, after=position)
        for item in page.items:
            age = now - parse_instant(str(item["gsi1sk"]).split("#", 1)[0])
            if age >= _OWN_RUN and item["status"] in _RUNNING:
                _list_if_unfinished(runtime, tenant, str(item["gsi1sk"]).split("#", 1)[1])
            if age >= _LISTED:
                here = {name: str(item[name]) for name in ("pk", "sk", "gsi1pk", "gsi1sk")}
                searched = {"day": day.isoformat(), "after": dict(here)}
        seen += max(1, len(page.items))
        position = page.next
        if position is None:
            day += timedelta(days=1)
            if now - _LISTED >= _beginning(day):
                searched = {"day": day.isoformat(), "after": None}
    if searched != before:
        runtime.database.commit([put("commands", key, searched)])


def _list_if_unfinished(runtime: Runtime, tenant: str, order_id: str) -> None:
    order = load_order(runtime.database, tenant, order_id)
    if order is None or not is_unfinished(order):
        return
    entry = unfinished_write(tenant, order)
    with suppress(Conflict):
        # Its own run is over, so nothing is gained by waiting.
        runtime.database.commit([create(entry.table, entry.key, {**entry.set, "looks": 1})])


def _searched_to(stored: Item | None, now: datetime) -> tuple[date, Mapping[str, str] | None]:
    """The day and the position from which to search on; a clock that was moved back starts again."""
    first = (now - _FIRST_LOOK_BACK).date()
    if stored is None:
        return first, None
    day, after = date.fromisoformat(str(stored["day"])), stored["after"]
    if day > now.date():
        return first, None
    return day, {name: str(value) for name, value in after.items()} if isinstance(after, dict) else None


def _beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
