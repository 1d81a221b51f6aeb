"""Booking and cancelling carrier pick-ups: a command for the wish, an effect at the carrier, one for its answer."""

from __future__ import annotations

from collections.abc import Callable

from oms.carriers.commands import OWN_RUN, Carriers, sender_of
from oms.carriers.handover_views import CarrierPickupView, pickup_view
from oms.carriers.label_rows import keep_draft, load_draft
from oms.carriers.manifest_rows import labels_of_day, place_of
from oms.carriers.manifesting import require_node
from oms.carriers.pickup_rows import load_pickup, open_pickups, pickup_draft_key, pickup_writes
from oms.carriers.pickups import (
    CarrierPickup,
    NothingToPickUp,
    PickupStatus,
    cancel_ended,
    cancel_requested,
    pickup_ended,
    pickup_requested,
)
from oms.carriers.port import Booked, Carrier, Declined, Draft, NoTrace, PickupWanted, TakenBack, Unknown
from oms.carriers.requests import PickupRequest
from oms.fulfillment.finding import READ, WRITE
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.effects import Effect, Intent, perform
from oms.platform.events import EventData, EventDraft
from oms.platform.observability import logger
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound
from oms.registry.hours import business_date_of
from oms.registry.model import Node
from oms.registry.reads import node_as_it_is

_MOST_PARCELS = 200
End = Callable[[CarrierPickup], tuple[CarrierPickup, EventData]]


def request_pickup(runtime: Runtime, carriers: Carriers, call: Call, node_id: str, request: PickupRequest) -> Outcome:
    """Store the wish that a carrier comes; `settle_pickup` books it. The answer is a CarrierPickupView.

    Raises NotFound for a node that is not the caller's, NothingToPickUp without labels of the window's first day,
    InvalidRequest for a window that is over, ActionNotAvailable for a carrier that does not come.
    """

    def decide() -> Decision:
        require_node(runtime, call.principal, WRITE, node_id)
        now = runtime.clock.now()
        if request.window.ends_at <= now:
            raise InvalidRequest(errors=[FieldError("/window/ends_at", "in_the_past", "the window is over")])
        if not carriers(request.provider).capabilities.pickup:
            raise ActionNotAvailable(f"{request.provider} books no pick-ups.")
        day = business_date_of(_node(runtime, call.tenant, node_id), request.window.starts_at)
        place = place_of(call.tenant, node_id, request.provider, request.carrier, day)
        labels = labels_of_day(runtime.database, place, _MOST_PARCELS)
        if not labels:
            raise NothingToPickUp()
        pickup = CarrierPickup(
            id=runtime.ids.new("cpu"),
            node_id=node_id,
            provider=request.provider,
            carrier=request.carrier,
            starts_at=format_instant(request.window.starts_at),
            ends_at=format_instant(request.window.ends_at),
            parcels=len(labels),
            label=labels[0].reference,
            requested_at=format_instant(now),
            requested_by=call.principal.actor,
        )
        return _decision(runtime, call.tenant, pickup, pickup_requested(pickup), status=201)

    return execute(runtime, call, decide)


def request_pickup_cancellation(runtime: Runtime, call: Call, node_id: str, pickup_id: str) -> Outcome:
    """Store the wish that a carrier does not come; `settle_pickup` brings it to its end."""

    def decide() -> Decision:
        after, told = cancel_requested(_own_pickup(runtime, call.principal, WRITE, node_id, pickup_id))
        return _decision(runtime, call.tenant, after, told)

    return execute(runtime, call, decide)


def settle_pickup(runtime: Runtime, carriers: Carriers, tenant: str, pickup_id: str) -> None:
    """Bring what is open of a pick-up to its end: it is booked, or cancelled, once however often this is called.

    Raises TransientFailure while nobody knows how the carrier ended it.
    """
    pickup = load_pickup(runtime.database, tenant, pickup_id)
    if pickup is None or not pickup.is_open:
        return
    carrier = carriers(pickup.provider)
    if pickup.status is PickupStatus.REQUESTED:
        _book(runtime, carrier, tenant, pickup)
    else:
        _cancel(runtime, carrier, tenant, pickup)


def settle_open_pickups(runtime: Runtime, carriers: Carriers, tenant: str) -> int:
    """Take up every pick-up that its own call left open; answers how many came to an end. One harms no other."""
    done = 0
    for pickup_id, since in list(open_pickups(runtime.database, tenant)):
        if runtime.clock.now() - parse_instant(since) < OWN_RUN:
            continue
        try:
            settle_pickup(runtime, carriers, tenant, pickup_id)
            done += 1
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the pick-up stays listed and the others get their turn.
            logger().exception("pick-up not settled", pickup_id=pickup_id, error_type=type(error).__name__)
    return done


