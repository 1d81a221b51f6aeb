"""Receiving a leg: in the transaction that puts units on hand at a node, they become part of its work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from oms.fulfillment import holds
from oms.fulfillment.events import EventLine, FulfillmentOrderReceived
from oms.fulfillment.lines import arrived
from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.fulfillment.protocol import Action, AlreadyDone, require
from oms.fulfillment.request import ActionRequest, Discrepancy, ReceiveRequest, units_of
from oms.fulfillment.step import Step
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
    """Units of a leg have arrived; they are nobody else's for a moment. Lost and damaged ones are open again.

    What came beyond what was sent belongs to nobody. Whatever is not as it was sent is a task of the node that sent it.
    """
    said = request if isinstance(request, ReceiveRequest) else ReceiveRequest()
    wrong = {"lost": said.lost or (), "damaged": said.damaged or (), "over": said.over or ()}
    lost, damaged, over = (units_of(one) for one in wrong.values())
    reasons = _reasons(request, wrong)
    if any(line.under_way for line in work.lines):
        for line_no, units in damaged.items():
            _require_under_way(work.line(line_no), units, "/damaged")
    leg, came = receive(work, request.quantities, summed_units(lost, damaged), next(iter(reasons.values()), None))
    _require_all_there(leg, over)
    changes = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=runtime.clock.now())
    there = work.destination_node or ""
    for sku, units in order.stock_of(came.onward).items():
        changes.receive_allocated(sku, there, units)
    for sku, units in order.stock_of(summed_units(came.unwanted, over)).items():
        changes.receive(sku, there, units)
    for sku, units in order.stock_of(damaged).items():
        changes.receive_damaged(sku, there, units)
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
        lost=_named(work, lost),
        damaged=_named(work, damaged),
        over=_named(work, over),
        reason=next(iter(reasons.values()), None),
        onward=onward.id if onward else None,
        begins_work=is_new,
    )
    step = Step(leg, [told], stock=changes.writes(), others=[onward] if onward else [])
    return _with_task(runtime, call, order, work, step, reasons) if reasons else step


def _reasons(request: ActionRequest, wrong: Mapping[str, Sequence[Discrepancy]]) -> dict[str, str]:
    """Why something was lost, damaged or over, each by the first of its reasons; all must have one."""
    found: dict[str, str] = {}
    for name, units in wrong.items():
        for number, one in enumerate(units):
            reason = one.reason or request.reason
            if not reason:
                pointer = "/reason" if name == "lost" else f"/{name}/{number}/reason"
                detail = f"units that are {name} need a reason"
                raise InvalidRequest(errors=[FieldError(pointer, "required", detail)])
            found.setdefault(name, reason)
    return found


def _require_all_there(leg: FulfillmentOrder, over: Mapping[int, int]) -> None:
    """Refuse units beyond those that were sent while some that were sent are still to come."""
    for line_no in over:
        if leg.line(line_no).under_way:
            detail = f"line {line_no} has {leg.line(line_no).under_way} units on their way; these come first"
            raise InvalidRequest(errors=[FieldError("/over", "not_over", detail)])


def _with_task(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, step: Step, reasons: Mapping[str, str]
) -> Step:
    """The step with a task of the node that sent it, to look what happened."""
    # Loaded where something is not as it was sent.
    from oms.tasks.model import TaskKind, new_task
    from oms.tasks.writes import task_opened

    kind, cause = TaskKind.TRANSFER_DISCREPANCY, f"{work.id}#{order.next_change}"
    subjects = {
        "order_id": work.order_id,
        "fulfillment_order_id": work.id,
        "destination_node": work.destination_node or "",
        **reasons,
    }
    task = new_task(
        call.tenant,
        kind,
        cause,
        node_id=work.node_id,
        subjects=subjects,
        reason="_".join(reasons),
        now=runtime.clock.now(),
    )
    # The change of the order is the cause, and it is made once; so is its task.
    opened = task_opened(call.tenant, task, None, correlation_id=order.header.correlation_id or None)
    return replace(step, stock=[*step.stock, *opened.writes], drafts=opened.events)


def summed_units(first: Mapping[int, int], second: Mapping[int, int]) -> dict[int, int]:
    """Units per line number of both together."""
    return {n: first.get(n, 0) + second.get(n, 0) for n in {**first, **second}}


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
    if leg.status is Status.INCOMPLETE and any(line.received for line in leg.lines):
        raise AlreadyDone("All that has left has been received.")
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
