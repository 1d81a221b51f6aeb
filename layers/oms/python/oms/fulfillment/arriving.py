"""A customer who comes to collect says where they are; the node is told, and one transaction notes it on the work."""

from __future__ import annotations

from collections.abc import Mapping

from oms.fulfillment.collection_events import FulfillmentOrderArrival
from oms.fulfillment.model import COUNTER_METHODS, Arrival, ArrivalState, FulfillmentOrder, Status
from oms.fulfillment.protocol import AlreadyDone
from oms.fulfillment.request import ArrivalRequest
from oms.fulfillment.views import work_view
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.orders.store import load_order, partition
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.ids import parent_id
from oms.platform.principal import authorize
from oms.platform.problems import ActionNotAvailable, NotFound, StaleVersion

# Where a customer may be next; whoever is there is not on the way any more.
TRANSITIONS: Mapping[ArrivalState | None, frozenset[ArrivalState]] = {
    None: frozenset(ArrivalState),
    ArrivalState.IN_TRANSIT: frozenset(ArrivalState),
    ArrivalState.AT_STORE: frozenset({ArrivalState.AT_STORE, ArrivalState.AT_CURBSIDE}),
    ArrivalState.AT_CURBSIDE: frozenset({ArrivalState.AT_STORE, ArrivalState.AT_CURBSIDE}),
}


def note_arrival(runtime: Runtime, call: Call, fulfillment_order_id: str, request: ArrivalRequest) -> Outcome:
    """Note where a customer is who collects goods that are ready, as the channel of the order knows it.

    The answer is a FulfillmentOrderView; the same said again changes nothing. Raises NotFound for unknown work,
    ActionNotAvailable for work that is not ready for a customer, AlreadyDone for what was overtaken, StaleVersion.
    """

    def decide() -> Decision:
        order, work = _own(runtime, call, fulfillment_order_id)
        if work.status is not Status.READY or work.method not in COUNTER_METHODS:
            raise ActionNotAvailable(f"The fulfilment order is {work.status.value}; nothing is ready to be collected.")
        before = work.arrival
        if request.state not in TRANSITIONS[before.state if before else None]:
            raise AlreadyDone("The customer is there already.")
        there = Arrival(state=request.state, at=_now(runtime), bay=request.bay, vehicle=request.vehicle)
        if before is not None and before.model_copy(update={"at": there.at}) == there:
            return Decision([], body=work_view(work, order.header.version).model_dump())
        told = FulfillmentOrderArrival(
            **work_ids(work),
            external_id=order.header.external_id,
            state=there.state.value,
            bay=there.bay,
            vehicle=there.vehicle,
        )
        noted = work.model_copy(update={"arrival": there})
        after, writes, events = change_order(call.tenant, order, events=[told], fulfillment_orders=[noted])
        return Decision(writes, events, body=work_view(noted, after.header.version).model_dump())

    return execute(runtime, call, decide)


def _own(runtime: Runtime, call: Call, fulfillment_order_id: str) -> tuple[Order, FulfillmentOrder]:
    """The work with its order, for whoever may change orders of its channel."""
    order = load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id))
    work = next((one for one in order.fulfillment_orders if one.id == fulfillment_order_id), None) if order else None
    if order is None or work is None:
        raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.")
    authorize(call.principal, "orders.write", partition(call.tenant, order.header.id), channel=order.header.channel)
    if call.expected_version is not None and call.expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order, work


def _now(runtime: Runtime) -> str:
    return format_instant(runtime.clock.now())
