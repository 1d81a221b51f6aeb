"""How long goods are kept for a customer: keeping them longer, and giving up. Each is one transaction on the order."""

from __future__ import annotations

from collections.abc import Mapping

from oms.fulfillment.collecting import extended
from oms.fulfillment.collection_events import (
    FulfillmentOrderCollectionExtended,
    FulfillmentOrderNotCollected,
)
from oms.fulfillment.deadlines import has_expired
from oms.fulfillment.events import FulfillmentOrderCancelled
from oms.fulfillment.finding import WRITE, find_work, own_work, require_own_node
from oms.fulfillment.model import Answer, FulfillmentOrder
from oms.fulfillment.protocol import without
from oms.fulfillment.request import ExtendRequest
from oms.fulfillment.views import work_view
from oms.fulfillment.writes import event_lines, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.cancelling import cancelled_units
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.registry.reads import known_nodes

# Why units are cancelled that nobody collected in time.
NOT_COLLECTED = "not_collected"


def extend_fulfillment_order(
    runtime: Runtime, call: Call, fulfillment_order_id: str, request: ExtendRequest
) -> Outcome:
    """Keep goods for the customer so many more open days of the node. The answer is a FulfillmentOrderView.

    Raises NotFound for work that is not this caller's, ActionNotAvailable for goods that do not wait until some day or
    were kept longer too often, StaleVersion when If-Match was given and is not the order's version.
    """

    def decide() -> Decision:
        before = load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id))
        order, work = own_work(before, call.principal, WRITE, fulfillment_order_id, call.expected_version)
        require_own_node(call.principal, work)
        now = runtime.clock.now()
        node = known_nodes(runtime.database, call.tenant, now, named=[work.node_id]).get(work.node_id)
        longer, made = extended(work, node, request.days, request.reason, call.principal.actor, now)
        told = FulfillmentOrderCollectionExtended(
            **work_ids(work), before=made.before, pickup_by=made.pickup_by, reason=made.reason
        )
        after, writes, events = change_order(call.tenant, order, events=[told], fulfillment_orders=[longer])
        return Decision(writes, events, body=work_view(longer, after.header.version).model_dump())

    return execute(runtime, call, decide)


def expire_collection(runtime: Runtime, tenant: str, seen: FulfillmentOrder) -> FulfillmentOrder:
    """Give up goods that nobody collected in time, as they were seen; the work as it is then.

    The units that are left are cancelled, their stock is available again, and what was paid for them is owed back, all
    in one transaction. Goods that were handed over or kept longer meanwhile are left alone.
    """
    until = seen.collection.pickup_by if seen.collection else None
    call = call_from_workflow("expire_collection", tenant, f"{seen.id}#{until}")
    left = seen

    def decide() -> Decision:
        nonlocal left
        order, left = find_work(runtime, call.principal, WRITE, seen.id)
        if not has_expired(left, runtime.clock.now()):
            return Decision([], body={"fulfillment_order_id": left.id})
        left, decision = _given_up(runtime, call, order, left)
        return decision

    if execute(runtime, call, decide).replayed:
        _, left = find_work(runtime, call.principal, WRITE, seen.id)
    return left


def _given_up(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder) -> tuple[FulfillmentOrder, Decision]:
    units = {line.line_no: line.remaining for line in work.lines if line.remaining}
    gone = without(work, units)
    if gone.cancel_request is not None and gone.asked:
        # What the node was asked to let go of is gone with the rest.
        settled = gone.cancel_request.model_copy(update={"answer": Answer.ACCEPTED})
        gone = gone.model_copy(update={"cancel_request": settled})
    header, cancelled = cancelled_units(order, {**units, **_kits(order, units)}, NOT_COLLECTED)
    lines = event_lines(work, units)
    until = work.collection.pickup_by if work.collection else None
    told: list[EventData] = [
        FulfillmentOrderNotCollected(**work_ids(work), lines=lines, pickup_by=until or ""),
        FulfillmentOrderCancelled(**work_ids(work), lines=lines, nothing_left=gone.is_closed),
        *cancelled,
    ]
    _, writes, events = change_order(call.tenant, order, events=told, header=header, fulfillment_orders=[gone])
    back = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=runtime.clock.now())
    for sku, quantity in order.stock_of(units).items():
        back.release_allocation(sku, work.node_id, quantity)
    # Loaded with the first goods that are given up.
    from oms.fulfillment.serving import ended_wait

    task = ended_wait(runtime, call.tenant, work, gone, call.principal.actor, order.header.correlation_id or None)
    ended = ([*task.writes], [*task.events]) if task else ([], [])
    body = {"fulfillment_order_id": work.id}
    return gone, Decision([*writes, *back.writes(), *ended[0]], [*events, *ended[1]], body=body)


def _kits(order: Order, units: Mapping[int, int]) -> dict[int, int]:
    """The kits that go with components that go on their own; one is gone when any of its components is."""
    kits: dict[int, int] = {}
    for line_no, count in units.items():
        part_of = order.line(line_no).part_of
        if part_of is not None:
            kits[part_of.line_no] = max(kits.get(part_of.line_no, 0), -(-count // part_of.each))
    return kits
