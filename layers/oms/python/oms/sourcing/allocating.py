"""Giving an order the units that it waits for: one transaction, held to the order's version and to each stock row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from oms.capacity.model import periods_of
from oms.fulfillment.model import FulfillmentOrder
from oms.inventory.writes import StockChanges
from oms.orders.backorders import fewer
from oms.orders.events import OrderBackordersAllocated, ReroutedLine
from oms.orders.model import Order
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.registry.segments import sku_of
from oms.sourcing.backlog import BacklogStock, Served
from oms.sourcing.model import Allotment, Plan, claims_of
from oms.sourcing.risks import told_of_risks
from oms.sourcing.works import Move, fitting, new_ids, new_work, with_units
from oms.sourcing.writes import decision_write

_RUNNING = frozenset({OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS})


class _NothingToGive(Exception):
    """Somebody else was faster. It is not recorded: there may be stock again before the order changes."""


def may_be_given(order: Order) -> bool:
    """Whether stock may be given to an order: it is running, and its claims are work already."""
    return order.header.sourced and order_status(order) in _RUNNING and bool(order.header.backorders)


def allocate_backorders(
    runtime: Runtime, tenant: str, served: Served, stock: BacklogStock, again: Callable[[], BacklogStock]
) -> bool:
    """Allocate what an order was served, as new work of its nodes; whether it was given anything.

    After a lost race it is planned anew alone, from stock as it is `again`. What does not fit the transaction goes on
    waiting.
    """
    first = served.order
    call = call_from_workflow("broker_backlog", tenant, f"{first.header.id}#{first.header.version}")
    attempts = 0

    def decide() -> Decision:
        nonlocal attempts, served, stock
        attempts += 1
        if attempts > 1:
            order = existing_order(runtime.database, tenant, first.header.id)
            stock = again()
            served = stock.serve(order) if may_be_given(order) else Served(order)
        if not served.plans:
            raise _NothingToGive
        return _allocation(runtime, tenant, served, stock)

    try:
        return not execute(runtime, call, decide).replayed
    except _NothingToGive:
        return False


def _allocation(runtime: Runtime, tenant: str, served: Served, stock: BacklogStock) -> Decision:
    order, now = served.order, runtime.clock.now()
    plans = _fitting(order, served.plans, stock)
    given = [one for plan in plans.values() for one in plan.allotments]
    units: dict[int, int] = {}
    for one in given:
        units[one.line_no] = units.get(one.line_no, 0) + one.quantity
    moves = [Move(order.line(one.line_no), one.node_id, one.node_id, one.quantity) for one in given]
    works = new_work(runtime, tenant, order, moves)
    works, risks = told_of_risks(runtime.database, tenant, order.header.groups, stock.nodes, works, now)
    header = order.header.model_copy(update={"backorders": fewer(order.header.backorders, units)})
    waiting = sum(one.quantity for one in header.backorders)
    events: list[EventData] = [_event(order, works, given, waiting), *risks]
    changes = StockChanges(tenant, movement_id=order.next_change, cause=order.header.id, at=now)
    sourced = replace(stock.sourced(served), plans=plans)
    changes.know(sourced.stock.spread)
    for (sku, node_id), quantity in claims_of(given).items():
        keep = sourced.stock.keep.get((sku, node_id), 0)
        changes.allocate_available(sku, node_id, quantity, keep=keep)
    _, writes, drafts = change_order(tenant, order, events=events, header=header, fulfillment_orders=works)
    lines = [
        with_units(order.line(line_no), sum(one.quantity for one in _asked(plans) if one.line_no == line_no))
        for line_no in sorted({one.line_no for one in _asked(plans)})
    ]
    told = decision_write(
        tenant,
        order.header,
        lines,
        stock.nodes,
        sourced,
        # The first two are of placing and of sourcing; whatever decides later adds work.
        number=2 + len(order.fulfillment_orders),
        at=format_instant(now),
        command="broker_backlog",
    )
    return Decision([*writes, *changes.writes(), told], drafts, body={"order_id": order.header.id, "waiting": waiting})


def _asked(plans: Mapping[int, Plan]) -> list[Allotment]:
    return [one for plan in plans.values() for one in plan.allotments]


def _fitting(order: Order, plans: Mapping[int, Plan], stock: BacklogStock) -> dict[int, Plan]:
    """The plans as far as one transaction takes them, with an entry of the lists for each item that waits."""
    given = _asked(plans)
    periods = {node_id: periods_of(node) for node_id, node in stock.nodes.items()}
    entries = 1 + len({(order.line(one.line_no).group_no, order.line(one.line_no).agreed.stock_sku) for one in given})
    fit = given[: fitting(stock.seen_by(order), given, 0, periods, entries)]
    cut = {no: tuple(one for one in plan.allotments if one in fit) for no, plan in plans.items()}
    return {no: replace(plans[no], allotments=some) for no, some in cut.items() if some}


def _event(
    order: Order, works: list[FulfillmentOrder], given: list[Allotment], waiting: int
) -> OrderBackordersAllocated:
    return OrderBackordersAllocated(
        order_id=order.header.id,
        external_id=order.header.external_id,
        fulfillment_order_ids=new_ids(order, works),
        lines=tuple(
            ReroutedLine(line_no=one.line_no, sku=sku_of(one.sku), node_id=one.node_id, quantity=one.quantity)
            for one in given
        ),
        waiting=waiting,
    )
