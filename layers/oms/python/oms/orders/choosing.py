"""Which nodes an order gets its units from, by the stock, capacity and strategies of now. Reads, but never writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from oms.capacity.reads import room_of
from oms.inventory.model import Hold
from oms.inventory.reads import stock_view
from oms.orders.model import Group, Line, Order
from oms.orders.reads import queue_of
from oms.orders.request import OrderRequest, tier_of
from oms.orders.validation import Known
from oms.platform.commands import Runtime
from oms.platform.writes import Write
from oms.registry.model import Item, weights_of
from oms.sourcing.keeping import late_nodes
from oms.sourcing.model import Sourced
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import live_steps, loads_of, source_groups
from oms.sourcing.strategy import About, Step, steps_about
from oms.sourcing.waiting import beyond_waiting, expected_days
from oms.sourcing.writes import decision_write


def choose_nodes(
    runtime: Runtime,
    tenant: str,
    order: OrderRequest,
    known: Known,
    groups: Sequence[Group],
    lines: Sequence[Line],
    own: Mapping[tuple[str, str], Hold],
    *,
    steps: Sequence[Step] | None = None,
) -> Sourced:
    """Nodes for every unit, from the stock that the channel may have now and the `own` holds of its basket.

    Where the open nodes with capacity do not have everything and closed or full ones do, these are chosen: the order is
    kept, and a person decides what becomes of it. Nodes that cannot keep the promise of a group are asked for what
    nobody else has. `steps` are the scenarios to go by in place of those that hold.
    """
    now = runtime.clock.now()
    skus = (sku for line in lines for sku in line.stock(1))
    channel, currency = order.channel, order.currency
    known_steps = live_steps(runtime.database, tenant) if steps is None else steps
    view = stock_view(runtime.database, tenant, skus, channel=channel, items=known.items, nodes=known.nodes, now=now)
    queue = cache(partial(queue_of, runtime.database, tenant))
    stock = view.with_basket(beyond_waiting(view, known_steps, queue), own)
    about = About(tier_of(order.customer), order.attributes, order.external_id)
    own_steps = steps_about(known_steps, known.items, stock.ages, about)
    steps = with_prices(runtime.database, tenant, own_steps, channel, view.rows, now)
    counters = [group.pickup_node for group in groups if group.pickup_node]
    candidates = [*(node_id for _, node_id in stock.units), *counters]
    room = room_of(runtime.database, tenant, known.nodes, candidates, now)
    late = late_nodes(runtime.database, tenant, groups, known.nodes, candidates, now)
    plan_all = partial(
        source_groups,
        groups,
        lines,
        known.nodes,
        _without_preorders(stock.units, known.items),
        channel=channel,
        currency=currency,
        weights=weights_of(known.items),
        late=late,
    )

    def plan(**more: Any) -> Sourced:
        return _waiting_for_street_dates(plan_all(**more), lines, known.items, now)

    sourced = replace(plan(steps=steps, room=room), stock=stock, steps=steps)
    if sourced.missing and not sourced.lacking:
        known_of = (known.items, known.nodes)
        days = expected_days(runtime.database, tenant, channel, groups, sourced, *known_of, queue, now)
        return replace(sourced, expected=days)
    if sourced.lacking:
        any_node = plan(steps=steps, closed_too=True)
        # What a closed or full node holds is worth another look before it becomes work.
        full = room.full(currency) | room.over(loads_of(lines, any_node, currency))
        kept = replace(any_node, is_best=False, stock=stock, steps=steps, full=full)
        return sourced if any_node.missing else kept
    return sourced


def _without_preorders(
    units: Mapping[tuple[str, str], int], items: Mapping[str, Item]
) -> Mapping[tuple[str, str], int]:
    """Stock without what is not given out yet, wherever it lies."""
    early = {sku for sku, item in items.items() if item.preorder}
    return {place: count for place, count in units.items() if place[0] not in early} if early else units


def _waiting_for_street_dates(
    sourced: Sourced, lines: Sequence[Line], items: Mapping[str, Item], now: datetime
) -> Sourced:
    """The plans as they are where what is on pre-order waits: such lines are in groups of their own."""
    waits: dict[int, int] = {}
    for line in lines:
        item = items.get(line.agreed.sku)
        if item is not None and item.preorder and line.claims_stock:
            until = item.preorder.street_date + timedelta(days=item.preorder.cancel_after_days)
            waits[line.group_no] = max(waits.get(line.group_no, 0), (until - now.date()).days)
    if not waits:
        return sourced
    plans = {
        no: replace(plan, backorder_days=waits[no], asks_person=False) if no in waits else plan
        for no, plan in sourced.plans.items()
    }
    return replace(sourced, plans=plans)


def decision_of(tenant: str, order: Order, known: Known, sourced: Sourced) -> list[Write]:
    """Why the order's nodes were chosen, for the decision log; an order without goods needs no nodes."""
    header = order.header
    if not sourced.plans:
        return []
    at = header.placed_at
    return [decision_write(tenant, header, order.lines, known.nodes, sourced, number=1, at=at, command="place_order")]
