"""reoptimize_fulfillment_order: until its node accepts it, a cheaper plan may take work over, once, in one transaction.

It is tried when there is more of an item somewhere, once those who wait for it have had their turn. By how much the new
plan must be cheaper is for the scenario to say by which it is made. It may not need more shipments, and it keeps what
was promised. The old node is not blamed: it may be asked for the same units again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from oms.capacity.model import periods_of
from oms.capacity.reads import room_of
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.fulfillment.writes import give_way, may_be_replaced
from oms.inventory.reads import nodes_with_work
from oms.inventory.writes import StockChanges
from oms.orders.backorders import nodes_that_gave_up
from oms.orders.events import OrderRerouted, ReroutedLine
from oms.orders.model import Group, Line, Order
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.reads import work_of_node
from oms.orders.request import Method
from oms.orders.store import existing_order, fresh_orders
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.ids import parent_id
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.registry.kits import exploded
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import sku_of
from oms.sourcing.alone import priced_among_all
from oms.sourcing.keeping import late_nodes
from oms.sourcing.model import Plan, Sourced
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import (
    about_order,
    country_of,
    demand_of,
    live_steps,
    plan_group,
    plan_within,
    sources_of,
    wants_better_plans,
)
from oms.sourcing.strategy import Step, steps_about, steps_for
from oms.sourcing.takeovers import takeover
from oms.sourcing.works import Move, fitting, items_of, loads_of_plan, new_work, stock_for, with_units
from oms.sourcing.writes import decision_write

BETTER_PLAN = "BETTER_PLAN"
COMMAND = "reoptimize_fulfillment_order"
_RUNNING = frozenset({OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS})
# For so much work a better plan is looked for when there is more of an item, among so much that nodes have.
_MOST_TRIED, _MOST_LISTED = 50, 2_000


class _Settled(Exception):
    """Nothing changes. It is not recorded: there may be a better plan before the order changes."""

    def __init__(self, *, is_taken_over: bool) -> None:
        super().__init__("settled")
        self.is_taken_over = is_taken_over


@dataclass(frozen=True, slots=True)
class _Better:
    """A plan that takes work over, what it was made from, and the plan that it is better than."""

    order: Order
    work: FulfillmentOrder
    lines: Sequence[Line]
    nodes: Mapping[str, Node]
    group: Group
    sourced: Sourced
    current: Plan

    @property
    def plan(self) -> Plan:
        return self.sourced.plans[self.group.group_no]

    @property
    def saving(self) -> int:
        return self.current.cost - self.plan.cost


def reoptimize_item(runtime: Runtime, tenant: str, sku: str) -> int:
    """Look for a better plan for the work that nodes have of an item and have not accepted; how much was taken over.

    Bounded: of much work the oldest is tried, and the rest when there is more of the item the next time.
    """
    if not wants_better_plans(runtime.database, tenant):
        return 0
    listed = (
        work
        for node_id in nodes_with_work(runtime.database, tenant, sku)
        for work in work_of_node(runtime.database, tenant, node_id, Status.OPEN.value)
    )
    # The whole list first: what is taken over leaves it.
    works = [work for work in islice(listed, _MOST_LISTED) if _has(work, sku)]
    works.sort(key=lambda work: (work.created_at, work.id))
    return sum(
        bool(reoptimize_fulfillment_order(runtime, tenant, work.id).body["reoptimized"]) for work in works[:_MOST_TRIED]
    )


def _has(work: FulfillmentOrder, sku: str) -> bool:
    return any(sku in exploded(line.stock_sku, line.components, line.remaining) for line in work.lines)


def reoptimize_fulfillment_order(runtime: Runtime, tenant: str, fulfillment_order_id: str) -> Outcome:
    """Let a better plan take over work that its node has not accepted; answers whether one has.

    A repeat finds it taken over. Raises NotFound for unknown work.
    """
    first = existing_order(runtime.database, tenant, parent_id("ord", fulfillment_order_id))
    call = call_from_workflow(COMMAND, tenant, f"{fulfillment_order_id}#{first.header.version}")
    attempts = fresh_orders(runtime.database, tenant, first)

    def answer(*, reoptimized: bool) -> dict[str, Value]:
        return {"fulfillment_order_id": fulfillment_order_id, "reoptimized": reoptimized}

    def decide() -> Decision:
        order = next(attempts)
        work = next((one for one in order.fulfillment_orders if one.id == fulfillment_order_id), None)
        if work is None:
            raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.")
        better = _better(runtime, tenant, order, work) if _may_move(order, work) else None
        decided = _taken_over(runtime, tenant, better) if better else None
        if decided is None:
            raise _Settled(is_taken_over=work.status is Status.REPLACED)
        return replace(decided, body=answer(reoptimized=True))

    try:
        return execute(runtime, call, decide)
    except _Settled as settled:
        return Outcome(200, answer(reoptimized=settled.is_taken_over))


def _may_move(order: Order, work: FulfillmentOrder) -> bool:
    """Whether the work may be taken over by any plan: goods that no person and no better plan has seen to before.

    What goes on with units of other nodes stays as it is.
    """
    goods = all(order.line(line.line_no).claims_stock for line in work.lines)
    return (
        order_status(order) in _RUNNING
        and may_be_replaced(work)
        and goods
        and work.method != Method.PICKUP.value
        and work.hold_until is None
        and work.escalated_reason is None
        and not work.offered_to
        and not _was_taken_over(order, work)
    )


def _was_taken_over(order: Order, work: FulfillmentOrder) -> bool:
    """Whether some work in whose place this is was taken over by a better plan."""
    by_id = {one.id: one for one in order.fulfillment_orders}
    before = by_id.get(work.replaces or "")
    return before is not None and (before.status is Status.REPLACED or _was_taken_over(order, before))


def _better(runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder) -> _Better | None:
    """The best plan for the units of some work as if they were free, where it saves enough."""
    now, header = runtime.clock.now(), order.header
    group = header.groups[work.group_no - 1]
    lines = [with_units(order.line(one.line_no), one.remaining) for one in work.lines if one.remaining]
    nodes = known_nodes(runtime.database, tenant, now, named=[work.node_id])
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    live = live_steps(runtime.database, tenant)
    if not any(step.scenario.reoptimize_from_cents for step in live):
        return None
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    about = steps_about(live, items, stock.ages, about_order(header))
    steps = with_prices(runtime.database, tenant, about, header.channel, order.stock_of(_units(lines)), now)
    own = steps_for(steps, header.channel, group.method, country_of(group, nodes))
    # Baskets that have just expired are left to the sweeper.
    units = stock.at_once
    for sku, count in order.stock_of(_units(lines)).items():
        units[sku, work.node_id] = units.get((sku, work.node_id), 0) + count
    stock = replace(stock, units=units, expired={})
    demands, weights = [demand_of(line) for line in lines], weights_of(items)
    worth = sum(line.agreed.total for line in lines if not line.part_of)
    gave_up = frozenset(node_id for line in lines for node_id in nodes_that_gave_up(order, line.line_no))
    giving = [node_id for _, node_id in units]
    late = late_nodes(runtime.database, tenant, [group], nodes, giving, now, leaves_too=True)
    too_late = late.get(group.group_no, frozenset())
    plan, full = plan_within(
        room_of(runtime.database, tenant, nodes, giving, now),
        units,
        lambda some, out: plan_group(
            group, demands, nodes, some, own, weights=weights, without=gave_up | out, worth=worth, late=too_late
        ),
        lambda made: loads_of_plan(order, made),
        lambda made: made.claims,
        header.currency,
    )
    if too_late & {one.node_id for one in plan.allotments}:
        return None
    here = {place: count for place, count in units.items() if place[1] == work.node_id}
    current = plan_group(group, demands, nodes, here, own, weights=weights, worth=worth)
    step = next((one for one in own if one.name == current.scenario), None)
    leave = (gave_up | full) - {work.node_id}
    sources = [one for one in sources_of(group, nodes, closed_too=False) if one.node_id not in leave]
    current = priced_among_all(current, step, group, sources, nodes, units, here)
    plan = replace(plan, excluded=gave_up)
    sourced = Sourced({group.group_no: plan}, is_best=False, stock=stock, full=full, weights=weights, steps=steps)
    found = _Better(order, work, lines, nodes, group, sourced, current)
    return found if _is_better(found, own) else None


def _units(lines: Sequence[Line]) -> dict[int, int]:
    return {line.line_no: line.quantity for line in lines}


def _is_better(found: _Better, steps: Sequence[Step]) -> bool:
    """Whether the plan is of a better rank, saves as much as its scenario asks for, and leaves the present node."""
    plan, current = found.plan, found.current
    least = next((one.scenario.reoptimize_from_cents for one in steps if one.name == plan.scenario), None)
    if least is None or plan.missing or current.missing:
        return False
    elsewhere = all(one.node_id != found.work.node_id for one in plan.allotments)
    return elsewhere and plan.shipments <= current.shipments and plan.rank < current.rank and found.saving >= least


def _taken_over(runtime: Runtime, tenant: str, found: _Better) -> Decision | None:
    """The transaction by which the new nodes get the units; None where it does not fit, or the promise would break."""
    order, work, plan, now = found.order, found.work, found.plan, runtime.clock.now()
    freed = order.stock_of(_units(found.lines))
    periods = {node_id: periods_of(node) for node_id, node in found.nodes.items()}
    given_back = len({use.period for use in work.capacity})
    if fitting(found.sourced.stock, plan.allotments, len(freed), periods, given_back) < len(plan.allotments):
        return None
    moves = [Move(order.line(one.line_no), one.node_id, one.node_id, one.quantity) for one in plan.allotments]
    works = new_work(runtime, tenant, order, moves, replaces=work.id)
    gone, withdrawn = give_way(work, BETTER_PLAN)
    changes = StockChanges(tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    changes.know(found.sourced.stock.spread)
    for sku, quantity in freed.items():
        changes.release_allocation(sku, work.node_id, quantity)
    for (sku, node_id), quantity in plan.claims.items():
        keep = found.sourced.stock.keep.get((sku, node_id), 0)
        changes.allocate_available(sku, node_id, quantity, keep=keep)
    events = [withdrawn, _event(found, works)]
    _, writes, drafts = change_order(tenant, order, events=events, fulfillment_orders=[gone, *works])
    told = decision_write(
        tenant,
        order.header,
        found.lines,
        found.nodes,
        found.sourced,
        # The first two are of placing and of sourcing; whatever decides later adds work.
        number=2 + len(order.fulfillment_orders),
        at=format_instant(now),
        command=COMMAND,
        takeover=takeover(work.id, work.node_id, found.current, plan),
    )
    return Decision([*writes, *changes.writes(), told], drafts)


def _event(found: _Better, works: Sequence[FulfillmentOrder]) -> OrderRerouted:
    return OrderRerouted(
        order_id=found.order.header.id,
        fulfillment_order_id=found.work.id,
        reason=BETTER_PLAN,
        fulfillment_order_ids=tuple(one.id for one in works),
        lines=tuple(
            ReroutedLine(line_no=one.line_no, sku=sku_of(one.sku), node_id=one.node_id, quantity=one.quantity)
            for one in found.plan.allotments
        ),
        missing=0,
        late=False,
        saving=found.saving,
    )
