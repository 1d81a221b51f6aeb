"""Putting work in front of a person, which is one transaction on its order.

It stands apart from the verbs of nodes, so that a function which only tells of work does not load what they move.
"""

from __future__ import annotations

from datetime import datetime

from oms.fulfillment.events import FulfillmentOrderEscalated
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.holds import is_in_time
from oms.fulfillment.model import CAPTURE_FAILED, FulfillmentOrder, Status
from oms.fulfillment.offers import TIMED_OUT, offer_ended
from oms.fulfillment.writes import work_ids
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.observability import counted, logger
from oms.platform.writes import Value

# The metric of work that its node has not done in time.
OVERDUE = "WorkOverdue"
RELEASE_FAILED = "RELEASE_FAILED"  # why work is escalated that could not be handed over, again and again


class _InTime(Exception):
    """Nobody needs to look at the work yet. It is not recorded: the same is asked again when it is late."""


def escalate(runtime: Runtime, tenant: str, fulfillment_order_id: str, reason: str) -> dict[str, object]:
    """Put work in front of a person, once per reason."""
    call = call_from_workflow("escalate_fulfillment_order", tenant, f"{fulfillment_order_id}#{reason}")
    return dict(escalate_fulfillment_order(runtime, call, fulfillment_order_id, reason).body)


def escalate_fulfillment_order(runtime: Runtime, call: Call, fulfillment_order_id: str, reason: str) -> Outcome:
    """Note that a person must look at this work, and say so once. It is the end of an offer that nobody has taken.

    Not when only the time of an offer is over, and a node has the work: it may still be late.
    """
    said: dict[str, Value] = {"fulfillment_order_id": fulfillment_order_id, "reason": reason}
    late: FulfillmentOrder | None = None

    def decide() -> Decision:
        nonlocal late
        order, work = find_work(runtime, call.principal, WRITE, fulfillment_order_id)
        if reason == TIMED_OUT and is_in_time(work, runtime.clock.now()):
            raise _InTime
        noted, told = escalated(work, reason)
        if work.offered_to:
            noted, over = offer_ended(noted, TIMED_OUT)
            # Before it was released nobody had heard of it.
            told += over if work.status is Status.OPEN else []
        late = work
        _, writes, events = change_order(call.tenant, order, events=told, fulfillment_orders=[noted])
        if work.is_activated and not work.is_closed and reason == RELEASE_FAILED:
            # Loaded for what is activated only.
            from oms.fulfillment.not_activated import activation_task

            change = activation_task(runtime, call.tenant, order, work)
            writes, events = [*writes, *change.writes], [*events, *change.events]
        return Decision(writes, events, body=said)

    try:
        outcome = execute(runtime, call, decide)
    except _InTime:
        return Outcome(200, said)
    if reason == TIMED_OUT and late is not None and not outcome.replayed:
        note_overdue(late, runtime.clock.now())
    return outcome


def escalated(work: FulfillmentOrder, reason: str) -> tuple[FulfillmentOrder, list[EventData]]:
    """The work with the reason for which a person must look at it, and the fact of it.

    Of money that was refused somebody knows until the end, or its workflow would ask for it in a circle.
    """
    kept = CAPTURE_FAILED if work.escalated_reason == CAPTURE_FAILED else reason
    noted = work.model_copy(update={"escalated_reason": kept})
    return noted, [FulfillmentOrderEscalated(**work_ids(work), reason=reason)]


def note_overdue(work: FulfillmentOrder, now: datetime) -> None:
    """Count work that its node has not done in time, by node."""
    counted_here = counted(OVERDUE, now, by={"node": work.node_id})
    logger().info("work overdue", fulfillment_order_id=work.id, **counted_here)
