"""source_order: confirm or improve the plan an order was placed with, and turn its claims into work for nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from oms.capacity.model import periods_of, total
from oms.capacity.reads import room_of
from oms.fulfillment.model import MOST_LINES, carried_out
from oms.inventory.writes import StockChanges
from oms.orders.claims import open_claims
from oms.orders.events import OrderSourced
from oms.orders.loads import load_of
from oms.orders.model import Claim, Line, Order
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.store import existing_order, fresh_orders
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.writes import MOST_ACTIONS, Write
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.sourcing.decision_log import HubDecision
from oms.sourcing.hubs import hubs_for
from oms.sourcing.keeping import late_nodes
from oms.sourcing.offering import with_offers
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import about_order, live_steps, source_groups
from oms.sourcing.risks import told_of_risks
from oms.sourcing.strategy import steps_about
from oms.sourcing.works import Move, items_of, new_work, stock_for, with_units
from oms.sourcing.writes import decision_write, hubs_write

# Header, event, record and decision, and the entry for the sweeper; of work with a promise a person may be told.
_ORDER_WRITES = 5


def source_order(runtime: Runtime, tenant: str, order_id: str) -> Outcome:
    """Allocate an order: its reservations become allocations and fulfilment orders, in as few transactions as fit.

    Improves the plan where a better one has become possible. A cancelled or already sourced order is left alone.
    Raises NotFound for an unknown order.
    """
    order = existing_order(runtime.database, tenant, order_id)
    while not order.header.sourced and order_status(order) is not OrderStatus.CANCELLED:
        order = _source_part(runtime, tenant, order)
    return Outcome(200, {"order_id": order_id, "sourced": order.header.sourced})


def _source_part(runtime: Runtime, tenant: str, order: Order) -> Order:
    """Allocate as many open reservations as one transaction takes; the order as it is then."""
    order_id = order.header.id
    call = call_from_workflow("source_order", tenant, f"{order_id}#{len(order.fulfillment_orders)}")
    orders = fresh_orders(runtime.database, tenant, order)
    sourced = order

    def decide() -> Decision:
        nonlocal sourced
        now = next(orders)
        moves, better = list(_open_moves(now)), None
        nodes = known_nodes(runtime.database, tenant, runtime.clock.now(), named=[move.from_node for move in moves])
        full = _overloaded(runtime, tenant, now, nodes, moves)
        late = _late(runtime, tenant, now, nodes, moves)
        # A better plan that lost its race is given up: the units that the order has already are certain.
        may_improve = now is order and not now.header.plan_is_best
        if (full or late or may_improve) and not now.fulfillment_orders and len(moves) <= MOST_LINES:
            moves, better = _improved(runtime, tenant, now, nodes, moves, leave=full)
            full = frozenset() if better else full
        part, later = _first_part(now, nodes, moves)
        # Parcels become one only where all of the order is known at once.
        whole = not later and not now.fulfillment_orders
        hubs, said = hubs_for(runtime, tenant, now, nodes, part) if whole else ({}, [])
        # Where nobody else has the units, a node that is full takes them on over its limit: the order has them already.
        work = new_work(runtime, tenant, now, part, over=full, hubs=hubs)
        work = with_offers(runtime, tenant, now, work, later)
        at = runtime.clock.now()
        work, risks = told_of_risks(runtime.database, tenant, now.header.groups, nodes, work, at)
        header = now.header.model_copy(update={"sourced": not later})
        ids = tuple(entry.id for entry in work)
        waits = bool(header.backorders) and not later
        event = OrderSourced(order_id=order_id, fulfillment_order_ids=ids, is_last=not later, waits=waits)
        facts: list[EventData] = [event, *risks]
        sourced, writes, events = change_order(tenant, now, events=facts, header=header, fulfillment_orders=work)
        claims = _claims(runtime, tenant, now, part)
        reasons = _reasons(tenant, order_id, better, said, format_instant(at))
        return Decision(
            [*writes, *claims.writes(), *reasons], events, body={"order_id": order_id, "sourced": not later}
        )

    outcome = execute(runtime, call, decide)
    return existing_order(runtime.database, tenant, order_id) if outcome.replayed else sourced


def _reasons(
    tenant: str, order_id: str, better: Callable[..., Write] | None, hubs: Sequence[HubDecision], at: str
) -> list[Write]:
    """Why the plan is another one than when the order was placed, or goes through hubs; nothing where it is neither."""
    if better is not None:
        return [better(hubs=hubs)]
    return [hubs_write(tenant, order_id, hubs, number=2, at=at, command="source_order")] if hubs else []


def _open_moves(order: Order) -> Iterator[Move]:
    """What is not yet work for a node: reservations, each staying where it is, and work that needs no stock."""
    given: dict[tuple[int, str], int] = {}
    for work in order.fulfillment_orders:
        for part in work.lines:
            given[part.line_no, work.node_id] = given.get((part.line_no, work.node_id), 0) + part.quantity
    for line in order.lines:
        claims = open_claims(order, line) if line.claims_stock else _service(order, line)
        for claim in claims:
            units = claim.quantity - given.get((line.line_no, claim.node_id), 0)
            if units > 0:
                yield Move(line, claim.node_id, claim.node_id, units)


def _service(order: Order, line: Line) -> list[Claim]:
    """Work without stock is done by whoever sold it; of a kit that is apart its components are the work."""
    left = line.quantity - order.cancelled.get(line.line_no, 0) - carried_out(order.shipments, line.line_no)
    units = 0 if line.apart else left
    return [Claim(node_id=order.header.selling_node, quantity=units)] if line.work and units else []


def _overloaded(
    runtime: Runtime, tenant: str, order: Order, nodes: Mapping[str, Node], moves: Sequence[Move]
) -> frozenset[str]:
    """The nodes that have closed, or have no room by now for what of the order was claimed there."""
    goods = [move for move in moves if move.line.claims_stock]
    room = room_of(runtime.database, tenant, nodes, (move.from_node for move in goods), runtime.clock.now())
    parts: dict[tuple[int, str], list[tuple[Line, int]]] = {}
    for move in goods:
        parts.setdefault((move.line.group_no, move.from_node), []).append((move.line, move.quantity))
    wanted = total((node_id, load_of(order.header.currency, own)) for (_, node_id), own in parts.items())
    closed = {node_id for node_id in wanted if node_id in nodes and nodes[node_id].status != "active"}
    return room.over(wanted) | closed


def _late(
    runtime: Runtime, tenant: str, order: Order, nodes: Mapping[str, Node], moves: Sequence[Move]
) -> dict[int, frozenset[str]]:
    """The nodes of each group where units were claimed that cannot keep its promise any more."""
    giving = {move.from_node for move in moves if move.line.claims_stock}
    found = late_nodes(runtime.database, tenant, order.header.groups, nodes, giving, runtime.clock.now())
    claimed = {(move.line.group_no, move.from_node) for move in moves if move.line.claims_stock}
    late = {no: frozenset(n for n in names if (no, n) in claimed) for no, names in found.items()}
    return {no: names for no, names in late.items() if names}


def _first_part(
    order: Order, nodes: Mapping[str, Node], moves: Sequence[Move]
) -> tuple[Sequence[Move], Sequence[Move]]:
    """What of the moves fits one transaction, and the rest.

    A row takes two writes, its change and the line of its ledger; a node's work one, one more where it may break a
    promise, and one for each counter. No work holds more rows than its node can ship at once.
    """
    promised = {group.group_no for group in order.header.groups if group.promise is not None}
    rows, works, counting, writes = set[tuple[str, str]](), set[tuple[int, str]](), set[str](), 0
    held = set[tuple[str, str]]()
    for count, move in enumerate(moves):
        places = {(sku, node_id) for sku in move.line.stock(1) for node_id in (move.from_node, move.to_node)} - rows
        rows |= places
        writes += 2 * len(places)
        held |= {(sku, move.to_node) for sku in move.line.stock(1)}
        if (move.line.group_no, move.to_node) not in works:
            works.add((move.line.group_no, move.to_node))
            writes += 2 if move.line.group_no in promised else 1
        if move.to_node not in counting:
            counting.add(move.to_node)
            writes += periods_of(nodes.get(move.to_node))
        if count == MOST_LINES or len(held) > MOST_LINES or writes > MOST_ACTIONS - _ORDER_WRITES:
            return moves[:count], moves[count:]
    return moves, ()


def _improved(
    runtime: Runtime,
    tenant: str,
    order: Order,
    nodes: Mapping[str, Node],
    moves: Sequence[Move],
    leave: frozenset[str],
) -> tuple[list[Move], Callable[..., Write] | None]:
    """The same claims at better nodes and what tells why, if fewer units are late, or shipments fewer or nearer.

    Else they are as they were.

    Where some nodes have no room, any that have it are better, as long as they have everything.
    """
    now = runtime.clock.now()
    goods = [move for move in moves if move.line.claims_stock]
    left: dict[int, int] = {}
    for move in goods:
        left[move.line.line_no] = left.get(move.line.line_no, 0) + move.quantity
    lines = [with_units(order.line(line_no), units) for line_no, units in sorted(left.items())]
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    # Baskets that have just expired are left alone for what is only better.
    own = stock.in_rows
    only_own: dict[tuple[str, str], int] = {}
    for move in goods:
        for sku, count in move.line.stock(move.quantity).items():
            own[sku, move.from_node] = own.get((sku, move.from_node), 0) + count
            only_own[sku, move.from_node] = only_own.get((sku, move.from_node), 0) + count
    header = order.header
    room = room_of(runtime.database, tenant, nodes, (node_id for _, node_id in own), now)
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    about = steps_about(live_steps(runtime.database, tenant), items, stock.ages, about_order(header))
    skus = {sku for line in lines for sku in line.stock(1)}
    steps = with_prices(runtime.database, tenant, about, header.channel, skus, now)
    plan = partial(
        source_groups,
        header.groups,
        lines,
        nodes,
        channel=header.channel,
        currency=header.currency,
        steps=steps,
        weights=weights_of(items),
        late=late_nodes(runtime.database, tenant, header.groups, nodes, (node_id for _, node_id in own), now),
    )
    better = plan(own, room=room)
    if better.missing or (not leave and better.rank >= plan(only_own).rank):
        return list(moves), None
    moved = _reassigned(order, goods, {(a.line_no, a.node_id): a.quantity for a in better.allotments}, stock.keep)
    moved += [move for move in moves if not move.line.claims_stock]
    # A claim that moves takes two stock rows, and each row its line in the ledger; a better plan that does not fit one
    # transaction is left for what it is.
    if len(moved) > MOST_LINES or _first_part(order, nodes, moved)[1]:
        return list(moves), None
    known, at = replace(better, stock=replace(stock, units=own), steps=steps), format_instant(now)
    told = partial(decision_write, tenant, header, lines, nodes, known, number=2, at=at, command="source_order")
    return moved, told


def _reassigned(
    order: Order, moves: Sequence[Move], wanted: dict[tuple[int, str], int], keep: Mapping[tuple[str, str], int]
) -> list[Move]:
    """Pair what is reserved with what the better plan wants, leaving in place what both have."""
    have = {(move.line.line_no, move.from_node): move.quantity for move in moves}
    paired: list[Move] = []
    for key in list(wanted):
        stay = min(wanted[key], have.get(key, 0))
        if stay:
            paired.append(Move(order.line(key[0]), key[1], key[1], stay))
            wanted[key] -= stay
            have[key] -= stay
    for (line_no, target), units in wanted.items():
        for (other_no, origin), free in have.items():
            taken = min(units, free) if other_no == line_no else 0
            if taken:
                line = order.line(line_no)
                behind = {sku: keep[sku, target] for sku in line.stock(1) if (sku, target) in keep}
                paired.append(Move(line, origin, target, taken, behind))
                have[other_no, origin] -= taken
                units -= taken
    return paired


def _claims(runtime: Runtime, tenant: str, order: Order, moves: Sequence[Move]) -> StockChanges:
    order_id = order.header.id
    claims = StockChanges(tenant, movement_id=order.next_change, cause=order_id, at=runtime.clock.now())
    for move in moves:
        for sku, units in move.line.stock(move.quantity).items():
            claims.move_claim(sku, move.from_node, move.to_node, units, keep=move.keep.get(sku, 0))
    return claims
