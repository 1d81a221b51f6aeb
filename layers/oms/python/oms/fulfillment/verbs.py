"""What each verb of the node protocol does to an order: its work, its stock, perhaps a shipment, and what is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from operator import attrgetter

from oms.fulfillment import protocol
from oms.fulfillment.events import (
    EventLine,
    FulfillmentOrderAccepted,
    FulfillmentOrderCancellationAccepted,
    FulfillmentOrderCancellationRejected,
    FulfillmentOrderClosed,
    FulfillmentOrderDispatched,
    FulfillmentOrderReady,
    FulfillmentOrderRejected,
)
from oms.fulfillment.model import OFFER_TAKEN, FulfillmentOrder, Status, seconds_late
from oms.fulfillment.offers import OfferOver
from oms.fulfillment.protocol import Action
from oms.fulfillment.receiving import receive_fulfillment_order
from oms.fulfillment.request import ActionRequest, CloseRequest, HandOverRequest, StageRequest
from oms.fulfillment.shipping import new_shipment, purchase_event, ready_captures, shipment_event
from oms.fulfillment.short import HELD_BACK, short_units
from oms.fulfillment.step import Step, Verb, refuse_unpaid, required_reason
from oms.fulfillment.writes import event_lines, moved, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.cancelling import cancelled_units
from oms.orders.model import Header, Order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write

# Why a request to cancel is settled when the units left first.
SHIPPED = "shipped"


def accept_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node takes the work. Raises OfferOver where one that it was offered to was first."""
    if work.replaced_reason == OFFER_TAKEN:
        raise OfferOver("Another node that it was offered to was first to accept it.")
    return Step(protocol.accept(work), [FulfillmentOrderAccepted(**work_ids(work))])


def reject_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node refuses the work: its allocation goes back to available stock, the units are open again."""
    reason = required_reason(request, "a rejection needs a reason")
    left = protocol.reject(work, reason)
    header, events = let_go(order, work, work.asked)
    if left.status is Status.REJECTED:
        events.append(FulfillmentOrderRejected(**work_ids(work), reason=reason))
    return Step(left, events, stock=_released(runtime, call, order, work, _remaining(work)), header=header)


def close_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node cannot go on: what has not left is open again, and its stock available or held back, by the reason.

    Where the node says what was short, only that is held back: the other components of a kit are available again.
    """
    reason = required_reason(request, "closing needs a reason")
    left = protocol.close(work, reason)
    header, events = let_go(order, work, work.asked)
    if left.status is Status.INCOMPLETE:
        lines = moved(work, left, attrgetter("given_up"))
        events.append(FulfillmentOrderClosed(**work_ids(work), lines=lines, reason=reason))
    kind = HELD_BACK.get(reason)
    there = order.stock_of(_remaining(work))
    short = request.short if isinstance(request, CloseRequest) else None
    bad = short_units(order, work, short, reason) if short is not None else there if kind else {}
    changed = _changes(runtime, call, order, work.id)
    for sku, quantity in there.items():
        if kind and bad.get(sku):
            changed.hold_back(sku, work.node_id, bad[sku], kind=kind, reason=reason)
        if quantity > bad.get(sku, 0):
            changed.release_allocation(sku, work.node_id, quantity - bad.get(sku, 0))
    return Step(left, events, stock=changed.writes(), header=header)


