"""Taking a verb of the node protocol, and our own escalation. Each is one transaction on the order.

Stores, warehouses and suppliers send the same verbs over HTTP and over the integration bus.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from oms.fulfillment.events import FulfillmentOrderEscalated
from oms.fulfillment.holds import is_in_time
from oms.fulfillment.model import CAPTURE_FAILED, FulfillmentOrder, Status, seconds_late
from oms.fulfillment.offers import TIMED_OUT, acting_node, offer_ended
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ActionRequest
from oms.fulfillment.taking import answer_offer
from oms.fulfillment.verbs import VERBS
from oms.fulfillment.views import FulfillmentOrderView, work_view
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.orders.store import load_order, partition
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.observability import logger, measured
from oms.platform.principal import Principal, authorize
from oms.platform.problems import ActionNotAvailable, Busy, NotFound, OutOfStock, Problem, StaleVersion
from oms.platform.writes import Value
from oms.registry.segments import said

# Orders by tenant and id, as one batch of verbs has left them so far.
KnownOrders = dict[tuple[str, str], Order]
# The metric of how late work is against its promise, in seconds.
LATENESS = "PromiseLateness"
# The permissions to see the work of nodes, and to do it.
READ, WRITE = "fulfillment.read", "fulfillment.write"


class _InTime(Exception):
    """Nobody needs to look at the work yet. It is not recorded: the same is asked again when it is late."""


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

    outcome = execute(runtime, call, decide, overtaken=_short_of_stock)
    if left is not None and not outcome.replayed:
        known[name] = left
        _measure(runtime, left, fulfillment_order_id, action, request)
    return outcome


def _measure(runtime: Runtime, order: Order, fulfillment_order_id: str, action: Action, request: ActionRequest) -> None:
    """Tell how late work is against what was promised, when it leaves or is ready for the customer."""
    (work,) = (one for one in order.fulfillment_orders if one.id == fulfillment_order_id)
    if work.due_at is None or work.is_leg or action not in (Action.SHIP, Action.STAGE):
        return
    now = runtime.clock.now()
    late = seconds_late(work.due_at, format_instant(request.occurred_at or now))
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
    order, work = _own_work(before, call.principal, WRITE, fulfillment_order_id, call.expected_version)
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
    return after, Decision([*writes, *step.stock], events, body=body)


def escalate_fulfillment_order(runtime: Runtime, call: Call, fulfillment_order_id: str, reason: str) -> Outcome:
    """Note that a person must look at this work, and say so once. It is the end of an offer that nobody has taken.

    Not when only the time of an offer is over, and a node has the work: it may still be late.
    """
    said: dict[str, Value] = {"fulfillment_order_id": fulfillment_order_id, "reason": reason}

    def decide() -> Decision:
        order, work = find_work(runtime, call.principal, WRITE, fulfillment_order_id)
        if reason == TIMED_OUT and is_in_time(work, runtime.clock.now()):
            raise _InTime
        # Of money that was refused somebody knows until the end, or its workflow would ask for it in a circle.
        kept = CAPTURE_FAILED if work.escalated_reason == CAPTURE_FAILED else reason
        noted = work.model_copy(update={"escalated_reason": kept})
        told: list[EventData] = [FulfillmentOrderEscalated(**work_ids(work), reason=reason)]
        if work.offered_to:
            noted, over = offer_ended(noted, TIMED_OUT)
            # Before it was released nobody had heard of it.
            told += over if work.status is Status.OPEN else []
        _, writes, events = change_order(call.tenant, order, events=told, fulfillment_orders=[noted])
        return Decision(writes, events, body=said)

    try:
        return execute(runtime, call, decide)
    except _InTime:
        return Outcome(200, said)


def find_work(
    runtime: Runtime, principal: Principal, permission: str, fulfillment_order_id: str
) -> tuple[Order, FulfillmentOrder]:
    """A fulfilment order this caller may see or change, with its order; unknown or somebody else's raises NotFound."""
    order = load_order(runtime.database, principal.tenant, parent_id("ord", fulfillment_order_id))
    return _own_work(order, principal, permission, fulfillment_order_id)


def see_work(runtime: Runtime, principal: Principal, fulfillment_order_id: str) -> FulfillmentOrderView:
    """A fulfilment order as this caller sees it: as the node that has it, or as one that it is or was offered to."""
    order, work = find_work(runtime, principal, READ, fulfillment_order_id)
    now = format_instant(runtime.clock.now())
    node_id = acting_node(work, principal.nodes) if principal.nodes else None
    return work_view(work, order.header.version, node_id=node_id, now=now)


def _own_work(
    order: Order | None,
    principal: Principal,
    permission: str,
    fulfillment_order_id: str,
    expected_version: int | None = None,
) -> tuple[Order, FulfillmentOrder]:
    found = [work for work in order.fulfillment_orders if work.id == fulfillment_order_id] if order else []
    try:
        if order is None or not found:
            raise NotFound()
        node_id = acting_node(found[0], principal.nodes)
        authorize(principal, permission, partition(principal.tenant, order.header.id), node=node_id)
    except NotFound as hidden:
        # The same answer for both, so that nobody learns what others have.
        raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.") from hidden
    if expected_version is not None and expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order, found[0]
