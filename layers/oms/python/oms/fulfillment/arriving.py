"""A customer who comes to collect says where they are: one transaction notes it, and opens the store's task."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from oms.fulfillment.collection_events import FulfillmentOrderArrival
from oms.fulfillment.model import COUNTER_METHODS, Arrival, ArrivalState, FulfillmentOrder, Status
from oms.fulfillment.protocol import AlreadyDone
from oms.fulfillment.request import ArrivalRequest
from oms.fulfillment.views import ArrivalView, work_view
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.orders.store import load_order, partition
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.ids import parent_id
from oms.platform.links import Place
from oms.platform.principal import authorize
from oms.platform.problems import ActionNotAvailable, NotFound, StaleVersion
from oms.platform.writes import Write

# What the links are for by which customers say where they are.
LINK_PURPOSE = "arrival"
# Where a customer may be next; whoever is there is not on the way any more.
TRANSITIONS: Mapping[ArrivalState | None, frozenset[ArrivalState]] = {
    None: frozenset(ArrivalState),
    ArrivalState.IN_TRANSIT: frozenset(ArrivalState),
    ArrivalState.AT_STORE: frozenset({ArrivalState.AT_STORE, ArrivalState.AT_CURBSIDE}),
    ArrivalState.AT_CURBSIDE: frozenset({ArrivalState.AT_STORE, ArrivalState.AT_CURBSIDE}),
}


class ArrivalPage(BaseModel):
    """What a customer sees who is on the way: whether the goods are ready, where, until when, and what they said."""

    model_config = ConfigDict(frozen=True)
    ready: bool
    node_id: str
    pickup_by: str | None
    arrival: ArrivalView | None

    @classmethod
    def of(cls, work: FulfillmentOrder) -> ArrivalPage:
        """The page of some work."""
        return cls(
            ready=work.status is Status.READY,
            node_id=work.node_id,
            pickup_by=work.collection.pickup_by if work.collection else None,
            arrival=ArrivalView(**work.arrival.model_dump()) if work.arrival else None,
        )


def note_arrival(runtime: Runtime, call: Call, fulfillment_order_id: str, request: ArrivalRequest) -> Outcome:
    """Note where a customer is who collects goods that are ready, as the channel of the order knows it.

    The answer is a FulfillmentOrderView; the same said again changes nothing. Raises NotFound for unknown work,
    ActionNotAvailable for work that is not ready for a customer, AlreadyDone for what was overtaken, StaleVersion.
    """

    def decide() -> Decision:
        order, work = _own(runtime, call, fulfillment_order_id)
        authorize(call.principal, "orders.write", partition(call.tenant, order.header.id), channel=order.header.channel)
        after, version, writes, events = _noted(runtime, call.tenant, order, work, request)
        return Decision(writes, events, body=work_view(after, version).model_dump())

    return execute(runtime, call, decide)


def note_arrival_by_link(runtime: Runtime, call: Call, place: Place, request: ArrivalRequest) -> Outcome:
    """The same, said by whoever has the link of the work. The answer is an ArrivalPage."""

    def decide() -> Decision:
        order, work = _own(runtime, call, place.about)
        after, _, writes, events = _noted(runtime, call.tenant, order, work, request)
        return Decision(writes, events, body=ArrivalPage.of(after).model_dump())

    return execute(runtime, call, decide)


def arrival_page(runtime: Runtime, place: Place) -> ArrivalPage:
    """What the page of a link shows."""
    order = load_order(runtime.database, place.tenant, place.order_id)
    work = next((one for one in order.fulfillment_orders if one.id == place.about), None) if order else None
    if work is None:
        raise NotFound()
    return ArrivalPage.of(work)


def _noted(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder, request: ArrivalRequest
) -> tuple[FulfillmentOrder, int, list[Write], list[EventDraft]]:
    """The work with where its customer is, its version, and what stores and tells it; nothing for the same again."""
    if work.status is not Status.READY or work.method not in COUNTER_METHODS:
        raise ActionNotAvailable(f"The fulfilment order is {work.status.value}; nothing is ready to be collected.")
    before = work.arrival
    if request.state not in TRANSITIONS[before.state if before else None]:
        raise AlreadyDone("The customer is there already.")
    now = format_instant(runtime.clock.now())
    there = Arrival(state=request.state, at=now, bay=request.bay, vehicle=request.vehicle)
    if before is not None and before.model_copy(update={"at": now, "task_id": None}) == there:
        return work, order.header.version, [], []
    told = FulfillmentOrderArrival(
        **work_ids(work),
        external_id=order.header.external_id,
        state=there.state.value,
        bay=there.bay,
        vehicle=there.vehicle,
    )
    # Loaded with the first customer who comes.
    from oms.fulfillment.serving import with_arrival

    noted, task = with_arrival(runtime, tenant, order, work, there)
    after, writes, events = change_order(tenant, order, events=[told], fulfillment_orders=[noted])
    opened = ([*task.writes], [*task.events]) if task else ([], [])
    return noted, after.header.version, [*writes, *opened[0]], [*events, *opened[1]]


def _own(runtime: Runtime, call: Call, fulfillment_order_id: str) -> tuple[Order, FulfillmentOrder]:
    """The work with its order at the version that the caller has read, whoever that is."""
    order = load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id))
    work = next((one for one in order.fulfillment_orders if one.id == fulfillment_order_id), None) if order else None
    if order is None or work is None:
        raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.")
    if call.expected_version is not None and call.expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order, work
