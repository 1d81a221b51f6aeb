"""To whom else work is offered: the next best nodes that could do all of it under the same scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.capacity.reads import room_of
from oms.fulfillment.model import FulfillmentOrder
from oms.orders.loads import load_of
from oms.orders.model import Group, Line, Order
from oms.orders.request import Method
from oms.platform.commands import Runtime
from oms.platform.writes import MOST_ACTIONS
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.sourcing.alone import priced_among_all
from oms.sourcing.keeping import late_nodes
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import about_order, country_of, demand_of, live_steps, plan_group, sources_of
from oms.sourcing.strategy import Step, steps_about, steps_for
from oms.sourcing.works import Move, items_of, stock_for, with_units

# To so many other nodes the work of an order is offered in all: each is told in the transactions that begin and end it.
_MOST_OTHERS = 9
# When another node takes it, each row is given back at one node and claimed at the other; these are all other writes.
_WRITES_PER_ROW, _OTHER_WRITES = 4, 20


def with_offers(
    runtime: Runtime, tenant: str, order: Order, works: Sequence[FulfillmentOrder], later: Sequence[Move]
) -> list[FulfillmentOrder]:
    """The new work of an order, with the nodes that it is offered to where its scenario says so.

    Only work that is all of its group is offered, no pick-up and no leg; `later` is what is not work yet.
    """
    offered = order.header.may_be_offered
    alone = [work for work in works if offered and _is_all_of_its_group(order, work, works, later)]
    live = live_steps(runtime.database, tenant) if alone else []
    if not any(step.scenario.offer for step in live):
        return list(works)
    left, made = _MOST_OTHERS, []
    for work in works:
        others, seconds = _others(runtime, tenant, order, work, live, left) if work in alone else ((), 0)
        left -= len(others)
        offer = {"offered_to": others, "offer_seconds": seconds} if others else {}
        made.append(work.model_copy(update=offer))
    return made


def _is_all_of_its_group(
    order: Order, work: FulfillmentOrder, works: Sequence[FulfillmentOrder], later: Sequence[Move]
) -> bool:
    lines = [order.line(line.line_no) for line in work.lines]
    same = [one for one in (*order.fulfillment_orders, *works) if one.group_no == work.group_no]
    rest = any(move.line.group_no == work.group_no for move in later)
    waits = any(order.line(one.line_no).group_no == work.group_no for one in order.header.backorders)
    goods = all(line.claims_stock for line in lines)
    own_way = not work.is_leg and work.method != Method.PICKUP.value
    return goods and len(same) == 1 and not rest and not waits and own_way


def _others(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder, live: Sequence[Step], most: int
) -> tuple[tuple[str, ...], int]:
    """The nodes that some work is offered to, the best first, and for how many seconds; none where no scenario says so.

    Each has all the units and room for them, and would keep what was promised.
    """
    now, header = runtime.clock.now(), order.header
    group = header.groups[work.group_no - 1]
    lines = [with_units(order.line(one.line_no), one.quantity) for one in work.lines]
    wanted = order.stock_of({line.line_no: line.quantity for line in lines})
    nodes = known_nodes(runtime.database, tenant, now, named=[work.node_id])
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    known = steps_about(live, items, stock.ages, about_order(header))
    about = with_prices(runtime.database, tenant, known, header.channel, wanted, now)
    steps = steps_for(about, header.channel, group.method, country_of(group, nodes))
    weights = weights_of(items)
    here = {(sku, work.node_id): units for sku, units in wanted.items()}
    worth = sum(line.agreed.total for line in lines if not line.part_of)
    own = plan_group(group, [demand_of(one) for one in lines], nodes, here, steps, weights=weights, worth=worth)
    step = next((one for one in steps if one.name == own.scenario), None)
    offer = step.scenario.offer if step else None
    if step is None or offer is None or own.missing:
        return (), 0
    have = {node_id for _, node_id in stock.at_once} - {work.node_id}
    able = [n for n in sorted(have) if all(stock.at_once.get((sku, n), 0) >= units for sku, units in wanted.items())]
    room = room_of(runtime.database, tenant, nodes, able, now)
    asked = load_of(header.currency, [(line, line.quantity) for line in lines])
    full = room.full(header.currency) | room.over(dict.fromkeys(able, asked))
    units = {**stock.at_once, **here}
    ranked = _ranked(group, lines, nodes, units, step, [n for n in able if n not in full], weights, worth)
    late = late_nodes(runtime.database, tenant, [group], nodes, ranked, now).get(group.group_no, frozenset())
    fitting = (MOST_ACTIONS - _OTHER_WRITES - _WRITES_PER_ROW * len(wanted)) // 2
    count = max(0, min(offer.nodes - 1, most, fitting))
    return tuple(n for n in ranked if n not in late)[:count], offer.minutes * 60


def _ranked(
    group: Group,
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    units: Mapping[tuple[str, str], int],
    step: Step,
    able: Sequence[str],
    weights: Mapping[str, int],
    worth: int,
) -> list[str]:
    """The nodes that can serve all lines alone under a scenario, the best first."""
    sources = sources_of(group, nodes, closed_too=False)
    demands = [demand_of(line) for line in lines]
    ranked = []
    for node_id in able:
        there = {place: count for place, count in units.items() if place[1] == node_id}
        plan = plan_group(group, demands, nodes, there, [step], weights=weights, worth=worth)
        if not plan.missing and plan.shipments == 1:
            plan = priced_among_all(plan, step, group, sources, nodes, units, there)
            ranked.append((plan.cost, plan.metres, node_id))
    return [node_id for _, _, node_id in sorted(ranked)]