def stage_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The goods wait at the counter."""
    staged_at = format_instant(request.happened_at(runtime.clock.now()))
    late = None if work.due_at is None else seconds_late(work.due_at, staged_at)
    staged = protocol.stage(work)
    if work.cartons:
        from oms.fulfillment.packing import require_all_in_cartons

        require_all_in_cartons(work)
    # What was taken before it was taken off the counter for a while is not taken again.
    taken = () if work.captures else ready_captures(order, staged, format_instant(runtime.clock.now()))
    bay = request.bay if isinstance(request, StageRequest) else None
    # Loaded with the first that is staged, as for what is handed over.
    from oms.fulfillment.staging import collection_at_counter

    # What was fixed when it was staged before, and unstaged since, holds no more.
    fixed = {"captures": work.captures or taken, "collection": None, "arrival": None, "staging_bay": bay}
    staged = staged.model_copy(update=fixed)
    there = collection_at_counter(runtime, call.tenant, order, staged)
    until = there.work.collection.pickup_by if there.work.collection else None
    told = FulfillmentOrderReady(
        **work_ids(work),
        due_at=work.due_at,
        late_seconds=late,
        captures=bool(taken),
        pickup_by=until,
        expires=until is not None,
        pickup_code=there.code,
        arrival_link=there.link,
        staging_bay=bay,
    )
    if order.header.reserved is None:
        return Step(there.work, [told], stock=there.writes)
    # Loaded with the first such work.
    from oms.orders.paying_in_store import held_from_now

    held = held_from_now(order, there.work, runtime.clock.now())
    return Step(there.work, [told, *(held[1] if held else ())], stock=there.writes, header=held[0] if held else None)


def ship_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units leave with a carrier: the stock is consumed and the money to take is fixed; for a leg there is none."""
    return _leave(runtime, call, order, work, request, Action.SHIP)


def hand_over_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The customer collects: the stock is consumed and the money to take is fixed; what is refused stays."""
    # Loaded with the first that is handed over: most of what nodes say is about parcels.
    from oms.fulfillment.handing_over import hand_over

    def leave(kept: FulfillmentOrder, besides: Callable[[StockChanges], None]) -> Step:
        return _leave(runtime, call, order, kept, request, Action.HAND_OVER, besides)

    asked = request if isinstance(request, HandOverRequest) else HandOverRequest(**request.model_dump())
    return hand_over(runtime, call, order, work, asked, leave)


def cancel_response_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The node says whether it lets go of what it was asked for: what it lets go of is cancelled, the rest goes on."""
    if request.accepted is None:
        raise InvalidRequest(errors=[FieldError("/accepted", "required", "true or false")])
    if work.reclaimed:
        from oms.fulfillment.reclaiming import answer_reclaim

        return answer_reclaim(runtime, call, order, work, request)
    if not request.accepted:
        reason = required_reason(request, "a refusal needs a reason")
        rejected = protocol.reject_cancellation(work)
        return Step(rejected, [_refused(work, work.asked, reason)])
    without = protocol.accept_cancellation(work, request.quantities)
    units = {line.line_no: line.quantity for line in moved(work, without, attrgetter("cancelled"))}
    header, events = let_go(order, work, units)
    kept = {n: asked - units.get(n, 0) for n, asked in work.asked.items() if asked > units.get(n, 0)}
    if kept:
        events.insert(1, _refused(work, kept, request.reason or "not_named"))
    return Step(without, events, stock=_released(runtime, call, order, work, units), header=header)


def _of(module: str, name: str) -> Verb:
    """A verb of another module here, loaded with the first node that says it: most send parcels and nothing else."""

    def verb(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest) -> Step:
        made: Step = getattr(import_module(f"oms.fulfillment.{module}"), name)(runtime, call, order, work, request)
        return made

    verb.__name__ = name
    return verb


VERBS: Mapping[Action, Verb] = {
    Action.ACCEPT: accept_fulfillment_order,
    Action.REJECT: reject_fulfillment_order,
    Action.PICK: _of("picking", "pick_fulfillment_order"),
    Action.PACK: _of("packing", "pack_fulfillment_order"),
    Action.STAGE: stage_fulfillment_order,
    Action.SHIP: ship_fulfillment_order,
    Action.HAND_OVER: hand_over_fulfillment_order,
    Action.CLOSE: close_fulfillment_order,
    Action.CANCEL_RESPONSE: cancel_response_fulfillment_order,
    Action.RECEIVE: receive_fulfillment_order,
    Action.PREPARE: _of("packing", "prepare_fulfillment_order"),
    Action.UNPACK: _of("packing", "unpack_fulfillment_order"),
    Action.UNSTAGE: _of("packing", "unstage_fulfillment_order"),
}


