"""How long goods are kept for a customer: reminding, keeping them longer, and giving up. One transaction on the order.

Nothing asks for these by itself: the workflow of the work wakes up when something is due, and what is due is judged
from the work as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms.fulfillment.collecting import extended, is_over, next_of_collection
from oms.fulfillment.collection_events import (
    FulfillmentOrderCollectionDue,
    FulfillmentOrderCollectionExtended,
    FulfillmentOrderNotCollected,
)
from oms.fulfillment.events import FulfillmentOrderCancelled
from oms.fulfillment.finding import WRITE, find_work, own_work
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
from oms.platform.principal import system_principal
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
        now = runtime.clock.now()
        node = known_nodes(runtime.database, call.tenant, now, named=[work.node_id]).get(work.node_id)
        longer, made = extended(work, node, request.days, request.reason, call.principal.actor, now)
        told = FulfillmentOrderCollectionExtended(
            **work_ids(work), before=made.before, pickup_by=made.pickup_by, reason=made.reason
        )
        after, writes, events = change_order(call.tenant, order, events=[told], fulfillment_orders=[longer])
        return Decision(writes, events, body=work_view(longer, after.header.version).model_dump())

    return execute(runtime, call, decide)


def keep_collection(runtime: Runtime, tenant: str, fulfillment_order_id: str) -> datetime | None:
    """Do what is due of goods that wait for a customer; answers when to look again, None where nothing is to come.

    Each step is done once, whoever asks how often.
    """
    principal = system_principal(tenant, "expire_collection")
    while True:
        _, work = find_work(runtime, principal, WRITE, fulfillment_order_id)
        due = next_of_collection(work)
        if due is None or due > runtime.clock.now():
            return due
        expire_collection(runtime, tenant, work)


def expire_collection(runtime: Runtime, tenant: str, seen: FulfillmentOrder) -> Outcome:
    """Take the step that is due of goods as they were seen: remind the customer, or give up once the time is over.

    Given up, the units that are left are cancelled, their stock is available again, and what was paid for them is owed
    back, all in one transaction. Goods that were kept longer or handed over meanwhile are left alone.
    """
    kept = seen.collection
    step = "expire" if is_over(seen, runtime.clock.now()) else "remind"
    name = f"{seen.id}#{kept.pickup_by if kept else None}#{step}"
    call = call_from_workflow("expire_collection", tenant, name)

    def decide() -> Decision:
        order, work = find_work(runtime, call.principal, WRITE, seen.id)
        if work.collection is None or kept is None or work.collection.pickup_by != kept.pickup_by:
            return Decision([], body={"fulfillment_order_id": work.id, "done": None})
        if step == "expire" and is_over(work, runtime.clock.now()):
            return _given_up(runtime, call, order, work)
        if step == "expire" or work.collection.reminded or next_of_collection(work) is None:
            return Decision([], body={"fulfillment_order_id": work.id, "done": None})
        told = FulfillmentOrderCollectionDue(**work_ids(work), pickup_by=work.collection.pickup_by or "")
        noted = work.model_copy(update={"collection": work.collection.model_copy(update={"reminded": True})})
        _, writes, events = change_order(tenant, order, events=[told], fulfillment_orders=[noted])
        return Decision(writes, events, body={"fulfillment_order_id": work.id, "done": step})

    return execute(runtime, call, decide)


def _given_up(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder) -> Decision:
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
    return Decision([*writes, *back.writes()], events, body={"fulfillment_order_id": work.id, "done": "expire"})


def _kits(order: Order, units: Mapping[int, int]) -> dict[int, int]:
    """The kits that go with components that go on their own; one is gone when any of its components is."""
    kits: dict[int, int] = {}
    for line_no, count in units.items():
        part_of = order.line(line_no).part_of
        if part_of is not None:
            kits[part_of.line_no] = max(kits.get(part_of.line_no, 0), -(-count // part_of.each))
    return kits
