"""Moving work to a named node: its stock, its capacity and the work itself change hands in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from oms.capacity.model import uses_of
from oms.capacity.reads import room_of
from oms.fulfillment.model import COUNTER_METHODS, FulfillmentOrder, Status
from oms.fulfillment.reshape import Reshaping, require
from oms.fulfillment.reshape_events import FulfillmentOrderSplit
from oms.fulfillment.sharing import MOVED, move_away, parted
from oms.fulfillment.step import Step
from oms.fulfillment.taking import claimable_at
from oms.fulfillment.writes import event_lines, withdrawn_event, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.events import OrderRerouted, ReroutedLine
from oms.orders.loads import load_of
from oms.orders.model import Order
from oms.platform.commands import Call, Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, Busy, FieldError, InvalidRequest, OutOfStock, Problem
from oms.platform.writes import MOST_ACTIONS
from oms.registry.hours import respond_by
from oms.registry.model import Journey, Node
from oms.registry.reads import named_node
from oms.registry.segments import said

# Header, record and entry for the sweeper, both works and the end of offers, three events, and the counters of both.
_OTHER_WRITES = 16
NODE = "/node_id"


class NodeUnfit(Problem):
    """The node that was named cannot take the work."""

    status = 409
    code = "node_unfit"
    title = "The node cannot take this work."
    remedy = "Name an open node that offers the method of the work and has room for it."


def move(
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    node_id: str,
    quantities: Mapping[int, int] | None,
    reason: str | None,
) -> Step:
    """The transaction by which a node has units of some work; the new work is told of as any other.

    Raises NodeUnfit for a node that is closed, paused, full or not of the method, InvalidRequest for one that is
    unknown or has the work, OutOfStock where it has not got the units.
    """
    require(work, Reshaping.MOVE)
    if work.method in COUNTER_METHODS:
        raise ActionNotAvailable("Its customer collects it where it is.")
    if node_id == work.node_id:
        raise InvalidRequest(errors=[FieldError(NODE, "same_node", "the node has the work")])
    now = runtime.clock.now()
    node = named_node(runtime.database, call.tenant, now, node_id, NODE)
    left, units = move_away(work, quantities)
    _require_fit(runtime, call, order, work, node, units, now)
    changes = _claims(runtime, call, order, work, node_id, units, now)
    answer = -(-(respond_by(node, now) - now) // timedelta(seconds=1))
    made_id = child_id("ful", order.header.id, len(order.fulfillment_orders) + 1)
    made = parted(work, units, made_id, node_id, now, uses_of(node, now), answer)
    return Step(made, _told(work, left, made, units, reason), stock=changes.writes(), others=[left])


def _require_fit(
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    node: Node,
    units: Mapping[int, int],
    now: datetime,
) -> None:
    errors = []
    if node.status != "active":
        errors.append(FieldError(NODE, "node_closed", f"{node.id} is closed"))
    if Journey(work.method) not in node.journeys:
        errors.append(FieldError(NODE, "journey_missing", f"{node.id} does not offer {work.method}"))
    load = load_of(order.header.currency, [(order.line(line_no), count) for line_no, count in units.items()])
    room = room_of(runtime.database, call.tenant, {node.id: node}, [node.id], now)
    if node.id in room.paused:
        errors.append(FieldError(NODE, "node_paused", f"{node.id} takes nothing on for a while"))
    elif room.over({node.id: load}):
        errors.append(FieldError(NODE, "node_full", f"{node.id} has no room for it under its limits"))
    if errors:
        raise NodeUnfit(errors=errors)


def _claims(
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    node_id: str,
    units: Mapping[int, int],
    now: datetime,
) -> StockChanges:
    """The claims at the one node, which end, and at the other, which begin."""
    wanted = order.stock_of(units)
    stock = claimable_at(runtime, call.tenant, order, wanted, node_id, now)
    short = sorted(sku for sku, count in wanted.items() if stock.at_once.get((sku, node_id), 0) < count)
    if short:
        raise OutOfStock(f"The node has fewer of {', '.join(said(sku) for sku in short)} than that.", pointer=NODE)
    writes = 2 * len(wanted) + sum(stock.most_writes(sku, node_id, count) for sku, count in wanted.items())
    if writes + 2 * len(work.offered_to) + _OTHER_WRITES > MOST_ACTIONS:
        raise ActionNotAvailable("The stock at this node lies in too many shards to move in one transaction.")
    changes = StockChanges(call.tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    changes.know(stock.spread)
    for sku, count in wanted.items():
        changes.release_allocation(sku, work.node_id, count)
        changes.allocate_available(sku, node_id, count, keep=stock.keep.get((sku, node_id), 0))
    return changes


def _told(
    work: FulfillmentOrder,
    left: FulfillmentOrder,
    made: FulfillmentOrder,
    units: Mapping[int, int],
    reason: str | None,
) -> list[EventData]:
    """Of all of it that it was withdrawn, of a part that it was split off; and where it went."""
    if left.status is not Status.REPLACED:
        lines = event_lines(work, units)
        return [FulfillmentOrderSplit(**work_ids(work), into=made.id, to_node=made.node_id, lines=lines, reason=reason)]
    moved = OrderRerouted(
        order_id=work.order_id,
        fulfillment_order_id=work.id,
        reason=MOVED,
        fulfillment_order_ids=(made.id,),
        lines=tuple(
            ReroutedLine(line_no=line.line_no, sku=line.sku, node_id=made.node_id, quantity=line.quantity)
            for line in made.lines
        ),
        missing=0,
        late=False,
    )
    return [withdrawn_event(work, MOVED), moved]


def overtaken(conflict: Conflict) -> Problem:
    """What a race for the node's stock or room comes to when it is lost to the end."""
    lost = [write.key.pk for write, _ in conflict.lost if write.table == "stock"]
    if any("#CAPACITY#" in pk for pk in lost):
        return NodeUnfit(pointer=NODE)
    return OutOfStock("The stock of the node is less than that by now.", pointer=NODE) if lost else Busy()
