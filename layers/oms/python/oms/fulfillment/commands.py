"""The verbs of the node protocol, and our own release and escalation. Each is one transaction on the order.

Stores, warehouses and suppliers send the same verbs over HTTP and over the integration bus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from oms.fulfillment import model
from oms.fulfillment.events import (
    EventLine,
    FulfillmentOrderAccepted,
    FulfillmentOrderEscalated,
    FulfillmentOrderPacked,
    FulfillmentOrderPicked,
    FulfillmentOrderReady,
    FulfillmentOrderRejected,
)
from oms.fulfillment.model import Action, FulfillmentOrder, Shipment
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.shipping import new_shipment, shipment_event
from oms.fulfillment.views import work_view
from oms.inventory import writes as stock
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.principal import Principal
from oms.platform.problems import Busy, FieldError, InvalidRequest, NotFound, OutOfStock, Problem, StaleVersion
from oms.platform.writes import Write


@dataclass(frozen=True, slots=True)
class Step:
    """What one verb changes: the work, perhaps a shipment, the events, and the stock."""

    work: FulfillmentOrder
    events: Sequence[EventData]
    shipments: Sequence[Shipment] = ()
    stock: Sequence[Write] = field(default_factory=tuple)


# Orders by tenant and id, as one batch of verbs has left them so far.
KnownOrders = dict[tuple[str, str], Order]
Verb = Callable[[Runtime, Call, Order, FulfillmentOrder, ActionRequest], Step]


def accept_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node takes the work."""
    return Step(model.accept(work), [FulfillmentOrderAccepted(**_ids(work))])


def reject_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node refuses the work: its allocation goes back to available stock, the units are open again."""
    if not request.reason:
        raise InvalidRequest(errors=[FieldError("/reason", "required", "a rejection needs a reason")])
    rejected = model.reject(work, request.reason)
    back = [
        stock.release_allocation(call.tenant, line.sku, work.node_id, line.remaining)
        for line in work.lines
        if line.remaining and order.line(line.line_no).claims_stock
    ]
    return Step(rejected, [FulfillmentOrderRejected(**_ids(work), reason=request.reason)], stock=back)


def pick_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units are taken from the shelf."""
    picked = model.pick(work, request.quantities)
    return Step(picked, [FulfillmentOrderPicked(**_ids(work), lines=_difference(work, picked, "picked"))])


def pack_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units are put into boxes."""
    packed = model.pack(work, request.quantities)
    return Step(packed, [FulfillmentOrderPacked(**_ids(work), lines=_difference(work, packed, "packed"))])


def stage_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The goods wait at the counter."""
    return Step(model.stage(work), [FulfillmentOrderReady(**_ids(work))])


def ship_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units leave with a carrier: the stock is consumed and the money to take is fixed."""
    return _leave(runtime, call, order, work, request, Action.SHIP)


def hand_over_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The customer collects: the stock is consumed and the money to take is fixed."""
    return _leave(runtime, call, order, work, request, Action.HAND_OVER)


VERBS: Mapping[Action, Verb] = {
    Action.ACCEPT: accept_fulfillment_order,
    Action.REJECT: reject_fulfillment_order,
    Action.PICK: pick_fulfillment_order,
    Action.PACK: pack_fulfillment_order,
    Action.STAGE: stage_fulfillment_order,
    Action.SHIP: ship_fulfillment_order,
    Action.HAND_OVER: hand_over_fulfillment_order,
}


def command_name(action: Action) -> str:
    """The name under which a verb is recorded, such as `accept_fulfillment_order`."""
    return VERBS[action].__name__


def act(
    runtime: Runtime,
    call: Call,
    fulfillment_order_id: str,
    action: Action,
    request: ActionRequest,
    known: KnownOrders | None = None,
) -> Outcome:
    """Take one verb of the node protocol on a fulfilment order.

    The answer is a FulfillmentOrderView. `known` holds orders as the verbs before have left them, and takes this one.
    Raises NotFound for work that is not this caller's, ActionNotAvailable (or AlreadyDone) when the state forbids it,
    StaleVersion when If-Match was given and is not the order's version.
    """
    known = {} if known is None else known
    name = (call.tenant, parent_id("ord", fulfillment_order_id))
    left: Order | None = None

    def decide() -> Decision:
        nonlocal left
        # A known order is good for one attempt: its commit is held to its version, and its refusal is not believed.
        order = known.pop(name, None)
        if order is not None:
            with suppress(Problem):
                left, decision = _take(runtime, call, order, fulfillment_order_id, action, request)
                return decision
        order = load_order(runtime.database, *name)
        left, decision = _take(runtime, call, order, fulfillment_order_id, action, request)
        return decision

    outcome = execute(runtime, call, decide, overtaken=_short_of_stock)
    if left is not None and not outcome.replayed:
        known[name] = left
    return outcome


