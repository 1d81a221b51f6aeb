"""Taking a verb that reshapes work, which is one transaction on the order: hold, split, merge, move, reschedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from oms.fulfillment import reshape, sharing
from oms.fulfillment.finding import WRITE, own_work, role_of
from oms.fulfillment.model import FulfillmentOrder, HoldRole, WorkHold
from oms.fulfillment.moving import move, overtaken
from oms.fulfillment.offers import acting_node
from oms.fulfillment.request import units_of
from oms.fulfillment.reshape import OF_NODES, Reshaping
from oms.fulfillment.reshape_events import (
    FulfillmentOrderHeld,
    FulfillmentOrderHoldReleased,
    FulfillmentOrderMerged,
    FulfillmentOrderRescheduled,
    FulfillmentOrderSplit,
)
from oms.fulfillment.step import Step
from oms.fulfillment.views import work_view
from oms.fulfillment.writes import event_lines, withdrawn_event, work_ids
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.ids import child_id, parent_id
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem

# The request is of the class that `reshape_requests` names for the verb.
Verb = Callable[[Runtime, Call, Order, FulfillmentOrder, Any], Step]


class OperatorOnly(Problem):
    """A caller that is bound to nodes may not do this with their work."""

    status = 403
    code = "operator_only"
    title = "Only an operator may do this."
    remedy = "Ask an operator, or take one of the verbs of a node."


def command_name(verb: Reshaping) -> str:
    """The name under which a verb is recorded, such as `hold_fulfillment_order`."""
    return VERBS[verb].__name__


def reshape_work(runtime: Runtime, call: Call, fulfillment_order_id: str, verb: Reshaping, request: Any) -> Outcome:
    """Reshape some work; the answer is a FulfillmentOrderView of it, or of the new work that a split or move made.

    Raises NotFound for work that is not this caller's, OperatorOnly where a node may not do it, ActionNotAvailable when
    the state forbids it, StaleVersion when If-Match was given and is not the order's version.
    """

    def decide() -> Decision:
        before = load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id))
        order, work = own_work(before, call.principal, WRITE, fulfillment_order_id, call.expected_version)
        if role_of(call.principal) is HoldRole.NODE:
            if verb not in OF_NODES:
                raise OperatorOnly(f"{verb.value} is for operators.")
            if acting_node(work, call.principal.nodes) != work.node_id:
                raise ActionNotAvailable("The fulfilment order is another node's.")
        step = VERBS[verb](runtime, call, order, work, request)
        after, writes, events = change_order(
            call.tenant, order, events=step.events, fulfillment_orders=[*step.others, step.work]
        )
        (left,) = (one for one in after.fulfillment_orders if one.id == step.work.id)
        now = format_instant(runtime.clock.now())
        body = work_view(left, after.header.version, now=now, role=role_of(call.principal)).model_dump()
        return Decision([*writes, *step.stock], events, body=body)

    return execute(runtime, call, decide, overtaken=overtaken)


def hold_fulfillment_order(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any) -> Step:
    """Work must not begin until this hold, and every other on it, is gone."""
    now = runtime.clock.now()
    expires_at = _to_come(request.expires_at, now, "/expires_at")
    one = WorkHold(
        hold_no=0,
        reason=request.reason,
        released_by=request.released_by or role_of(call.principal),
        placed_by=call.principal.actor,
        placed_at=format_instant(now),
        expires_at=expires_at,
        note=request.note,
    )
    held = reshape.hold(work, one)
    placed = held.holds[-1]
    told = FulfillmentOrderHeld(
        **work_ids(work),
        hold_no=placed.hold_no,
        reason=placed.reason.value,
        released_by=placed.released_by.value,
        expires_at=expires_at,
        note=placed.note,
    )
    return Step(held, [told])


def release_hold_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any
) -> Step:
    """A hold is gone; the work is given to its node once more when it was the last one."""
    left, gone = reshape.release_holds(work, request.hold_no, role_of(call.principal), runtime.clock.now())
    told = FulfillmentOrderHoldReleased(
        **work_ids(work), hold_nos=tuple(one.hold_no for one in gone), holds_left=len(left.holds)
    )
    return Step(left, [told])


def reschedule_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any
) -> Step:
    """Work is released later: its workflow waits for that."""
    at = _to_come(request.release_at, runtime.clock.now(), "/release_at") or ""
    told = FulfillmentOrderRescheduled(**work_ids(work), release_at=at, reason=request.reason)
    return Step(reshape.reschedule(work, at), [told])


def split_fulfillment_order(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any) -> Step:
    """Some units become work of their own at the same node; its stock and claims stay as they are."""
    units = units_of(request.lines)
    made_id = child_id("ful", order.header.id, len(order.fulfillment_orders) + 1)
    left, made = sharing.split(work, units, made_id, runtime.clock.now())
    told = FulfillmentOrderSplit(
        **work_ids(work), into=made.id, to_node=made.node_id, lines=event_lines(work, units), reason=request.reason
    )
    return Step(made, [told], others=[left])


def merge_fulfillment_order(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any) -> Step:
    """Other work of the same node becomes part of this one."""
    name = request.other_fulfillment_order_id
    other = next((one for one in order.fulfillment_orders if one.id == name), None)
    if other is None:
        detail = f"the order has no fulfilment order {name}"
        raise InvalidRequest(errors=[FieldError("/other_fulfillment_order_id", "unknown", detail)])
    both, gone, units = sharing.merge(work, other)
    told = FulfillmentOrderMerged(
        **work_ids(work), merged=other.id, lines=event_lines(other, units), reason=request.reason
    )
    return Step(both, [withdrawn_event(other, sharing.MERGED), told], others=[gone])


def move_fulfillment_order(runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: Any) -> Step:
    """Units of some work go to a named node."""
    units = None if request.lines is None else units_of(request.lines)
    return move(runtime, call, order, work, request.node_id, units, request.reason)


VERBS: Mapping[Reshaping, Verb] = {
    Reshaping.HOLD: hold_fulfillment_order,
    Reshaping.RELEASE_HOLD: release_hold_fulfillment_order,
    Reshaping.SPLIT: split_fulfillment_order,
    Reshaping.MERGE: merge_fulfillment_order,
    Reshaping.MOVE: move_fulfillment_order,
    Reshaping.RESCHEDULE: reschedule_fulfillment_order,
}


def _to_come(instant: datetime | None, now: datetime, pointer: str) -> str | None:
    """An instant that has still to come, as text; any other raises InvalidRequest."""
    if instant is None:
        return None
    if instant <= now:
        raise InvalidRequest(errors=[FieldError(pointer, "not_in_future", f"it is {format_instant(now)} already")])
    return format_instant(instant)
