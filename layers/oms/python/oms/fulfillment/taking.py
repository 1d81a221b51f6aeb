"""What a node does with work that is offered to it: it takes it over by accepting it first, or it does not want it."""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.capacity.model import uses_of
from oms.fulfillment.events import FulfillmentOrderAccepted, FulfillmentOrderOfferDeclined, FulfillmentOrderOfferTaken
from oms.fulfillment.model import OFFER_TAKEN, FulfillmentOrder, Status, WorkLine
from oms.fulfillment.offers import OfferOver, is_on_offer, taken_off
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.step import Step, required_reason
from oms.fulfillment.writes import give_way, work_ids
from oms.inventory.model import Claimable
from oms.inventory.reads import claimable_units
from oms.inventory.writes import StockChanges
from oms.orders.events import OrderRerouted, ReroutedLine
from oms.orders.model import Order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, OutOfStock
from oms.platform.writes import MOST_ACTIONS
from oms.registry.model import Node
from oms.registry.reads import known_items, known_nodes

# Header, record and entry for the sweeper, both works, four events, and a counter of each period of each node.
_OTHER_WRITES = 18


def answer_offer(
    node_id: str,
    action: Action,
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    request: ActionRequest,
) -> Step:
    """A verb of a node that the work is or was offered to. Raises OfferOver where it is too late.

    Raises OutOfStock where the node has not got all units any more.
    """
    if action not in (Action.ACCEPT, Action.REJECT):
        raise ActionNotAvailable("The fulfilment order is offered to this node: it can accept it or reject it.")
    if not is_on_offer(work, node_id, format_instant(runtime.clock.now())):
        raise OfferOver()
    if action is Action.REJECT:
        reason = required_reason(request, "a rejection needs a reason")
        told = FulfillmentOrderOfferDeclined(**{**work_ids(work), "node_id": node_id}, reason=reason)
        return Step(taken_off(work, [node_id]), [told])
    return _taken(runtime, call, order, work, node_id)


def _taken(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, node_id: str) -> Step:
    """The transaction by which the node has the work: stock and capacity move with it, and nobody else can have it."""
    now = runtime.clock.now()
    units = order.stock_of({line.line_no: line.remaining for line in work.lines if line.remaining})
    stock = claimable_at(runtime, call.tenant, order, units, node_id, now)
    short = sorted(sku for sku, count in units.items() if stock.at_once.get((sku, node_id), 0) < count)
    if short:
        raise OutOfStock(f"The stock of {', '.join(short)} at this node is less than what was offered.")
    writes = 2 * len(units) + sum(stock.most_writes(sku, node_id, count) for sku, count in units.items())
    if writes + 2 * len(work.offered_to) + _OTHER_WRITES > MOST_ACTIONS:
        raise ActionNotAvailable("The stock at this node lies in too many shards to move in one transaction.")
    gone, withdrawn = give_way(taken_off(work, [node_id]), OFFER_TAKEN)
    nodes = known_nodes(runtime.database, call.tenant, now, named=[node_id])
    own = _own_work(order, work, nodes.get(node_id), node_id, now)
    changes = StockChanges(call.tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    changes.know(stock.spread)
    for sku, count in units.items():
        changes.release_allocation(sku, work.node_id, count)
        changes.allocate_available(sku, node_id, count, keep=stock.keep.get((sku, node_id), 0))
    moved = OrderRerouted(
        order_id=work.order_id,
        fulfillment_order_id=work.id,
        reason=OFFER_TAKEN,
        fulfillment_order_ids=(own.id,),
        lines=tuple(
            ReroutedLine(line_no=line.line_no, sku=line.sku, node_id=node_id, quantity=line.quantity)
            for line in own.lines
        ),
        missing=0,
        late=False,
    )
    accepted = FulfillmentOrderAccepted(**work_ids(own))
    events = [withdrawn, moved, accepted, FulfillmentOrderOfferTaken(**work_ids(own), replaces=work.id)]
    # Loaded with the first offer that is taken.
    from oms.fulfillment.purchases import with_purchase

    own, bought = with_purchase(runtime, call.tenant, order, own)
    return Step(own, [*events, *bought], stock=changes.writes(), others=[gone])


def claimable_at(
    runtime: Runtime, tenant: str, order: Order, units: dict[str, int], node_id: str, now: datetime
) -> Claimable:
    """What the order's channel can claim at the node now."""
    nodes = known_nodes(runtime.database, tenant, now, named=[node_id])
    own = {name: node for name, node in nodes.items() if name == node_id}
    items = known_items(runtime.database, tenant, units, now)
    channel = order.header.channel
    return claimable_units(runtime.database, tenant, units, channel=channel, items=items, nodes=own, now=now)


def _own_work(order: Order, work: FulfillmentOrder, node: Node | None, node_id: str, now: datetime) -> FulfillmentOrder:
    """The work as that of the node, which has accepted it: it counts against its limits, whatever room these leave."""
    uses = uses_of(node, now) if node else ()
    return FulfillmentOrder(
        id=child_id("ful", order.header.id, len(order.fulfillment_orders) + 1),
        order_id=work.order_id,
        node_id=node_id,
        legal_entity=work.legal_entity,
        group_no=work.group_no,
        method=work.method,
        status=Status.ACCEPTED,
        lines=tuple(_line(line) for line in work.lines if line.remaining),
        created_at=format_instant(now),
        respond_by=format_instant(now + timedelta(seconds=work.timeout_seconds)),
        replaces=work.id,
        service=work.service,
        due_at=work.due_at,
        timeout_seconds=work.timeout_seconds,
        took_offer=True,
        capacity=tuple(one.model_copy(update={"most": None}) for one in uses),
    )


def _line(line: WorkLine) -> WorkLine:
    return WorkLine(
        line_no=line.line_no,
        sku=line.sku,
        segment=line.segment,
        quantity=line.remaining,
        components=line.components,
        part_of=line.part_of,
        gift=line.gift,
        minimum_age=line.minimum_age,
        activation=line.activation,
    )
