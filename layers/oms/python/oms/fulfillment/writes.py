"""What an order's own commands change of the work of nodes: units that are taken out, or asked for.

Pure builders, for the transaction of the order. Each answers with the work as it is then and the fact to be recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from oms.fulfillment.events import (
    EventLine,
    FulfillmentOrderCancellationRequested,
    FulfillmentOrderCancelled,
    FulfillmentOrderWithdrawn,
)
from oms.fulfillment.lines import recalled
from oms.fulfillment.model import Answer, FulfillmentOrder, Status, WorkLine
from oms.fulfillment.protocol import TRANSITIONS, Action, accept_cancellation, cancel, reject, request_cancellation
from oms.platform.problems import ActionNotAvailable


def may_cancel(work: FulfillmentOrder) -> bool:
    """Whether units of the work can be cancelled at once: no node has taken it."""
    return work.status in TRANSITIONS[Action.CANCEL]


def may_ask(work: FulfillmentOrder) -> bool:
    """Whether the work is in the hands of a node, which must be asked."""
    return work.status in TRANSITIONS[Action.REQUEST_CANCELLATION]


def cancel_units(
    work: FulfillmentOrder, quantities: Mapping[int, int]
) -> tuple[FulfillmentOrder, FulfillmentOrderCancelled]:
    """Work that no node has taken, without some units."""
    after = cancel(work, quantities)
    lines = moved(work, after, attrgetter("cancelled"))
    return after, FulfillmentOrderCancelled(**work_ids(work), lines=lines, nothing_left=after.is_closed)


def recall_units(
    leg: FulfillmentOrder, quantities: Mapping[int, int]
) -> tuple[FulfillmentOrder, FulfillmentOrderCancelled]:
    """A leg without some units that are on their way: when they arrive, they are no order's any more."""
    lines = tuple(recalled(line, quantities.get(line.line_no, 0)) for line in leg.lines)
    told = FulfillmentOrderCancelled(**work_ids(leg), lines=event_lines(leg, quantities), nothing_left=False)
    return leg.model_copy(update={"lines": lines}), told


def ask_for_units(
    work: FulfillmentOrder, quantities: Mapping[int, int], reason: str
) -> tuple[FulfillmentOrder, FulfillmentOrderCancellationRequested]:
    """Work whose node is asked to let go of some units."""
    after = request_cancellation(work, quantities, reason)
    lines = event_lines(work, quantities)
    return after, FulfillmentOrderCancellationRequested(**work_ids(work), lines=lines, reason=reason)


def let_go(
    work: FulfillmentOrder, quantities: Mapping[int, int], reason: str
) -> tuple[FulfillmentOrder, FulfillmentOrderCancelled]:
    """Work without units that its node holds for nobody any more: what it is asked for, it lets go of at once.

    It is told to put them back. What it was asked for before goes, too.
    """
    asked = request_cancellation(work, quantities, reason) if quantities else work
    after = accept_cancellation(asked, None)
    lines = moved(work, after, attrgetter("cancelled"))
    return after, FulfillmentOrderCancelled(**work_ids(work), lines=lines, nothing_left=after.is_closed)


def withdraw(work: FulfillmentOrder, reason: str) -> tuple[FulfillmentOrder, FulfillmentOrderWithdrawn]:
    """Work that is taken from a node before it has said anything, or has even heard of it."""
    heard = work.model_copy(update={"status": Status.OPEN}) if work.status is Status.SCHEDULED else work
    gone = reject(heard, reason)
    if work.reclaimed and work.cancel_request is not None:
        # It was asked, and its silence is consent.
        consent = work.cancel_request.model_copy(update={"answer": Answer.ACCEPTED})
        gone = gone.model_copy(update={"cancel_request": consent})
    return gone, FulfillmentOrderWithdrawn(**work_ids(work), reason=reason)


def may_be_replaced(work: FulfillmentOrder) -> bool:
    """Whether a node has the work and has not said or done anything about it."""
    return work.status is Status.OPEN and not work.asked and not any(line.picked or line.shipped for line in work.lines)


def give_way(work: FulfillmentOrder, reason: str) -> tuple[FulfillmentOrder, FulfillmentOrderWithdrawn]:
    """Work that its node has not accepted and that a better plan takes over: the node has not given it up."""
    if not may_be_replaced(work):
        raise ActionNotAvailable(f"The fulfilment order is {work.status.value}; nothing takes it over any more.")
    lines = tuple(line.model_copy(update={"replaced": line.replaced + line.remaining}) for line in work.lines)
    gone = work.model_copy(update={"lines": lines, "status": Status.REPLACED, "replaced_reason": reason})
    return gone, withdrawn_event(work, reason)


def withdrawn_event(work: FulfillmentOrder, reason: str) -> FulfillmentOrderWithdrawn:
    """What a node is told of work that it has not got any more."""
    return FulfillmentOrderWithdrawn(**work_ids(work), reason=reason)


def work_ids(work: FulfillmentOrder) -> dict[str, str]:
    """The ids that every event of some work names."""
    return {"order_id": work.order_id, "fulfillment_order_id": work.id, "node_id": work.node_id}


def moved(before: FulfillmentOrder, after: FulfillmentOrder, count: Callable[[WorkLine], int]) -> tuple[EventLine, ...]:
    """By how many units a count of each line has grown, where it has."""
    return event_lines(
        before,
        {now.line_no: count(now) - count(was) for was, now in zip(before.lines, after.lines, strict=True)},
    )


def event_lines(work: FulfillmentOrder, quantities: Mapping[int, int]) -> tuple[EventLine, ...]:
    """Units per line as events name them."""
    return tuple(
        EventLine(line_no=line.line_no, sku=line.sku, quantity=quantities[line.line_no])
        for line in work.lines
        if quantities.get(line.line_no, 0) > 0
    )
