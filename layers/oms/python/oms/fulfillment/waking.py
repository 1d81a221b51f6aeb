"""What a workflow does when its wait is over: what is due about the work is done, and it is told how long to wait on.

Steps are taken in one transaction, each once: a reminder to the node, then customer care gets a task; or the customer
is reminded, and what nobody collects is given up. Re-routing is the workflow's own next state, and is asked for at
every wake from its time on, for what others have may change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from oms.fulfillment.collection_events import FulfillmentOrderCollectionDue
from oms.fulfillment.deadlines import due_steps, has_expired, wait_seconds, wants_rerouting, with_done
from oms.fulfillment.escalating import escalated, note_overdue
from oms.fulfillment.events import FulfillmentOrderReminded
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.model import Deadline, Do, FulfillmentOrder
from oms.fulfillment.promise_events import FulfillmentOrderPromiseAtRisk
from oms.fulfillment.promising import lines_at_risk
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.platform.clock import parse_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.principal import system_principal
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import task_of
from oms.tasks.writes import TaskChange, task_opened

COMMAND = "take_due_deadlines"
# What comes after it in the workflow.
WAIT_ON, REROUTE = "WAIT_ON", "REROUTE"
Taken = tuple[FulfillmentOrder, list[EventData]]


def take_due_deadlines(runtime: Runtime, tenant: str, fulfillment_order_id: str) -> dict[str, object]:
    """Take the steps of the work that are due, and answer what comes `then` and how many `wait_seconds` after it.

    Where nothing is due, as after a step that the work has overtaken, nothing is written. Raises NotFound for unknown
    work.
    """
    now = runtime.clock.now()
    _, work = find_work(runtime, system_principal(tenant, COMMAND), WRITE, fulfillment_order_id)
    if has_expired(work, now):
        # Loaded with the first goods that nobody collects: giving them up moves stock and money.
        from oms.fulfillment.keeping import expire_collection

        work = expire_collection(runtime, tenant, work)
    if not work.is_closed and due_steps(work, now):
        work = _taken(runtime, tenant, work, now)
    then = REROUTE if not work.is_closed and wants_rerouting(work, now) else WAIT_ON
    return {"fulfillment_order_id": work.id, "then": then, "wait_seconds": wait_seconds(work, now)}


def _taken(runtime: Runtime, tenant: str, work: FulfillmentOrder, now: datetime) -> FulfillmentOrder:
    # The steps name the call: the same ones are taken once, however often a wait ends.
    named = repr([(deadline.kind.value, step.do.value, step.at) for deadline, step in due_steps(work, now)])
    call = call_from_workflow(COMMAND, tenant, f"{work.id}#{hashlib.sha256(named.encode()).hexdigest()[:32]}")
    overdue = False

    def decide() -> Decision:
        nonlocal work, overdue
        order, work = find_work(runtime, call.principal, WRITE, work.id)
        told: list[EventData] = []
        steps = [] if work.is_closed else due_steps(work, now)
        overdue = any(step.do is Do.ESCALATE for _, step in steps)
        tasks: list[TaskChange] = []
        for kind, step in [(deadline.kind, step) for deadline, step in steps]:
            # As the steps before have left it.
            deadline = next(one for one in work.deadlines or () if one.kind is kind)
            work, events = ACTS[step.do](order, with_done(work, deadline, step), deadline)
            told += events
            if step.do in _TASKS:
                tasks.append(_task(runtime, tenant, order, work, deadline, step.do, now))
        if not told:
            return Decision([], body={"fulfillment_order_id": work.id})
        _, writes, drafts = change_order(tenant, order, events=told, fulfillment_orders=[work])
        writes += [write for one in tasks for write in one.writes]
        drafts += [draft for one in tasks for draft in one.events]
        return Decision(writes, drafts, body={"fulfillment_order_id": work.id})

    outcome = execute(runtime, call, decide)
    if outcome.replayed:
        _, work = find_work(runtime, call.principal, WRITE, work.id)
    elif overdue:
        note_overdue(work, now)
    return work


def _task(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder, deadline: Deadline, do: Do, now: datetime
) -> TaskChange:
    """The task of customer care to look after work that is overdue, or will not be done as was promised."""
    kind, ending = _TASKS[do]
    cause = f"{work.id}#{deadline.kind.value}"
    task = new_task(
        *(tenant, kind, cause),
        node_id=None,
        subjects=work_ids(work),
        reason=f"{deadline.kind.value}_{ending}",
        now=now,
        due_at=parse_instant(deadline.at),
    )
    before = task_of(runtime.database, tenant, kind, cause)
    return task_opened(tenant, task, before, correlation_id=order.header.correlation_id or None)


def _reminded(order: Order, work: FulfillmentOrder, deadline: Deadline) -> Taken:
    told = FulfillmentOrderReminded(**work_ids(work), deadline=deadline.kind.value, due_at=deadline.at)
    return work, [told]


def _escalated(order: Order, work: FulfillmentOrder, deadline: Deadline) -> Taken:
    return escalated(work, f"{deadline.kind.value}_OVERDUE")


def _customer_reminded(order: Order, work: FulfillmentOrder, deadline: Deadline) -> Taken:
    return work, [FulfillmentOrderCollectionDue(**work_ids(work), pickup_by=deadline.at)]


def _warned(order: Order, work: FulfillmentOrder, deadline: Deadline) -> Taken:
    told = FulfillmentOrderPromiseAtRisk(
        **work_ids(work),
        external_id=order.header.external_id,
        due_at=deadline.at,
        next_at=deadline.next_at,
        lines=lines_at_risk(order, work, deadline),
    )
    return work, [told]


# What each step does to the work, and what is told of it.
ACTS: Mapping[Do, Callable[[Order, FulfillmentOrder, Deadline], Taken]] = {
    Do.REMIND: _reminded,
    Do.ESCALATE: _escalated,
    Do.REMIND_CUSTOMER: _customer_reminded,
    Do.WARN: _warned,
}
# Which of them are a task of customer care, and how its reason ends.
_TASKS: Mapping[Do, tuple[TaskKind, str]] = {
    Do.ESCALATE: (TaskKind.WORK_OVERDUE, "OVERDUE"),
    Do.WARN: (TaskKind.PROMISE_AT_RISK, "AT_RISK"),
}
