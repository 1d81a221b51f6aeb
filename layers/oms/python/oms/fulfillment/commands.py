"""Taking a verb of the node protocol, which is one transaction on the order.

Stores, warehouses and suppliers send the same verbs over HTTP and over the integration bus.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial

from oms.fulfillment.finding import READ, WRITE, find_work, own_work
from oms.fulfillment.model import seconds_late
from oms.fulfillment.offers import acting_node
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.taking import answer_offer
from oms.fulfillment.verbs import VERBS
from oms.fulfillment.views import FulfillmentOrderView, work_view
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.dynamodb import Conflict
from oms.platform.ids import parent_id
from oms.platform.observability import logger, measured
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, Busy, OutOfStock, Problem
from oms.registry.segments import said

# Orders by tenant and id, as one batch of verbs has left them so far.
KnownOrders = dict[tuple[str, str], Order]
# The metric of how late work is against its promise, in seconds.
LATENESS = "PromiseLateness"


def command_name(action: Action) -> str:
    """The name under which a verb is recorded, such as `accept_fulfillment_order`."""
    return VERBS[action].__name__


def act(
    runtime: Runtime,
    call: Call,
    fulfillment_order_id: str,
    action: Action,
    request: ActionRequest,
    known: KnownOrders | None = None,
) -> Outcome:
    """Take one verb of the node protocol on a fulfilment order.

    The answer is a FulfillmentOrderView. `known` holds orders as the verbs before have left them, and takes this one.
    Raises NotFound for work that is not this caller's, ActionNotAvailable (or AlreadyDone) when the state forbids it,
    StaleVersion when If-Match was given and is not the order's version.
    """
    known = {} if known is None else known
    name = (call.tenant, parent_id("ord", fulfillment_order_id))
    left: Order | None = None

    def decide() -> Decision:
        nonlocal left
        # A known order is good for one attempt: its commit is held to its version, and its refusal is not believed.
        order = known.pop(name, None)
        if order is not None:
            with suppress(Problem):
                left, decision = _take(runtime, call, order, fulfillment_order_id, action, request)
                return decision
        order = load_order(runtime.database, *name)
        left, decision = _take(runtime, call, order, fulfillment_order_id, action, request)
        return decision

    with _counted(runtime, call, fulfillment_order_id, action, request):
        outcome = execute(runtime, call, decide, overtaken=_short_of_stock)
    if left is not None and not outcome.replayed:
        known[name] = left
        _measure(runtime, left, fulfillment_order_id, action, request)
    return outcome


def _counted(
    runtime: Runtime, call: Call, fulfillment_order_id: str, action: Action, request: ActionRequest
) -> AbstractContextManager[None]:
    """Where wrong pickup codes are noted: around a hand-over."""
    if action is not Action.HAND_OVER:
        return nullcontext()
    from oms.fulfillment.proving import wrong_codes_counted

    return wrong_codes_counted(runtime, call, fulfillment_order_id, request)


def _measure(runtime: Runtime, order: Order, fulfillment_order_id: str, action: Action, request: ActionRequest) -> None:
    """Tell how late work is against what was promised, when it leaves or is ready for the customer."""
    (work,) = (one for one in order.fulfillment_orders if one.id == fulfillment_order_id)
    if work.due_at is None or work.is_leg or action not in (Action.SHIP, Action.STAGE):
        return
    now = runtime.clock.now()
    late = seconds_late(work.due_at, format_instant(request.happened_at(now)))
    logger().info("promise measured", order_id=order.header.id, **measured(LATENESS, late, "Seconds", now))


def _short_of_stock(conflict: Conflict) -> Problem:
    """A node says that more left than was counted there: the count must be corrected first."""
    short = [said(write.key.pk.split("#", 3)[-1]) for write, _ in conflict.lost if write.table == "stock"]
    return OutOfStock(f"The stock of {', '.join(short)} at this node is less than what leaves.") if short else Busy()


def _take(
    runtime: Runtime,
    call: Call,
    before: Order | None,
    fulfillment_order_id: str,
    action: Action,
    request: ActionRequest,
) -> tuple[Order, Decision]:
    """The order after a verb, and the decision that makes it so."""
    order, work = own_work(before, call.principal, WRITE, fulfillment_order_id, call.expected_version)
    if work.is_activated:
        raise ActionNotAvailable("It is delivered by itself when it is paid for; no node does anything about it.")
    node_id = acting_node(work, call.principal.nodes)
    verb = VERBS[action]
    if work.is_leg and node_id == work.destination_node:
        if action is not Action.RECEIVE:
            raise ActionNotAvailable("The fulfilment order is on its way to this node: it can receive it.")
    elif node_id != work.node_id:
        verb = partial(answer_offer, node_id, action)
    elif action is Action.RECEIVE and call.principal.nodes and work.destination_node not in call.principal.nodes:
        raise ActionNotAvailable("Only the node that it goes to can receive it.")
    step = verb(runtime, call, order, work, request)
    if step.work.cartons:
        # Loaded for those who pack by cartons only: what was let go is in none of them.
        from oms.fulfillment.packing import fitted

        step = replace(step, work=fitted(step.work))
    if work.reclaimed:
        # Loaded where work was asked back: whatever its node does is an answer.
        from oms.fulfillment.reclaiming import gone_on

        step = gone_on(work, step)
    if work.arrival is not None:
        # Loaded for customers who have said that they come.
        from oms.fulfillment.serving import ended_wait

        change = ended_wait(runtime, call.tenant, work, step.work, call.principal.actor, call.correlation_id)
        if change is not None:
            step = replace(step, stock=[*step.stock, *change.writes], drafts=[*step.drafts, *change.events])
    after, writes, events = change_order(
        call.tenant,
        order,
        events=step.events,
        header=step.header,
        fulfillment_orders=[*step.others, step.work],
        shipments=step.shipments,
    )
    (left,) = (one for one in after.fulfillment_orders if one.id == step.work.id)
    now = format_instant(runtime.clock.now())
    seen_by = node_id if call.principal.nodes else None
    body = work_view(left, after.header.version, node_id=seen_by, now=now).model_dump()
    return after, Decision([*writes, *step.stock], [*events, *step.drafts], body=body)


def see_work(runtime: Runtime, principal: Principal, fulfillment_order_id: str) -> FulfillmentOrderView:
    """A fulfilment order as this caller sees it: as the node that has it, or as one that it is or was offered to."""
    order, work = find_work(runtime, principal, READ, fulfillment_order_id)
    now = format_instant(runtime.clock.now())
    node_id = acting_node(work, principal.nodes) if principal.nodes else None
    return work_view(work, order.header.version, node_id=node_id, now=now)
