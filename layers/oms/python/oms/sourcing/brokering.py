"""broker_backlog: units that orders wait for are given to them as soon as there is stock, by a stated priority.

What was promised for sooner comes first, then the tier of the customer and the channel as the live strategies rank
them, then age. Who is first gets all that there is for it, and only the rest is for the next; then the batch optimiser
looks for the nodes that cost least in all. Each order is allocated in a transaction of its own, so a crash or a lost
race leaves whole orders, and the next run finds what still waits. The optimiser's prices are kept for single orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from oms.orders.backorders import Waiting
from oms.orders.changing import cancel_overdue_backorders, ship_as_available
from oms.orders.reads import backordered_orders, queue_of
from oms.orders.store import load_order
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.observability import logger
from oms.sourcing.allocating import allocate_backorders, may_be_given
from oms.sourcing.backlog import BacklogStock, Served
from oms.sourcing.prices import keep_prices
from oms.sourcing.reads import live_priority
from oms.sourcing.slips import keep_days_current
from oms.sourcing.strategy import Priority

# One round of a run: so many orders are planned together, for so many items and those beside them.
_MOST_TOGETHER, _MOST_ITEMS = 40, 20
# A run stays below what its function may take, and looks at so many orders that wait.
_LONGEST_RUN, _MOST_LISTED = timedelta(seconds=180), 10_000
_NO_DAY = "9999-12-31"


def broker_backlog(runtime: Runtime, tenant: str) -> int:
    """Cancel what has waited too long, and give stock to whoever waits for any; how many times an order was given some.

    Whoever goes on waiting is told of another day. Bounded: what does not fit one run is for the next.
    """
    ends_at, now = runtime.clock.now() + _LONGEST_RUN, format_instant(runtime.clock.now())
    wanted: dict[str, None] = {}
    for until, order_id, skus in backordered_orders(runtime.database, tenant, _MOST_LISTED):
        if until > now:
            wanted.update(dict.fromkeys(skus))
        elif runtime.clock.now() < ends_at:
            _cancel_overdue(runtime, tenant, order_id)
    served = broker_items(runtime, tenant, wanted, ends_at)
    for sku in wanted:
        if runtime.clock.now() < ends_at:
            keep_days_current(runtime, tenant, [sku])
    return served


def broker_order(runtime: Runtime, tenant: str, order_id: str) -> int:
    """The same for the items that one order waits for, since from now on it may be given some.

    Units that are not to wait at all are cancelled instead.
    """
    order = load_order(runtime.database, tenant, order_id)
    now = format_instant(runtime.clock.now())
    if order and any(one.cancel_at <= now for one in order.header.backorders):
        _cancel_overdue(runtime, tenant, order_id)
        order = load_order(runtime.database, tenant, order_id)
    waiting = order.header.backorders if order else ()
    return broker_items(runtime, tenant, [order.line(one.line_no).agreed.stock_sku for one in waiting] if order else ())


def broker_items(runtime: Runtime, tenant: str, skus: Iterable[str], ends_at: datetime | None = None) -> int:
    """The same for some items, and for those that the orders in their queues wait for as well; until an instant."""
    ends_at = ends_at or runtime.clock.now() + _LONGEST_RUN
    wanted, served = list(dict.fromkeys(skus)), 0
    while wanted:
        part, wanted = wanted[:_MOST_ITEMS], wanted[_MOST_ITEMS:]
        while runtime.clock.now() < ends_at and (some := _round(runtime, tenant, part)):
            served += some
    return served


def priority_of(one: Waiting, rank: Priority) -> tuple[object, ...]:
    """Where a group of an order stands among those who want the same stock: smaller is sooner."""
    return (one.due or _NO_DAY, *rank.of(one.tier, one.channel), one.placed_at, one.order_id, one.group_no)


def _cancel_overdue(runtime: Runtime, tenant: str, order_id: str) -> None:
    try:
        ship_as_available(runtime, tenant, order_id)
        cancel_overdue_backorders(runtime, tenant, order_id)
    except Exception as error:  # noqa: BLE001
        # Whatever it is, the order stays listed, and the others get their turn.
        logger().exception("backorder not cancelled", order_id=order_id, error_type=type(error).__name__)


def _round(runtime: Runtime, tenant: str, skus: Sequence[str]) -> int:
    """Plan for those who come first, together, and allocate to each in turn; how many were given something."""
    queue, items = _queue(runtime, tenant, skus)
    if not queue:
        return 0
    stock = BacklogStock(runtime, tenant, items)
    served: dict[str, Served] = {}
    for one in queue:
        if one.order_id not in served and stock.can_serve(one):
            order = load_order(runtime.database, tenant, one.order_id)
            if order is not None and may_be_given(order):
                served[one.order_id] = stock.serve(order)
                if len(served) == _MOST_TOGETHER:
                    break
    given = [one for one in served.values() if one.plans]
    stock.exchange(given)
    allocated = sum(
        allocate_backorders(runtime, tenant, one, stock, lambda: BacklogStock(runtime, tenant, items)) for one in given
    )
    if any(step.scenario.batch_prices for step in stock.steps):
        keep_prices(runtime, tenant, stock.prices)
    return allocated


def _queue(runtime: Runtime, tenant: str, skus: Sequence[str]) -> tuple[list[Waiting], list[str]]:
    """Who waits for these items, first come first, and all items that are looked at.

    An order that waits for others besides is planned for all of them, so whoever else waits for those counts too.
    """
    queues = {sku: queue_of(runtime.database, tenant, sku) for sku in skus}
    if not any(queues.values()):
        return [], []
    here = {one.order_id for own in queues.values() for one in own}
    listed = backordered_orders(runtime.database, tenant, _MOST_LISTED)
    beside = {sku for _, order_id, others in listed if order_id in here for sku in others} - queues.keys()
    for sku in sorted(beside)[:_MOST_ITEMS]:
        queues[sku] = queue_of(runtime.database, tenant, sku)
    rank = live_priority(runtime.database, tenant)
    waiting = (one for own in queues.values() for one in own)
    return sorted(waiting, key=lambda one: priority_of(one, rank)), list(queues)