def see_pickup(runtime: Runtime, principal: Principal, node_id: str, pickup_id: str) -> CarrierPickupView:
    """A pick-up of the caller's node as it is; unknown or somebody else's raises NotFound."""
    return pickup_view(_own_pickup(runtime, principal, READ, node_id, pickup_id))


def _book(runtime: Runtime, carrier: Carrier, tenant: str, pickup: CarrierPickup) -> None:
    key = pickup_draft_key(tenant, pickup.id)

    def ask() -> Booked | Declined | Unknown:
        draft = load_draft(runtime.database, key)
        if draft is None:
            made = carrier.draft_pickup(_wanted(runtime, tenant, pickup), pickup.carrier)
            if not isinstance(made, Draft):
                return made
            # Two runs may each have made one: only the one that is stored is ever booked.
            draft = keep_draft(runtime.database, key, made)
        return carrier.book_pickup(draft, pickup.carrier)

    def look_up() -> Booked | Unknown | NoTrace:
        draft = load_draft(runtime.database, key)
        return NoTrace() if draft is None else carrier.find_pickup(draft)

    def record(answer: Booked | Declined) -> None:
        _record(runtime, tenant, pickup, "book_pickup", lambda one: pickup_ended(one, answer))

    # A driver does not come into the past.
    may_ask = parse_instant(pickup.ends_at) > runtime.clock.now()
    intent = Intent(pickup.id, f"pick-up {pickup.id}", may_ask=may_ask)
    if isinstance(perform(intent, Effect(ask, look_up, lambda reason: None, record)), NoTrace):
        record(Declined("window_is_over"))


def _cancel(runtime: Runtime, carrier: Carrier, tenant: str, pickup: CarrierPickup) -> None:
    draft = load_draft(runtime.database, pickup_draft_key(tenant, pickup.id))
    assert draft is not None, "what was booked was booked on a draft"

    def record(answer: TakenBack | Declined) -> None:
        _record(runtime, tenant, pickup, "cancel_pickup", lambda one: cancel_ended(one, answer))

    effect = Effect[TakenBack | Declined, None](
        lambda: carrier.cancel_pickup(draft), lambda: carrier.find_cancelled(draft), lambda reason: None, record
    )
    perform(Intent(f"{pickup.id}:cancel", f"cancellation of pick-up {pickup.id}"), effect)


def _record(runtime: Runtime, tenant: str, pickup: CarrierPickup, what: str, end: End) -> None:
    """Record an answer of the carrier, unless another run has."""

    def decide() -> Decision:
        found = load_pickup(runtime.database, tenant, pickup.id)
        if found is None or found.version != pickup.version:
            return Decision([], body={"done": "nothing"})
        after, told = end(found)
        return _decision(runtime, tenant, after, told)

    # It may be cancelled once more after a refusal: then it is at another version.
    execute(runtime, call_from_workflow(what, tenant, f"{pickup.id}#{pickup.version}"), decide)


def _wanted(runtime: Runtime, tenant: str, pickup: CarrierPickup) -> PickupWanted:
    place = sender_of(_node(runtime, tenant, pickup.node_id))
    reference = f"{tenant}/{pickup.id}"
    return PickupWanted(place, reference, pickup.label, pickup.starts_at, pickup.ends_at, pickup.parcels)


def _node(runtime: Runtime, tenant: str, node_id: str) -> Node:
    node = node_as_it_is(runtime.database, tenant, node_id, runtime.clock.now())
    if node is None:
        raise NotFound(f"There is no node {node_id}.")
    return node


def _own_pickup(runtime: Runtime, principal: Principal, permission: str, node_id: str, pickup_id: str) -> CarrierPickup:
    require_node(runtime, principal, permission, node_id)
    pickup = load_pickup(runtime.database, principal.tenant, pickup_id)
    if pickup is None or pickup.node_id != node_id:
        raise NotFound(f"There is no pick-up {pickup_id} at {node_id}.")
    return pickup


def _decision(runtime: Runtime, tenant: str, pickup: CarrierPickup, told: EventData, *, status: int = 200) -> Decision:
    writes = pickup_writes(tenant, pickup, format_instant(runtime.clock.now()))
    event = EventDraft(f"CARRIERPICKUP#{pickup.id}", pickup.version, told)
    return Decision(writes, [event], status, pickup_view(pickup).model_dump(mode="json"))
