"""Receiving a leg: in the transaction that puts units on hand at a node, they become part of its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oms.fulfillment import holds
from oms.fulfillment.events import EventLine, FulfillmentOrderReceived
from oms.fulfillment.lines import arrived
from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.fulfillment.protocol import Action, AlreadyDone, require
from oms.fulfillment.request import ActionRequest, ReceiveRequest, units_of
from oms.fulfillment.step import Step, required_reason
from oms.fulfillment.writes import event_lines, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.model import Order
from oms.platform.commands import Call, Runtime
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest
from oms.registry.reads import known_nodes


@dataclass(slots=True)
class Arrived:
    """What became of the units of a leg, by line number: they go on, nobody wants them any more, or they are lost."""

    onward: dict[int, int] = field(default_factory=dict)
    unwanted: dict[int, int] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)


def receive_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units of a leg have arrived; they are nobody else's for a moment. Lost ones are open again on the order."""
    lost = units_of(request.lost or ()) if isinstance(request, ReceiveRequest) else {}
    reason = required_reason(request, "units that are lost need a reason") if lost else None
    leg, came = receive(work, request.quantities, lost, reason)
    changes = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=runtime.clock.now())
    there = work.destination_node or ""
    for sku, units in order.stock_of(came.onward).items():
        changes.receive_allocated(sku, there, units)
    for sku, units in order.stock_of(came.unwanted).items():
        changes.receive(sku, there, units)
    onward, is_new = None, False
    if any(came.onward.values()):
        now = runtime.clock.now()
        nodes = known_nodes(runtime.database, call.tenant, now, named=[there])
        onward = holds.onward(order, work, came.onward, nodes.get(there), now)
        is_new = all(one.id != onward.id for one in order.fulfillment_orders)
        if holds.is_over(onward, now):
            # What comes after the deadline does not wait; what is there already goes with it.
            onward = onward.model_copy(update={"status": Status.SCHEDULED if is_new else onward.status})
    told = FulfillmentOrderReceived(
        **{**work_ids(work), "node_id": there},
        from_node=work.node_id,
        lines=_named(work, came.onward),
        unwanted=_named(work, came.unwanted),
        lost=_named(work, came.lost),
        reason=reason,
        onward=onward.id if onward else None,
        begins_work=is_new,
    )
    return Step(leg, [told], stock=changes.writes(), others=[onward] if onward else [])


def _named(work: FulfillmentOrder, units: Mapping[int, int]) -> tuple[EventLine, ...]:
    return event_lines(work, units)


def receive(
    leg: FulfillmentOrder, units: Mapping[int, int] | None, lost: Mapping[int, int], reason: str | None
) -> tuple[FulfillmentOrder, Arrived]:
    """The leg once units have arrived and others were lost, and what became of them; None means all that is under way.

    What arrives is for the order first; what is lost is first what was cancelled on its way. The leg ends when nothing
    is left and nothing is under way: INCOMPLETE where its node gave something up or something was lost.
    """
    if not leg.is_leg:
        raise ActionNotAvailable("Only what one node sends to another can be received.")
    require(leg, Action.RECEIVE)
    wanted = _checked(leg, units, lost)
    came = Arrived(lost=dict(lost))
    lines = []
    for line in leg.lines:
        arriving, missing = wanted[line.line_no], lost.get(line.line_no, 0)
        goes_on = min(arriving, line.in_transit)
        unwanted = arriving - goes_on
        lost_unwanted = min(missing, line.recalled - unwanted)
        came.onward[line.line_no], came.unwanted[line.line_no] = goes_on, unwanted
        lines.append(arrived(line, goes_on, unwanted, missing - lost_unwanted, lost_unwanted))
    after = leg.model_copy(update={"lines": tuple(lines), "closed_reason": leg.closed_reason or reason})
    if not any(line.remaining or line.under_way for line in lines):
        ended = Status.INCOMPLETE if any(line.given_up for line in lines) else Status.COMPLETED
        after = after.model_copy(update={"status": ended})
    return after, came


def _checked(leg: FulfillmentOrder, units: Mapping[int, int] | None, lost: Mapping[int, int]) -> dict[int, int]:
    """How many units of each line have arrived; more than are under way are refused, and so is nothing at all."""
    if not any(line.under_way for line in leg.lines):
        if any(line.received for line in leg.lines):
            raise AlreadyDone("All that has left has been received.")
        raise ActionNotAvailable("Nothing of this fulfilment order is on its way.")
    for pointer, named in (("/lines", units or {}), ("/lost", lost)):
        for line_no, count in named.items():
            _require_under_way(leg.line(line_no), count, pointer)
    found = {
        line.line_no: (line.under_way - lost.get(line.line_no, 0)) if units is None else units.get(line.line_no, 0)
        for line in leg.lines
    }
    for line in leg.lines:
        _require_under_way(line, found[line.line_no] + lost.get(line.line_no, 0), "/lines")
    return found


def _require_under_way(line: WorkLine, units: int, pointer: str) -> None:
    if units > line.under_way:
        detail = f"line {line.line_no} has {line.under_way} units on their way"
        raise InvalidRequest(errors=[FieldError(pointer, "quantity_too_large", detail)])
