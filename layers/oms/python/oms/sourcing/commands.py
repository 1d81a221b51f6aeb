"""source_order: confirm or improve the plan an order was placed with, and turn its claims into work for nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from oms.fulfillment.model import MOST_LINES
from oms.inventory.writes import StockChanges
from oms.orders.events import OrderSourced
from oms.orders.model import Claim, Line, Order, open_claims
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.store import existing_order, fresh_orders
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.writes import MOST_ACTIONS, Write
from oms.registry.reads import known_nodes
from oms.sourcing.reads import live_steps, source_groups
from oms.sourcing.works import Move, new_work, stock_for
from oms.sourcing.writes import decision_write

# Header, event and record, and work of groups that share a node or need no stock.
_OTHER_WRITES = 15


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
        moves, reasons = list(_open_moves(now)), list[Write]()
        # A better plan that lost its race is given up: the units that the order has already are certain.
        if now is order and not now.header.plan_is_best and not now.fulfillment_orders and len(moves) <= MOST_LINES:
            moves, reasons = _improved(runtime, tenant, now, moves)
        part, later = moves[:MOST_LINES], moves[MOST_LINES:]
        work = new_work(runtime, tenant, now, part)
        header = now.header.model_copy(update={"sourced": not later})
        ids = tuple(entry.id for entry in work)
        event = OrderSourced(order_id=order_id, fulfillment_order_ids=ids, is_last=not later)
        sourced, writes, events = change_order(tenant, now, events=[event], header=header, fulfillment_orders=work)
        claims = _claims(runtime, tenant, now, part)
        return Decision(
            [*writes, *claims.writes(), *reasons], events, body={"order_id": order_id, "sourced": not later}
        )

    outcome = execute(runtime, call, decide)
    return existing_order(runtime.database, tenant, order_id) if outcome.replayed else sourced


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
    """Work without stock is done by whoever sold it."""
    units = line.quantity - order.cancelled.get(line.line_no, 0)
    return [Claim(node_id=order.header.selling_node, quantity=units)] if line.work and units else []


def _improved(runtime: Runtime, tenant: str, order: Order, moves: Sequence[Move]) -> tuple[list[Move], list[Write]]:
    """The same claims at better nodes and why, if there are fewer or nearer shipments by now; else as they are."""
    now = runtime.clock.now()
    nodes = known_nodes(runtime.database, tenant, now)
    lines = [line for line in order.lines if line.claims_stock and not order.cancelled.get(line.line_no)]
    if len(lines) != len([line for line in order.lines if line.claims_stock]):
        return list(moves), []
    goods = [move for move in moves if move.line.claims_stock]
    stock = stock_for(runtime, tenant, order, lines, nodes, now)
    # Baskets that have just expired are left alone for what is only better.
    own = dict(stock.at_once)
    only_own: dict[tuple[str, str], int] = {}
    for move in goods:
        key = (move.line.agreed.sku, move.from_node)
        own[key] = own.get(key, 0) + move.quantity
        only_own[key] = only_own.get(key, 0) + move.quantity
    steps = tuple(live_steps(runtime.database, tenant))
    plan = partial(source_groups, order.header.groups, lines, nodes, channel=order.header.channel, steps=steps)
    present, better = plan(only_own), plan(own)
    if better.rank >= present.rank or better.missing:
        return list(moves), []
    moved = _reassigned(order, goods, {(a.line_no, a.node_id): a.quantity for a in better.allotments}, stock.keep)
    moved += [move for move in moves if not move.line.claims_stock]
    # A claim that moves takes two stock rows, and each row its line in the ledger; a better plan that does not fit one
    # transaction is left for what it is.
    writes = sum(2 if move.from_node == move.to_node else 4 for move in moved) + len({m.to_node for m in moved})
    fits = len(moved) <= MOST_LINES and writes < MOST_ACTIONS - _OTHER_WRITES
    if not fits:
        return list(moves), []
    known, at = replace(better, stock=replace(stock, units=own), steps=steps), format_instant(now)
    told = decision_write(tenant, order.header, lines, nodes, known, number=2, at=at, command="source_order")
    return moved, [told]


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
                paired.append(Move(line, origin, target, taken, keep.get((line.agreed.sku, target), 0)))
                have[other_no, origin] -= taken
                units -= taken
    return paired


def _claims(runtime: Runtime, tenant: str, order: Order, moves: Sequence[Move]) -> StockChanges:
    order_id = order.header.id
    claims = StockChanges(tenant, movement_id=order.next_change, cause=order_id, at=runtime.clock.now())
    for move in moves:
        if move.line.claims_stock:
            claims.move_claim(move.line.agreed.sku, move.from_node, move.to_node, move.quantity, keep=move.keep)
    return claims
