"""change_method: units that are not picked go another way, from wherever they can, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from oms.capacity.model import periods_of
from oms.capacity.reads import room_of
from oms.choices.model import Choice
from oms.fulfillment.model import FulfillmentOrder
from oms.inventory.model import Claimable
from oms.inventory.writes import StockChanges
from oms.orders.changing import require_order
from oms.orders.method_changes import (
    MethodChange,
    Moved,
    changed_header,
    moved_units,
    new_lines,
    refuse_change,
    shown,
    told_change,
)
from oms.orders.model import Header, Line, Order
from oms.orders.writes import Additions, change_order, with_groups
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.problems import FieldError, InvalidRequest, OutOfStock, TooLarge
from oms.platform.writes import MOST_ACTIONS, Write, merge
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import said
from oms.sourcing.model import Allotment, Plan, Sourced
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import about_order, country_of, demand_of, live_steps, plan_group, plan_within
from oms.sourcing.strategy import steps_about, steps_for
from oms.sourcing.works import Move, fitting, items_of, loads_of_plan, new_ids, new_work, stock_for
from oms.sourcing.writes import decision_write


def change_method(runtime: Runtime, call: Call, order_id: str, change: MethodChange) -> Outcome:
    """Send units of an order another way: their work ends and new work begins, and nothing is sold twice or lost.

    The answer is an OrderSummary. Raises ActionNotAvailable for units that are picked or gone, OutOfStock where nobody
    has them for the new way, PaymentNeeded where that costs more, and TooLarge where one transaction does not hold it;
    then nothing is changed.
    """

    def decide() -> Decision:
        return changed_way(runtime, call, require_order(runtime, call, order_id), change)

    return execute(runtime, call, decide)


def changed_way(
    runtime: Runtime, call: Call, order: Order, change: MethodChange, ends: Sequence[tuple[Choice, EventData]] = ()
) -> Decision:
    """The transaction of such a change, with the choices that end by it and what is told of their end."""
    refuse_change(order, change)
    named = [change.pickup_node] if change.pickup_node else []
    nodes = known_nodes(runtime.database, call.tenant, runtime.clock.now(), named=named)
    _refuse_node(change, nodes)
    moved = moved_units(order, change.lines)
    added = new_lines(order, moved, change)
    gave_up = frozenset(
        work.node_id for line_no in moved.units for work, part in order.parts.get(line_no, ()) if part.given_up
    )

    def told(works: Sequence[str]) -> list[EventData]:
        return [*(event for _, event in ends), told_change(order, moved, added, change, works)]

    swap = Swap(moved, added, changed_header(order, moved), told, tuple(choice for choice, _ in ends))
    return swapped(runtime, call, order, swap, nodes, without=gave_up)


@dataclass(frozen=True, slots=True)
class Swap:
    """Units that leave their lines and the lines that take their place; `told` says it, with the new work."""

    moved: Moved
    added: Additions
    header: Header
    told: Callable[[Sequence[str]], Sequence[EventData]]
    choices: Sequence[Choice] = ()


def swapped(
    runtime: Runtime,
    call: Call,
    order: Order,
    swap: Swap,
    nodes: Mapping[str, Node],
    *,
    without: frozenset[str] = frozenset(),
) -> Decision:
    """The transaction in which lines take the place of others: planned anew, but not from nodes it is to go `without`.

    Raises OutOfStock and TooLarge.
    """
    moved, added, now = swap.moved, swap.added, runtime.clock.now()
    planned = work_for_added(runtime, call, order, added, nodes, moved, without)
    works = planned.works
    after, writes, drafts = change_order(
        call.tenant,
        order,
        events=[*swap.told(new_ids(order, works)), *moved.events],
        header=swap.header,
        fulfillment_orders=[*moved.work, *works],
        added=added,
        choices=swap.choices,
    )
    stock = StockChanges(call.tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    stock.know(planned.stock.spread)
    freed = _freed(moved)
    for (sku, node_id), units in freed.items():
        rest = units - min(units, planned.claims.get((sku, node_id), 0))
        if rest:
            stock.release_allocation(sku, node_id, rest)
    planned.allocate(stock, freed)
    made = Decision([*writes, *stock.writes(), *planned.why], drafts, body=shown(after))
    if len(merge(made.writes)) + len(made.events) + 1 > MOST_ACTIONS:
        raise TooLarge("One transaction does not hold so many lines and nodes.", pointer="/lines")
    return made


def _refuse_node(change: MethodChange, nodes: Mapping[str, Node]) -> None:
    if change.pickup_node is None:
        return
    node = nodes.get(change.pickup_node)
    if node is None:
        detail, code = f"there is no node {change.pickup_node}", "unknown_node"
    elif node.status != "active" or change.method not in node.journeys:
        detail, code = f"{change.pickup_node} hands nothing over by {change.method}", "node_closed"
    else:
        return
    raise InvalidRequest(errors=[FieldError("/pickup_node", code, detail)])


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """The work that added lines become, what it claims of stock by SKU and node, and the decision that says why.

    `goods` are the units of each line by node, as they were planned.
    """

    works: list[FulfillmentOrder]
    claims: Mapping[tuple[str, str], int]
    stock: Claimable
    why: Sequence[Write]
    goods: Sequence[Allotment] = ()

    def allocate(self, stock: StockChanges, freed: Mapping[tuple[str, str], int]) -> None:
        """Claim it, less what is freed at the same place in the same transaction."""
        for (sku, node_id), units in self.claims.items():
            more = units - min(units, freed.get((sku, node_id), 0))
            if more:
                stock.allocate_available(sku, node_id, more, keep=self.stock.keep.get((sku, node_id), 0))


def work_for_added(
    runtime: Runtime,
    call: Call,
    order: Order,
    added: Additions,
    nodes: Mapping[str, Node],
    moved: Moved,
    without: frozenset[str] = frozenset(),
) -> PlannedWork:
    """Who sends lines that are added to an order, and not nodes it is to go `without`.

    What needs no stock is done by whoever sold it. Raises OutOfStock and TooLarge.
    """
    as_added = replace(order, header=with_groups(order.header, added), lines=(*order.lines, *added.lines))
    goods, seller = [line for line in added.lines if line.claims_stock], order.header.selling_node
    services = (line for line in added.lines if line.work and not line.apart and not line.claims_stock)
    moves = [Move(line, seller, seller, line.quantity) for line in services]
    if not goods:
        return PlannedWork(new_work(runtime, call.tenant, as_added, moves), {}, Claimable({}), ())
    sourced = _planned(runtime, call.tenant, as_added, moved, added.lines, nodes, without)
    given = sourced.allotments
    moves += [Move(as_added.line(one.line_no), one.node_id, one.node_id, one.quantity) for one in given]
    why = decision_write(
        call.tenant,
        as_added.header,
        goods,
        nodes,
        sourced,
        number=2 + len(order.fulfillment_orders),
        at=format_instant(runtime.clock.now()),
        command=call.command,
    )
    works = new_work(runtime, call.tenant, as_added, moves)
    return PlannedWork(works, sourced.claims, sourced.stock, (why,), given)


def _planned(
    runtime: Runtime,
    tenant: str,
    order: Order,
    moved: Moved,
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    gave_up: frozenset[str],
) -> Sourced:
    """From where units of added lines go; those that they leave behind count as well. Raises OutOfStock."""
    now = runtime.clock.now()
    numbers = {line.line_no: f"/lines/{position}/quantity" for position, line in enumerate(lines)}
    lines = [line for line in lines if line.claims_stock]
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    freed = _freed(moved)
    units = dict(stock.at_once)
    for place, count in freed.items():
        units[place] = units.get(place, 0) + count
    # Baskets that have just expired are left to the sweeper.
    stock = replace(stock, units=units, expired={})
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    about = steps_about(live_steps(runtime.database, tenant), items, stock.ages, about_order(order.header))
    skus = {sku for line in lines for sku in line.stock(1)}
    steps = with_prices(runtime.database, tenant, about, order.header.channel, skus, now)
    room = room_of(runtime.database, tenant, nodes, {node_id for _, node_id in units}, now)
    weights = weights_of(items)
    plans: dict[int, Plan] = {}
    full: frozenset[str] = frozenset()
    for group_no in sorted({line.group_no for line in lines}):
        group = order.header.groups[group_no - 1]
        demands = [demand_of(line) for line in lines if line.group_no == group_no]
        own = steps_for(steps, order.header.channel, group.method, country_of(group, nodes))
        plan_of = partial(plan_group, group, demands, nodes, weights=weights)

        def plan(left: Mapping[tuple[str, str], int], out: frozenset[str], of: Any = plan_of, by: Any = own) -> Plan:
            return cast("Plan", of(left, by, without=gave_up | out))

        plans[group_no], taken = plan_within(
            room,
            units,
            plan,
            lambda made: loads_of_plan(order, made),
            lambda made: made.claims,
            order.header.currency,
        )
        full |= taken
        for place, count in plans[group_no].claims.items():
            units[place] = units.get(place, 0) - count
    sourced = Sourced(plans, is_best=False, stock=stock, full=full, weights=weights, steps=steps)
    missing = [one for made in plans.values() for one in made.missing]
    if missing:
        detail = "{} of {} are missing for the new way"
        errors = [
            FieldError(numbers[one.line_no], "out_of_stock", detail.format(one.quantity, said(one.sku)))
            for one in missing
        ]
        raise OutOfStock(errors=errors)
    periods = {node_id: periods_of(node) for node_id, node in nodes.items()}
    given_back = sum(len(work.capacity) for work in moved.work)
    if fitting(stock, sourced.allotments, len(freed), periods, given_back) < len(sourced.allotments):
        raise TooLarge("One transaction does not hold so many lines and nodes.", pointer="/lines")
    return sourced


def _freed(moved: Moved) -> dict[tuple[str, str], int]:
    """What the units leave behind of stock that was theirs, by SKU and node."""
    found: dict[tuple[str, str], int] = {}
    for one in moved.given_back:
        found[one.sku, one.node_id] = found.get((one.sku, one.node_id), 0) + one.quantity
    return found
