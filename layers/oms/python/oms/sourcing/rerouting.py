"""reroute_fulfillment_order: what a node gave up, or has not answered for, goes to other nodes in one transaction.

Only the units in question move. Every node that gave units of a line up is out of the question for that line, so a line
wanders through each node at most once. What nobody else has waits for stock where the strategy says so; else it stays
open, and a person is told by the workflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from oms.capacity.model import periods_of
from oms.capacity.reads import room_of
from oms.fulfillment.holds import may_still_answer
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.fulfillment.reclaiming import NOT_PICKED, Reclaim, asked_back, reclaim_due
from oms.fulfillment.writes import withdraw
from oms.inventory.writes import StockChanges
from oms.orders.backorders import backordered, backorders, joined
from oms.orders.events import OrderRerouted, ReroutedLine
from oms.orders.model import Line, Order
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.problems import NotFound
from oms.platform.writes import Write
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import sku_of
from oms.sourcing.keeping import late_nodes
from oms.sourcing.model import Demand, Plan, Sourced
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import about_order, country_of, demand_of, live_steps, plan_group, plan_within
from oms.sourcing.risks import told_of_risks
from oms.sourcing.strategy import steps_about, steps_for
from oms.sourcing.works import Move, fitting, items_of, loads_of_plan, new_ids, new_work, stock_for, with_units
from oms.sourcing.writes import decision_write

TIMED_OUT = "TIMED_OUT"
NODE_CLOSED = "NODE_CLOSED"
STOCK_SHORT = "STOCK_SHORT"
SHORT_PICK = "SHORT_PICK"
# In which states work is taken from its node without the node's word.
_MAY_BE_TAKEN: Mapping[str, tuple[Status, ...]] = {
    TIMED_OUT: (Status.OPEN,),
    NODE_CLOSED: (Status.SCHEDULED, Status.OPEN),
    STOCK_SHORT: (Status.SCHEDULED, Status.OPEN),
}
# A line that so many nodes gave up is for a person, where no strategy says how many.
MOST_NODES_TRIED = 5
_RUNNING = frozenset({OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS})


class _NothingToMove(Exception):
    """Somebody else was faster. It is not recorded: there may be stock or room again before the order changes."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("nothing to move")
        self.decision = decision


@dataclass(frozen=True, slots=True)
class _Rerouting:
    """What is to move and where to: units per line, their plan, and what it was made from."""

    order: Order
    work: FulfillmentOrder
    lines: Sequence[Line]
    nodes: Mapping[str, Node]
    sourced: Sourced
    # Lines that are for a person, whatever other nodes have.
    stays: frozenset[int]

    @property
    def plan(self) -> Plan:
        return self.sourced.plans[self.work.group_no]

    @property
    def missing(self) -> int:
        return sum(demand.quantity for demand in self.plan.missing)

    @property
    def may_wait(self) -> bool:
        """Whether the units that nobody has may wait for stock: goods, of lines that not too many nodes gave up.

        What is for a person to decide is told like all that stays.
        """
        return self.plan.backorder_days is not None and not self.stays and not self.plan.asks_person


