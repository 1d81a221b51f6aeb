"""Work that its node has accepted and not begun is asked back, so that other nodes can have it.

The node answers as to a request to cancel; what it lets go of is open again on the order and not cancelled. Silence
until the time that stands with the request is consent; a unit that is picked before is a no.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from oms.fulfillment import protocol
from oms.fulfillment.deadlines import concerning, may_be_reclaimed
from oms.fulfillment.events import (
    EventLine,
    FulfillmentOrderCancellationAccepted,
    FulfillmentOrderCancellationRejected,
    FulfillmentOrderCancellationRequested,
    FulfillmentOrderClosed,
)
from oms.fulfillment.model import Answer, CancelRequest, DeadlineKind, Do, FulfillmentOrder, WorkUnits
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.step import Step, required_reason
from oms.fulfillment.writes import event_lines, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Runtime
from oms.platform.problems import FieldError, InvalidRequest

# Why work is asked back and taken.
NOT_PICKED = "NOT_PICKED"
# Why a request is settled when the node begins after all.
PICKED = "picked"


class Reclaim(StrEnum):
    """What is due about work that was accepted and is not begun."""

    ASK = "ASK"  # the node is to be asked
    TAKE = "TAKE"  # it was, and its silence is consent


def reclaim_due(work: FulfillmentOrder, now: datetime) -> Reclaim | None:
    """What is due; None where the node has begun, has said no, or has time left."""
    picks = next((one for one in concerning(work) if one.kind is DeadlineKind.PICK), None)
    if picks is None or not may_be_reclaimed(work):
        return None
    if work.reclaimed and work.cancel_request is not None and work.cancel_request.answer_by is not None:
        return Reclaim.TAKE if parse_instant(work.cancel_request.answer_by) <= now else None
    asked = any(step.do is Do.RECLAIM and parse_instant(step.at) <= now for step in picks.steps)
    return Reclaim.ASK if asked else None


def asked_back(tenant: str, order: Order, work: FulfillmentOrder, now: datetime) -> Decision:
    """The transaction by which a node is asked for work, with as long to answer as the service level says."""
    steps = {step.do: parse_instant(step.at) for one in concerning(work) for step in one.steps}
    by = max(steps[Do.REROUTE], now + (steps[Do.REROUTE] - steps[Do.RECLAIM]))
    units = tuple(WorkUnits(line_no=line.line_no, quantity=line.remaining) for line in work.lines if line.remaining)
    request = CancelRequest(lines=units, reason=NOT_PICKED, reclaim=True, answer_by=format_instant(by))
    told = FulfillmentOrderCancellationRequested(**work_ids(work), lines=_lines(work), reason=NOT_PICKED)
    asked = work.model_copy(update={"cancel_request": request})
    _, writes, drafts = change_order(tenant, order, events=[told], fulfillment_orders=[asked])
    return Decision(writes, drafts, body={"fulfillment_order_id": work.id, "rerouted": False})


def answer_reclaim(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest) -> Step:
    """The node says whether it lets go of the work: then its units are open again, and others get them."""
    if request.quantities is not None:
        detail = "work that is asked back is let go of as a whole: leave out the lines"
        raise InvalidRequest(errors=[FieldError("/lines", "not_allowed", detail)])
    if not request.accepted:
        reason = required_reason(request, "a refusal needs a reason")
        told = FulfillmentOrderCancellationRejected(**work_ids(work), lines=_lines(work), reason=reason)
        return Step(settled(work, Answer.REJECTED), [told])
    left = settled(protocol.close(work, NOT_PICKED), Answer.ACCEPTED)
    lines, ids = _lines(work), work_ids(work)
    back = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=runtime.clock.now())
    for sku, quantity in order.stock_of({line.line_no: line.quantity for line in lines}).items():
        back.release_allocation(sku, work.node_id, quantity)
    let_go = FulfillmentOrderCancellationAccepted(**ids, lines=lines, nothing_left=True)
    closed = FulfillmentOrderClosed(**ids, lines=lines, reason=NOT_PICKED)
    return Step(left, [let_go, closed], stock=back.writes())


def gone_on(work: FulfillmentOrder, step: Step) -> Step:
    """What a verb did to work that was asked back: whoever begins it keeps it, and whoever ends it has let go."""
    after = step.work
    if after.cancel_request != work.cancel_request:
        return step
    if after.is_closed and not any(line.shipped for line in after.lines):
        return replace(step, work=settled(after, Answer.ACCEPTED))
    if not (after.is_closed or any(line.picked for line in after.lines)):
        return step
    told = FulfillmentOrderCancellationRejected(**work_ids(work), lines=_lines(work), reason=PICKED)
    return replace(step, work=settled(after, Answer.REJECTED), events=[*step.events, told])


def settled(work: FulfillmentOrder, answer: Answer) -> FulfillmentOrder:
    """The work with its request answered."""
    assert work.cancel_request is not None
    return work.model_copy(update={"cancel_request": work.cancel_request.model_copy(update={"answer": answer})})


def _lines(work: FulfillmentOrder) -> tuple[EventLine, ...]:
    return event_lines(work, {line.line_no: line.remaining for line in work.lines})
