"""A customer who is there is served: a task of the store with a timer, which ends when the goods are handed over."""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.fulfillment.deadlines import with_deadline, without_deadlines
from oms.fulfillment.model import (
    Arrival,
    ArrivalState,
    Deadline,
    DeadlineKind,
    DeadlineStep,
    Do,
    FulfillmentOrder,
    Status,
)
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.tasks.model import TaskKind, TaskState, new_task
from oms.tasks.reads import task_by_id, task_of
from oms.tasks.writes import TaskChange, task_done, task_opened

# Where somebody waits for the goods.
_THERE = frozenset({ArrivalState.AT_STORE, ArrivalState.AT_CURBSIDE})
# How the task ends: the customer has the goods, or they do not wait for the customer any more.
SERVED, NOT_WAITING = "handed_over", "not_waiting"


def with_arrival(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder, there: Arrival
) -> tuple[FulfillmentOrder, TaskChange | None]:
    """The work with where its customer is; with the first word that they are there, the store's task begins."""
    before = work.arrival.task_id if work.arrival else None
    if before is not None or there.state not in _THERE:
        return work.model_copy(update={"arrival": there.model_copy(update={"task_id": before})}), None
    now, cause = parse_instant(there.at), f"{work.id}#{order.header.version}"
    deadline = _deadline(work, now)
    task = new_task(
        *(tenant, TaskKind.CUSTOMER_ARRIVED, cause),
        node_id=work.node_id,
        subjects={**work_ids(work), **({"bay": there.bay} if there.bay else {})},
        reason=there.state.value.upper(),
        now=now,
        due_at=parse_instant(deadline.at) if deadline else None,
    )
    known = task_of(runtime.database, tenant, TaskKind.CUSTOMER_ARRIVED, cause)
    change = task_opened(tenant, task, known, correlation_id=order.header.correlation_id or None)
    noted = work.model_copy(update={"arrival": there.model_copy(update={"task_id": change.task.id})})
    return with_deadline(noted, deadline) if deadline else noted, change


def served(work: FulfillmentOrder) -> FulfillmentOrder:
    """Work of which goods were handed over; nobody waits for what is left of it, until somebody says so again."""
    if work.status is not Status.READY or work.arrival is None:
        return work
    return without_deadlines(work, DeadlineKind.ARRIVAL).model_copy(update={"arrival": None})


def ended_wait(
    runtime: Runtime,
    tenant: str,
    before: FulfillmentOrder,
    after: FulfillmentOrder,
    by: str,
    correlation_id: str | None = None,
) -> TaskChange | None:
    """The end of the store's task where the customer does not wait any more; None where there is none to end."""
    task_id = before.arrival.task_id if before.arrival else None
    if task_id is None or (after.status is Status.READY and after.arrival is not None):
        return None
    task = task_by_id(runtime.database, tenant, task_id)
    if task is None or task.state is not TaskState.OPEN:
        return None  # somebody said so before
    gone = any(line.shipped > before.line(line.line_no).shipped for line in after.lines)
    outcome, now = SERVED if gone else NOT_WAITING, runtime.clock.now()
    return task_done(tenant, task, outcome=outcome, by=by, now=now, correlation_id=correlation_id)


def _deadline(work: FulfillmentOrder, now: datetime) -> Deadline | None:
    """By when the goods are with a customer who is there; None where no rule says so."""
    timer = work.collection.arrival if work.collection else None
    if timer is None:
        return None
    steps = [(Do.REMIND, percent) for percent in timer.remind_percent]
    steps.append((Do.ESCALATE, timer.escalate_percent))
    return Deadline(
        kind=DeadlineKind.ARRIVAL,
        at=_at(now, timer.minutes, 100),
        steps=tuple(DeadlineStep(do=do, at=_at(now, timer.minutes, percent)) for do, percent in steps),
    )


def _at(now: datetime, minutes: int, percent: int) -> str:
    # Minutes of the clock: whoever waits at the counter does not count when it is open.
    return format_instant(now + timedelta(seconds=minutes * 60 * percent // 100))