def _short_of_stock(conflict: Conflict) -> Problem:
    """A node says that more left than was counted there: the count must be corrected first."""
    short = [str(write.key.pk).rsplit("#", 1)[-1] for write, _ in conflict.lost if write.table == "stock"]
    return OutOfStock(f"The stock of {', '.join(short)} at this node is less than what leaves.") if short else Busy()


def _take(
    runtime: Runtime,
    call: Call,
    before: Order | None,
    fulfillment_order_id: str,
    action: Action,
    request: ActionRequest,
) -> tuple[Order, Decision]:
    """The order after a verb, and the decision that makes it so."""
    order, work = _own_work(before, call.principal, fulfillment_order_id, call.expected_version)
    step = VERBS[action](runtime, call, order, work, request)
    after, writes, events = change_order(
        call.tenant, order, events=step.events, fulfillment_orders=[step.work], shipments=step.shipments
    )
    body = work_view(step.work, after.header.version).model_dump()
    return after, Decision([*writes, *step.stock], events, body=body)


def escalate_fulfillment_order(runtime: Runtime, call: Call, fulfillment_order_id: str, reason: str) -> Outcome:
    """Note that a person must look at this work, and say so once."""

    def decide() -> Decision:
        order, work = find_work(runtime, call.principal, fulfillment_order_id, call.expected_version)
        noted = work.model_copy(update={"escalated_reason": reason})
        event = FulfillmentOrderEscalated(**_ids(work), reason=reason)
        _, writes, events = change_order(call.tenant, order, events=[event], fulfillment_orders=[noted])
        return Decision(writes, events, body={"fulfillment_order_id": work.id, "reason": reason})

    return execute(runtime, call, decide)


def _leave(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest, action: Action
) -> Step:
    left = model.leave(work, request.quantities, action)
    lines = _difference(work, left, "shipped")
    shipment = new_shipment(runtime, order, left, lines, request)
    units: dict[str, int] = {}
    for line in lines:
        if order.line(line.line_no).claims_stock:
            units[line.sku] = units.get(line.sku, 0) + line.quantity
    consumed = [
        write
        for sku, quantity in units.items()
        for write in stock.ship(
            call.tenant,
            sku,
            work.node_id,
            quantity,
            movement_id=shipment.id,
            cause=shipment.id,
            at=runtime.clock.now(),
        )
    ]
    return Step(left, [shipment_event(order, shipment)], [shipment], consumed)


def find_work(
    runtime: Runtime, principal: Principal, fulfillment_order_id: str, expected_version: int | None = None
) -> tuple[Order, FulfillmentOrder]:
    """A fulfilment order this caller may see, with its order; unknown or somebody else's raises NotFound."""
    order = load_order(runtime.database, principal.tenant, parent_id("ord", fulfillment_order_id))
    return _own_work(order, principal, fulfillment_order_id, expected_version)


def _own_work(
    order: Order | None, principal: Principal, fulfillment_order_id: str, expected_version: int | None
) -> tuple[Order, FulfillmentOrder]:
    found = [work for work in order.fulfillment_orders if work.id == fulfillment_order_id] if order else []
    if order is None or not found or (principal.nodes and found[0].node_id not in principal.nodes):
        raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.")
    if expected_version is not None and expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order, found[0]


def _ids(work: FulfillmentOrder) -> dict[str, str]:
    return {"order_id": work.order_id, "fulfillment_order_id": work.id, "node_id": work.node_id}


def _difference(before: FulfillmentOrder, after: FulfillmentOrder, step: str) -> tuple[EventLine, ...]:
    """Units that a step moved, per line."""
    return tuple(
        EventLine(line_no=now.line_no, sku=now.sku, quantity=getattr(now, step) - getattr(was, step))
        for was, now in zip(before.lines, after.lines, strict=True)
        if getattr(now, step) > getattr(was, step)
    )
