"""Fulfilment orders as sourcing makes them: one for each group of an order and node."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from oms.capacity.model import CapacityUse, Load, uses_of
from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.inventory.model import Claimable
from oms.inventory.reads import claimable_units
from oms.orders.loads import load_of
from oms.orders.model import Group, Line, Order
from oms.orders.request import Method
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.ids import child_id
from oms.platform.writes import MOST_ACTIONS
from oms.registry.hours import respond_by
from oms.registry.model import Node
from oms.registry.reads import known_items, known_nodes
from oms.sourcing.legs import Hub, hub_of, through_hubs
from oms.sourcing.model import Allotment, Plan, claims_of

# Of a re-routing: header, record, decision, events, the work that was withdrawn, and the entry for the sweeper.
_REROUTING_WRITES = 8


@dataclass(frozen=True, slots=True)
class Move:
    """Units of a line whose reservation becomes an allocation, at the same node or at a better one.

    At a better one so many units of each SKU must stay available behind it as `keep` says.
    """

    line: Line
    from_node: str
    to_node: str
    quantity: int
    keep: Mapping[str, int] = field(default_factory=dict)


def with_units(line: Line, quantity: int) -> Line:
    """A line as if only so many of its units had been ordered, with their share of its total."""
    agreed = line.agreed
    if quantity == agreed.quantity:
        return line
    total = agreed.total * quantity // agreed.quantity
    worth = None if line.worth is None else line.worth * quantity // agreed.quantity
    fewer = agreed.model_copy(update={"quantity": quantity, "total": total})
    return line.model_copy(update={"agreed": fewer, "worth": worth})


def items_of(lines: Sequence[Line]) -> list[str]:
    """The SKUs whose weights a plan of some lines asks for: theirs, and those of the kits that they are part of."""
    return [*(line.agreed.stock_sku for line in lines), *(line.part_of.sku for line in lines if line.part_of)]


def stock_for(
    runtime: Runtime, tenant: str, order: Order, lines: Sequence[Line], nodes: Mapping[str, Node], now: datetime
) -> Claimable:
    """What the channel of an order may claim now of the items of some lines, and of the components of their kits."""
    skus = [sku for line in lines for sku in line.stock(1)]
    items = known_items(runtime.database, tenant, skus, now)
    channel = order.header.channel
    return claimable_units(runtime.database, tenant, skus, channel=channel, items=items, nodes=nodes, now=now)


def new_work(
    runtime: Runtime,
    tenant: str,
    order: Order,
    moves: Sequence[Move],
    *,
    replaces: str | None = None,
    over: Collection[str] = (),
    hubs: Mapping[int, Hub] = MappingProxyType({}),
    later: Sequence[Move] = (),
) -> list[FulfillmentOrder]:
    """One fulfilment order per group and node; `replaces` is the work that another node gave up.

    Units of a group that has a hub go there, and on with what others send: `hubs` are those that are new. What the hub
    has itself may join work that waits there, which then is among the answer. What comes `later` is waited for, too.
    It counts against the limits of its node; the nodes in `over` take it on whatever those are.
    """
    parts: dict[tuple[int, str], list[WorkLine]] = {}
    for move in sorted(moves, key=lambda m: (m.line.group_no, m.to_node, m.line.line_no)):
        lines = parts.setdefault((move.line.group_no, move.to_node), [])
        if lines and lines[-1].line_no == move.line.line_no:
            lines[-1] = lines[-1].model_copy(update={"quantity": lines[-1].quantity + move.quantity})
        else:
            lines.append(
                WorkLine(
                    line_no=move.line.line_no,
                    sku=move.line.agreed.sku,
                    segment=move.line.agreed.segment,
                    quantity=move.quantity,
                    components=move.line.components,
                    part_of=move.line.part_of.line_no if move.line.part_of else None,
                    gift=move.line.agreed.gift,
                    minimum_age=move.line.agreed.minimum_age,
                    activation=move.line.activation,
                )
            )
    first = len(order.fulfillment_orders) + 1
    now = runtime.clock.now()
    nodes = known_nodes(runtime.database, tenant, now, named=[node_id for _, node_id in parts])
    works = [
        _fulfillment_order(order, number, group_no, node_id, lines, now, respond_by(nodes.get(node_id), now), replaces)
        for number, ((group_no, node_id), lines) in enumerate(parts.items(), start=first)
    ]
    works = [
        one
        if one.method == Method.DIGITAL.value or one.node_id not in nodes
        else one.model_copy(update={"capacity": _uses(nodes[one.node_id], now, one.node_id in over)})
        for one in works
    ]
    known = {no: hub_of(order, order.header.groups[no - 1], now) for no in {work.group_no for work in works}}
    coming = {move.line.group_no for move in later}
    hubs = {**{no: hub for no, hub in known.items() if hub is not None}, **hubs}
    return through_hubs(order, works, hubs, coming)


def new_ids(order: Order, works: Sequence[FulfillmentOrder]) -> tuple[str, ...]:
    """The ids of the work that an order did not have; other work has only more units."""
    known = {work.id for work in order.fulfillment_orders}
    return tuple(work.id for work in works if work.id not in known)


def loads_of_plan(order: Order, plan: Plan) -> dict[str, Load]:
    """What the plan of one group asks of each node: one fulfilment order."""
    parts: dict[str, list[tuple[Line, int]]] = {}
    for one in plan.allotments:
        parts.setdefault(one.node_id, []).append((order.line(one.line_no), one.quantity))
    return {node_id: load_of(order.header.currency, own) for node_id, own in parts.items()}


def _uses(node: Node, now: datetime, is_over: bool) -> tuple[CapacityUse, ...]:
    return tuple(one.model_copy(update={"most": None}) if is_over else one for one in uses_of(node, now))


def _fulfillment_order(
    order: Order,
    number: int,
    group_no: int,
    node_id: str,
    lines: Sequence[WorkLine],
    now: datetime,
    respond_by: datetime,
    replaces: str | None,
) -> FulfillmentOrder:
    group = order.header.groups[group_no - 1]
    return FulfillmentOrder(
        id=child_id("ful", order.header.id, number),
        order_id=order.header.id,
        node_id=node_id,
        legal_entity=order.header.legal_entity,
        group_no=group_no,
        method=_method(order, group, lines),
        status=Status.SCHEDULED,
        lines=tuple(lines),
        created_at=format_instant(now),
        respond_by=format_instant(respond_by),
        replaces=replaces,
        service=group.service,
        due_at=group.promise.due_at if group.promise else None,
        timeout_seconds=-(-(respond_by - now) // timedelta(seconds=1)),
    )


def _method(order: Order, group: Group, lines: Sequence[WorkLine]) -> str:
    """How the work ends: what needs no stock is delivered digitally, whatever its line says."""
    if all(not order.line(line.line_no).claims_stock for line in lines):
        return Method.DIGITAL.value
    return group.method.value


def fitting(
    stock: Claimable,
    allotments: Sequence[Allotment],
    released: int,
    periods: Mapping[str, int] = MappingProxyType({}),
    given_back: int = 0,
) -> int:
    """How many of the allotments fit one transaction, beside so many rows that get units back; all, as a rule.

    `periods` says in how many periods work of a node counts, `given_back` in how many the work that is withdrawn did,
    with two for each node that it was offered to.

    Each stock row is a change and a line of its ledger, with the shards that it may draw back; each node gets work that
    counts against its limits, and perhaps a person is told of it.
    """
    for count in range(len(allotments), 0, -1):
        rows = sum(stock.most_writes(*place, units) for place, units in claims_of(allotments[:count]).items())
        nodes = {one.node_id for one in allotments[:count]}
        counters = sum(periods.get(node_id, 0) for node_id in nodes)
        if rows + 2 * (released + len(nodes)) + counters <= MOST_ACTIONS - _REROUTING_WRITES - given_back:
            return count
    return 0