def reroute_fulfillment_order(runtime: Runtime, tenant: str, fulfillment_order_id: str, reason: str) -> Outcome:
    """Allocate the units that some work gave up at other nodes; answers whether none of them is left open.

    Units that nobody has begin to wait, if they may, in a transaction of their own once the others have moved. For the
    reasons TIMED_OUT, NODE_CLOSED and STOCK_SHORT, work that is not begun is taken from its node, but only where others
    have all of it; accepted work is asked back first, by its level. A repeat finds the units placed, else NotFound.
    """
    order_id = parent_id("ord", fulfillment_order_id)
    first = existing_order(runtime.database, tenant, order_id)
    call = call_from_workflow("reroute_fulfillment_order", tenant, f"{fulfillment_order_id}#{first.header.version}")

    def decide(order: Order) -> Decision:
        work = next((one for one in order.fulfillment_orders if one.id == fulfillment_order_id), None)
        if work is None:
            raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.")
        if work.status is Status.REPLACED:
            # Its units are at other nodes, and nobody needs to hear that this one was silent.
            return _answer(work, rerouted=True)
        now = runtime.clock.now()
        reclaim = reclaim_due(work, now) if reason == TIMED_OUT else None
        silent = reclaim is not None or (
            work.status in _MAY_BE_TAKEN.get(reason, ()) and not (reason == TIMED_OUT and may_still_answer(work, now))
        )
        units = _unanswered(work) if silent else open_units(order, work)
        if order_status(order) not in _RUNNING or not (silent or any(line.given_up for line in work.lines)):
            return _answer(work, rerouted=False)
        if not units:
            return _answer(work, rerouted=True)
        found = _planned(runtime, tenant, order, work, units, silent=silent)
        if not silent and not found.plan.allotments and found.may_wait:
            return _parked(runtime, tenant, found)
        if not found.plan.allotments or (silent and found.missing):
            return _answer(work, rerouted=False)
        if reclaim is Reclaim.ASK:
            return asked_back(tenant, order, work, now)
        return _moved(runtime, tenant, found, NOT_PICKED if reclaim else reason, silent=silent)

    decided = decide(first)
    if not decided.writes:
        # Not recorded: the stock may change before the order does.
        return Outcome(decided.status, decided.body)
    attempts = _first_and_fresh(runtime, tenant, first)

    def attempt() -> Decision:
        order = next(attempts)
        made = decided if order is first else decide(order)
        if not made.writes:
            raise _NothingToMove(made)
        return made

    try:
        outcome = execute(runtime, call, attempt)
    except _NothingToMove as nothing:
        return Outcome(nothing.decision.status, nothing.decision.body)
    if outcome.body["rerouted"] or not outcome.body.get("may_wait"):
        return outcome
    return reroute_fulfillment_order(runtime, tenant, fulfillment_order_id, reason)


def open_units(order: Order, work: FulfillmentOrder) -> dict[int, int]:
    """Units per line that this work gave up and that are neither cancelled nor at another node."""
    found = {}
    for part in work.lines:
        line = order.line(part.line_no)
        held = sum(other.held for _, other in order.parts.get(part.line_no, ()))
        left = line.quantity - order.cancelled.get(part.line_no, 0) - order.backordered(part.line_no) - held
        if min(part.given_up, left) > 0:
            found[part.line_no] = min(part.given_up, left)
    return found


def _unanswered(work: FulfillmentOrder) -> dict[int, int]:
    return {line.line_no: line.remaining for line in work.lines if line.remaining}


def _first_and_fresh(runtime: Runtime, tenant: str, first: Order) -> Iterator[Order]:
    yield first
    while True:
        yield existing_order(runtime.database, tenant, first.header.id)


def _answer(work: FulfillmentOrder, *, rerouted: bool) -> Decision:
    return Decision([], body={"fulfillment_order_id": work.id, "rerouted": rerouted})


def _planned(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder, units: Mapping[int, int], *, silent: bool
) -> _Rerouting:
    """The plan for these units without the nodes that gave any of them up; work without stock is nobody else's."""
    now = runtime.clock.now()
    excluded = {work.node_id} | {
        other.node_id for line_no in units for other, part in order.parts[line_no] if part.given_up
    }
    lines = [with_units(order.line(line_no), quantity) for line_no, quantity in units.items()]
    nodes = known_nodes(runtime.database, tenant, now)
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    # Baskets that have just expired are left to the sweeper.
    stock = replace(stock, units=stock.at_once, expired={})
    group = order.header.groups[work.group_no - 1]
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    live = live_steps(runtime.database, tenant)
    about = steps_about(live, items, stock.ages, about_order(order.header))
    skus = {sku for line in lines for sku in line.stock(1)}
    steps = with_prices(runtime.database, tenant, about, order.header.channel, skus, now)
    own = steps_for(steps, order.header.channel, group.method, country_of(group, nodes))
    most = next((one.scenario.most_attempts for one in own if one.scenario.most_attempts), MOST_NODES_TRIED)
    tried = {n for n in units if sum(part.given_up > 0 for _, part in order.parts[n]) >= most}
    weights = weights_of(items)
    wanted = {line.line_no: demand_of(line) for line in lines}
    stays = {n for n in wanted if n in tried or not order.line(n).claims_stock}
    asked = [wanted[n] for n in wanted if n not in stays]
    giving = {node_id for _, node_id in stock.units}
    room = room_of(runtime.database, tenant, nodes, giving, now)
    late = late_nodes(runtime.database, tenant, [group], nodes, giving, now)
    plan_of = partial(plan_group, group, asked, nodes, weights=weights, late=late.get(group.group_no, frozenset()))
    plan, full = plan_within(
        room,
        stock.units,
        lambda units, out: plan_of(units, own, without=excluded | out),
        lambda made: loads_of_plan(order, made),
        lambda made: made.claims,
        order.header.currency,
    )
    fit = fitting(
        stock,
        plan.allotments,
        len(order.stock_of(_unanswered(work))) if silent else 0,
        {node_id: periods_of(node) for node_id, node in nodes.items()},
        len({use.period for use in work.capacity}) + 2 * len(work.offered_to) if silent else 0,
    )
    over = (Demand(one.line_no, one.sku, one.quantity, one.components) for one in plan.allotments[fit:])
    missing = (*plan.missing, *(wanted[n] for n in sorted(stays)), *over)
    plan = replace(plan, allotments=plan.allotments[:fit], missing=missing, excluded=frozenset(excluded))
    sourced = Sourced({group.group_no: plan}, is_best=False, stock=stock, full=full, weights=weights, steps=steps)
    return _Rerouting(order, work, lines, nodes, sourced, frozenset(stays))


