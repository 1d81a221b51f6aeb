"""Where the fulfilment workflow and the work of a node meet: release, wait, and the answer that ends the wait.

The workflow's token is stored with the work in the order's own version history. Whichever comes second, the token or
the node's answer, sees the other and continues the workflow, so no answer is lost and none is needed twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from oms.fulfillment.deadlines import next_deadline, next_wake
from oms.fulfillment.events import FulfillmentOrderAwaited
from oms.fulfillment.finding import READ, WRITE, find_work
from oms.fulfillment.holds import is_over, is_paid, is_waiting
from oms.fulfillment.model import CAPTURE_FAILED, Deadline, FulfillmentOrder, Outcome, Status
from oms.fulfillment.offers import released_event
from oms.fulfillment.protocol import Action, require
from oms.fulfillment.purchases import with_purchase
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.reshape import with_time_to_answer, without_what_is_over
from oms.fulfillment.reshape_events import FulfillmentOrderHoldReleased
from oms.fulfillment.service_levels import KIND, ServiceLevels, deadlines_for
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order, payment_status
from oms.orders.writes import change_order, unfinished_write
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.effects import TransientFailure
from oms.platform.events import EventData
from oms.platform.principal import system_principal
from oms.platform.problems import ActionNotAvailable
from oms.registry.reads import known_nodes
from oms.rulesets.reads import live_rules

if TYPE_CHECKING:
    from oms.fulfillment.asking_providers import Providers

Continue = Callable[[str, Outcome], bool]
# Longer than any wait overshoots what it was to end at. Where clocks differ by more, a wait that was set is too long
# again and again, so it ends early only so often.
_SLACK, _MOST_WAKES = timedelta(seconds=120), 2


def release_fulfillment_order(
    runtime: Runtime,
    continue_workflow: Continue,
    tenant: str,
    fulfillment_order_id: str,
    task_token: str,
    first_wait_seconds: int | None = None,
    wait_seconds: int | None = None,
    providers: Providers | None = None,
) -> None:
    """Give the work to its node, unless the node has it already or must not begin, and note who waits for the answer.

    With the work stand its deadlines from now on. Work whose answer is already there continues its workflow at once,
    as does work with a deadline before the end of a first wait of so many seconds, or whose time has changed and comes
    before the end of a later one of so many `wait_seconds`; digital work is done here and now,
    with `providers` of activations. Raises ActionNotAvailable when the order's money is not secured, TransientFailure
    while something of digital work cannot be activated.
    """
    key = f"{fulfillment_order_id}#{hashlib.sha256(task_token.encode()).hexdigest()[:32]}"
    call = call_from_workflow("release_fulfillment_order", tenant, key)

    left: tuple[Order, FulfillmentOrder] | None = None

    def decide() -> Decision:
        nonlocal left
        order, work = find_work(runtime, call.principal, WRITE, fulfillment_order_id)
        left = order, work
        if work.is_closed:
            return Decision([], body={"fulfillment_order_id": work.id})
        now = runtime.clock.now()
        released, told = _released(order, work, now)
        released, bought = with_purchase(runtime, tenant, order, released)
        until = now + timedelta(seconds=first_wait_seconds or wait_seconds or work.timeout_seconds)
        wait = {"waits_since": format_instant(now), "waits_until": format_instant(until)}
        waiting = released.model_copy(update={"task_token": task_token, **wait})
        if waiting.deadlines is None and waiting.method != "digital" and not waiting.is_paused:
            due = _deadlines(runtime, tenant, waiting, now)
            waiting = waiting.model_copy(update={"deadlines": due})
        if _wakes_too_late(waiting):
            waiting = waiting.model_copy(update={"woken": waiting.woken + 1})
        after, writes, drafts = change_order(tenant, order, events=[*told, *bought], fulfillment_orders=[waiting])
        left = after, waiting
        return Decision(writes, drafts, body={"fulfillment_order_id": work.id})

    outcome = execute(runtime, call, decide)
    if left is None or outcome.replayed:
        left = find_work(runtime, call.principal, WRITE, fulfillment_order_id)
    digital = _deliver_digital(runtime, providers, tenant, left[1])
    if digital != "not_digital":
        left = find_work(runtime, call.principal, WRITE, fulfillment_order_id)
    # An answer that came before the token is in the order that took the token; a later one finds the token.
    told = _tell(runtime, continue_workflow, tenant, task_token, *left)
    if told is None and digital == "open":
        raise TransientFailure(f"Not all of {fulfillment_order_id} could be activated.")
    if told is None and first_wait_seconds is not None:
        now = runtime.clock.now()
        due = next_deadline(left[1], now)
        if due is not None and due < now + timedelta(seconds=first_wait_seconds):
            continue_workflow(task_token, Outcome.DUE_EARLIER)


def resume_fulfillment(
    runtime: Runtime, continue_workflow: Continue, tenant: str, fulfillment_order_id: str
) -> tuple[Outcome | None, Order]:
    """Tell the waiting workflow what became of its work; answers the outcome, perhaps none yet, and the order."""
    order, work = find_work(runtime, system_principal(tenant, "resume_fulfillment"), READ, fulfillment_order_id)
    told = _tell(runtime, continue_workflow, tenant, work.task_token, order, work)
    if told is None and work.status is Status.READY and work.task_token and next_deadline(work, runtime.clock.now()):
        # The wait for the node may be longer than the customer has time to collect.
        continue_workflow(work.task_token, Outcome.DUE_EARLIER)
    return told, order


def _tell(
    runtime: Runtime,
    continue_workflow: Continue,
    tenant: str,
    task_token: str | None,
    order: Order,
    work: FulfillmentOrder,
) -> Outcome | None:
    outcome = outcome_of(order, work)
    if outcome is None or (task_token is not None and continue_workflow(task_token, outcome)):
        return outcome
    if _is_owed(order, work):
        # Its run may have ended before this left, or not have begun yet: then nobody but the sweeper takes the money.
        runtime.database.commit([unfinished_write(tenant, order)])
    return outcome


_ENDS = {
    Status.COMPLETED: Outcome.SHIPPED,
    Status.REJECTED: Outcome.REJECTED,
    Status.CANCELLED: Outcome.CANCELLED,
    Status.INCOMPLETE: Outcome.INCOMPLETE,
    # There is nothing left to do for this node; the work that replaced it has a workflow of its own.
    Status.REPLACED: Outcome.CANCELLED,
}


def outcome_of(order: Order, work: FulfillmentOrder) -> Outcome | None:
    """What the workflow has to deal with next, or nothing yet.

    Money that could not be taken and of which a person knows waits for the end of the work, so that nothing runs in a
    circle.
    """
    if work.status in _ENDS:
        return _ENDS[work.status]
    if work.escalated_reason != CAPTURE_FAILED and _is_owed(order, work):
        return Outcome.PARTIALLY_SHIPPED
    return Outcome.DUE_EARLIER if _wakes_too_late(work) and work.woken <= _MOST_WAKES else None


def _wakes_too_late(work: FulfillmentOrder) -> bool:
    """Whether the workflow of work that was on hold or rescheduled sleeps longer than the work is to be left alone.

    Work that was just given back to its node gets its deadlines when its workflow looks at it. What comes shortly
    before the end of a wait does not end it.
    """
    if not work.was_deferred or work.waits_since is None or work.waits_until is None:
        return False
    if work.status is Status.OPEN and work.deadlines is None:
        return True
    due = next_wake(work, parse_instant(work.waits_since))
    return due is not None and due + _SLACK < parse_instant(work.waits_until)


def _is_owed(order: Order, work: FulfillmentOrder) -> bool:
    """Whether money for what left with this work is still to be taken."""
    return any(
        capture.is_owed
        for shipment in order.taking
        if shipment.fulfillment_order_id == work.id
        for capture in shipment.captures
    )


def _released(order: Order, work: FulfillmentOrder, now: datetime) -> tuple[FulfillmentOrder, list[EventData]]:
    """The work in its node's hands, and the facts of it: it is given now, or a workflow waits for it once more.

    Work on hold is given when its holds are over, and when nothing is to come for it or its deadline has passed.
    """
    work, over = without_what_is_over(work, now)
    told: list[EventData] = []
    if over:
        numbers = tuple(one.hold_no for one in over)
        gone = FulfillmentOrderHoldReleased(
            **work_ids(work), hold_nos=numbers, holds_left=len(work.holds), expired=True
        )
        told.append(gone)
    held = work.status is Status.ON_HOLD and is_waiting(order, work) and not is_over(work, now)
    if held or work.is_paused or work.status not in (Status.SCHEDULED, Status.ON_HOLD):
        return work, [*told, FulfillmentOrderAwaited(**work_ids(work))]
    require(work, Action.RELEASE)
    if not is_paid(order, work):
        raise ActionNotAvailable(f"The order is {payment_status(order).value}; unpaid work is not released.")
    opened = work.model_copy(update={"status": Status.OPEN})
    if work.status is Status.ON_HOLD or work.was_deferred:
        opened = with_time_to_answer(opened, now)
    if opened.offered_to and opened.offer_seconds is not None:
        until = now + timedelta(seconds=opened.offer_seconds)
        opened = opened.model_copy(update={"respond_by": format_instant(until)})
    return opened, [*told, released_event(order.header, opened)]


def _deadlines(runtime: Runtime, tenant: str, work: FulfillmentOrder, now: datetime) -> tuple[Deadline, ...]:
    """What the work has to meet by the service levels that hold now; nothing else is read where there are none."""
    live = live_rules(runtime.database, tenant, KIND, ServiceLevels)
    levels = [level for one in live for level in one.content.levels]
    if not levels:
        return ()
    nodes = known_nodes(runtime.database, tenant, now, named=[work.node_id])
    begins = now if work.hold_until is None or work.is_leg else max(now, parse_instant(work.hold_until))
    return deadlines_for(work, nodes.get(work.node_id), levels, begins)


def _deliver_digital(
    runtime: Runtime, providers: Providers | None, tenant: str, work: FulfillmentOrder
) -> Literal["not_digital", "delivered", "open"]:
    """Work that needs no node is done as soon as its money is secured: whether this is such work, and done now."""
    if work.method != "digital" or work.is_closed:
        return "not_digital"
    if work.is_activated and providers is not None:
        from oms.fulfillment.activating import deliver_activated

        return "delivered" if deliver_activated(runtime, providers, tenant, work.id) else "open"
    # Loaded for such work only, which no node does.
    from oms.fulfillment.commands import act

    call: Call = call_from_workflow("ship_fulfillment_order", tenant, f"{work.id}#deliver")
    act(runtime, call, work.id, Action.SHIP, ActionRequest())
    return "delivered"