def _leave(
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    request: ActionRequest,
    action: Action,
    besides: Callable[[StockChanges], None] | None = None,
) -> Step:
    refuse_unpaid(order, work)

    def leave(asked: ActionRequest) -> Step:
        return _left(runtime, call, order, work, asked, action, besides)

    if not work.cartons:
        return leave(request)
    # Loaded for those who pack by cartons only.
    from oms.fulfillment.parcels import leave_in_cartons

    return leave_in_cartons(work, request, action, leave)


def _left(
    runtime: Runtime,
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    request: ActionRequest,
    action: Action,
    besides: Callable[[StockChanges], None] | None,
) -> Step:
    left = protocol.leave(work, request.quantities, action)
    lines = moved(work, left, attrgetter("in_transit" if work.is_leg else "shipped"))
    shipments = [] if work.is_leg else [new_shipment(runtime, order, left, lines, request)]
    consumed = _changes(runtime, call, order, shipments[0].id if shipments else work.id)
    for sku, quantity in order.stock_of({line.line_no: line.quantity for line in lines}).items():
        consumed.ship(sku, work.node_id, quantity)
    if besides is not None:
        besides(consumed)
    events: list[EventData] = [shipment_event(order, one) for one in shipments]
    events += [bought for one in shipments for bought in purchase_event(order, left, one)]
    if work.is_leg:
        events.append(_dispatched(work, lines, request))
    still = left.asked
    overtaken = {n: units - still.get(n, 0) for n, units in work.asked.items() if units > still.get(n, 0)}
    if overtaken:
        events.append(_refused(work, overtaken, SHIPPED))
    return Step(left, events, shipments, consumed.writes())


def _dispatched(
    work: FulfillmentOrder, lines: tuple[EventLine, ...], request: ActionRequest
) -> FulfillmentOrderDispatched:
    """What the node that a leg goes to is told: no customer gets a parcel, so no money belongs to it."""
    return FulfillmentOrderDispatched(
        **{**work_ids(work), "node_id": work.destination_node or ""},
        from_node=work.node_id,
        lines=lines,
        carrier=request.shipment.carrier,
        tracking_number=request.shipment.tracking_number,
    )


def let_go(order: Order, work: FulfillmentOrder, units: Mapping[int, int]) -> tuple[Header | None, list[EventData]]:
    """The order's header without units that a node let go of, and the facts of it; nothing where there are none."""
    if not units or work.cancel_request is None:
        return None, []
    nothing_left = all(line.remaining == units.get(line.line_no, 0) for line in work.lines)
    accepted = FulfillmentOrderCancellationAccepted(
        **work_ids(work), lines=event_lines(work, units), nothing_left=nothing_left
    )
    header, events = cancelled_units(order, units, work.cancel_request.reason)
    return header, [accepted, *events]


def _refused(work: FulfillmentOrder, units: Mapping[int, int], reason: str) -> FulfillmentOrderCancellationRejected:
    return FulfillmentOrderCancellationRejected(**work_ids(work), lines=event_lines(work, units), reason=reason)


def _remaining(work: FulfillmentOrder) -> dict[int, int]:
    return {line.line_no: line.remaining for line in work.lines if line.remaining}


def _released(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, units: Mapping[int, int]
) -> list[Write]:
    """Allocated units go back to available stock."""
    given_back = _changes(runtime, call, order, work.id)
    for sku, quantity in order.stock_of(units).items():
        given_back.release_allocation(sku, work.node_id, quantity)
    return given_back.writes()


def _changes(runtime: Runtime, call: Call, order: Order, cause: str) -> StockChanges:
    return StockChanges(call.tenant, movement_id=order.next_change, cause=cause, at=runtime.clock.now())