def _moved(runtime: Runtime, tenant: str, found: _Rerouting, reason: str, *, silent: bool) -> Decision:
    """The transaction that gives the units to their new nodes, and takes them from one that has not answered."""
    order, work, now = found.order, found.work, runtime.clock.now()
    moves = [Move(order.line(one.line_no), one.node_id, one.node_id, one.quantity) for one in found.plan.allotments]
    works = new_work(runtime, tenant, order, moves, replaces=work.id)
    told, risks = told_of_risks(runtime.database, tenant, order.header.groups, found.nodes, works, now)
    events: list[EventData] = [_event(found, reason, works, late=bool(risks)), *risks]
    changes = StockChanges(tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    changes.know(found.sourced.stock.spread)
    if silent:
        withdrawn, event = withdraw(work, reason)
        told, events = [withdrawn, *told], [event, *events]
        for sku, quantity in order.stock_of(_unanswered(work)).items():
            changes.release_allocation(sku, work.node_id, quantity)
    for (sku, node_id), quantity in found.plan.claims.items():
        keep = found.sourced.stock.keep.get((sku, node_id), 0)
        changes.allocate_available(sku, node_id, quantity, keep=keep)
    _, writes, drafts = change_order(tenant, order, events=events, fulfillment_orders=told)
    said = _answer(work, rerouted=not found.missing)
    if found.missing and found.may_wait:
        said = replace(said, body={**said.body, "may_wait": True})
    return replace(said, writes=[*writes, *changes.writes(), _reason(tenant, found, now)], events=drafts)


def _parked(runtime: Runtime, tenant: str, found: _Rerouting) -> Decision:
    """The transaction by which units that nobody has begin to wait for stock."""
    order, days = found.order, found.plan.backorder_days
    assert days is not None
    missing = [(one.line_no, one.quantity) for one in found.plan.missing]
    began = backorders(missing, days, runtime.clock.now(), {})
    waiting, all_of = joined(order.header.backorders, began)
    header = order.header.model_copy(update={"backorders": all_of})
    _, writes, drafts = change_order(tenant, order, events=[backordered(order, waiting)], header=header)
    return replace(_answer(found.work, rerouted=True), writes=writes, events=drafts)


def _event(found: _Rerouting, reason: str, works: Sequence[FulfillmentOrder], *, late: bool) -> OrderRerouted:
    return OrderRerouted(
        order_id=found.order.header.id,
        fulfillment_order_id=found.work.id,
        reason=reason,
        fulfillment_order_ids=new_ids(found.order, works),
        lines=tuple(
            ReroutedLine(line_no=one.line_no, sku=sku_of(one.sku), node_id=one.node_id, quantity=one.quantity)
            for one in found.plan.allotments
        ),
        missing=found.missing,
        late=late,
    )


def _reason(tenant: str, found: _Rerouting, now: datetime) -> Write:
    return decision_write(
        tenant,
        found.order.header,
        found.lines,
        found.nodes,
        found.sourced,
        # The first two are of placing and of sourcing; each re-routing adds work.
        number=2 + len(found.order.fulfillment_orders),
        at=format_instant(now),
        command="reroute_fulfillment_order",
    )
