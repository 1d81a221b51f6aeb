"""The fulfilment order: work given to one node. What may be done with it is in `protocol`, what left in `shipments`.

A fulfilment order never holds more lines than one transaction can move, so that each of its steps is one transaction.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.capacity.model import CapacityUse
from oms.fulfillment.shipments import Arrival as Arrival
from oms.fulfillment.shipments import ArrivalState as ArrivalState
from oms.fulfillment.shipments import BoughtLine as BoughtLine
from oms.fulfillment.shipments import Capture as Capture
from oms.fulfillment.shipments import Carton as Carton
from oms.fulfillment.shipments import CollectedBy as CollectedBy
from oms.fulfillment.shipments import Collection as Collection
from oms.fulfillment.shipments import Extension as Extension
from oms.fulfillment.shipments import IdDocument as IdDocument
from oms.fulfillment.shipments import Package as Package
from oms.fulfillment.shipments import Proof as Proof
from oms.fulfillment.shipments import ProofKind as ProofKind
from oms.fulfillment.shipments import Purchase as Purchase
from oms.fulfillment.shipments import Shipment as Shipment
from oms.fulfillment.shipments import ShippedLine as ShippedLine
from oms.fulfillment.shipments import carried_out as carried_out
from oms.fulfillment.shipments import seconds_late as seconds_late
from oms.fulfillment.timing import Deadline as Deadline
from oms.fulfillment.timing import DeadlineKind as DeadlineKind
from oms.fulfillment.timing import DeadlineStep as DeadlineStep
from oms.fulfillment.timing import Do as Do
from oms.fulfillment.timing import HoldReason as HoldReason
from oms.fulfillment.timing import HoldRole as HoldRole
from oms.fulfillment.timing import WorkHold as WorkHold
from oms.fulfillment.timing import end_of_pause
from oms.orders.request import Gift
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.kits import Component
from oms.registry.segments import Segment, stock_name

# Shipping writes a stock row and a stock ledger row per line, plus order, work, shipment, events and record; a
# transaction holds 90 actions.
MOST_LINES = 36


class Status(StrEnum):
    """The states of a fulfilment order."""

    SCHEDULED = "SCHEDULED"  # planned, the node has not been told
    OPEN = "OPEN"  # the node has been told
    ON_HOLD = "ON_HOLD"  # must not begin: there are holds on it, or it waits for what other nodes send there
    ACCEPTED = "ACCEPTED"
    PICKING = "PICKING"
    PACKED = "PACKED"
    READY = "READY"  # waiting for the customer
    IN_TRANSIT = "IN_TRANSIT"  # a leg, on the way to the node where its units go on
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    INCOMPLETE = "INCOMPLETE"  # the node gave up what it had not shipped
    CANCELLED = "CANCELLED"
    REPLACED = "REPLACED"  # other work took it over: by a better plan, an offer, a move or a merge


class Outcome(StrEnum):
    """What became of some work, as its workflow is told."""

    SHIPPED = "SHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    INCOMPLETE = "INCOMPLETE"
    DUE_EARLIER = "DUE_EARLIER"  # nothing yet, but a deadline comes before the wait would end


class Answer(StrEnum):
    """How a node answered the request to cancel."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


# Why work was replaced when a node that it was offered to took it.
OFFER_TAKEN = "OFFER_TAKEN"
# Why work is escalated when money for what it shipped was not taken; the fulfilment workflow names it.
CAPTURE_FAILED = "CAPTURE_FAILED"
COUNTER_METHODS = frozenset({"pickup", "ship_to_store"})
# The method of a leg: its units go to another node, and on from there.
TRANSFER = "transfer"


class WorkLine(BaseModel):
    """Units of one order line that this node handles: `shipped + in_transit <= packed <= picked <= held`.

    It holds its quantity less what was cancelled, given up, replaced or received. What it gave up, by a rejection or by
    closing, or what was lost on the way, is open again on the order; what was replaced is part of other work, by a
    better plan, a split, a move or a merge; what was received is work of the node that a leg goes to.
    """

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    segment: Segment | None = None
    quantity: int
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    cancelled: int = 0
    given_up: int = 0
    replaced: int = 0
    # Units of its quantity that came from other work of the node by a merge.
    merged: int = 0
    # Of a leg: what has left and not arrived, and what has arrived.
    in_transit: int = 0
    received: int = 0
    # Units that were cancelled on their way; they are no order's when they arrive.
    recalled: int = 0
    # What each unit of a kit consists of.
    components: tuple[Component, ...] = ()
    # Of a component that goes on its own: the line of its kit.
    part_of: int | None = None
    gift: Gift | None = None
    # Who gets the units must be at least so old.
    minimum_age: int | None = None
    # What is done with each unit before it is packed, where that is known of its item, and with how many it has been.
    preparation: str | None = None
    prepared: int = 0

    @property
    def stock_sku(self) -> str:
        """The name of the stock that they are of."""
        return stock_name(self.sku, self.segment)

    @property
    def held(self) -> int:
        """Units that are this node's, whether they have left or not."""
        return self.quantity - self.cancelled - self.given_up - self.replaced - self.received

    @property
    def remaining(self) -> int:
        """Units that the node still has to send."""
        return self.held - self.shipped - self.in_transit

    @property
    def packed_here(self) -> int:
        """Units that are packed and have not left."""
        return self.packed - self.shipped - self.in_transit

    @property
    def under_way(self) -> int:
        """Units that have left for another node and have not arrived, whoever's they will be there."""
        return self.in_transit + self.recalled


class WorkUnits(BaseModel):
    """Some units of one line of some work."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    quantity: int


class CancelRequest(BaseModel):
    """What a node was asked to cancel after it had taken the work, and its answer; None while it has not answered."""

    model_config = ConfigDict(frozen=True)
    lines: tuple[WorkUnits, ...]
    reason: str
    answer: Answer | None = None


class FulfillmentOrder(BaseModel):
    """Work for one node, of one order, to one destination: the customer or, of a leg, another node."""

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    node_id: str
    legal_entity: str
    group_no: int
    method: str
    status: Status
    lines: tuple[WorkLine, ...]
    created_at: str
    respond_by: str | None = None
    # The work of another node whose units these were.
    replaces: str | None = None
    # What was promised: by which service it leaves, and by when it is to leave or to be ready.
    service: str | None = None
    due_at: str | None = None
    # Of a leg: the node that it goes to. Of a leg and of what waits there for legs: until when that waits.
    destination_node: str | None = None
    hold_until: str | None = None
    # What the node has to meet, by the service level that held when the work was released; None before that.
    deadlines: tuple[Deadline, ...] | None = None
    # How long the workflow waits for the node before somebody is told.
    timeout_seconds: int = 86_400
    # How long the work is on offer from its release; None where it is offered to nobody.
    offer_seconds: int | None = None
    # The nodes that may take it instead, the best first; and those that could, and may not any more.
    offered_to: tuple[str, ...] = ()
    was_offered_to: tuple[str, ...] = ()
    # Whether its node took it over from another one by accepting an offer.
    took_offer: bool = False
    # Why it must not begin yet, how many holds it ever had, and when it is to be released at the earliest.
    holds: tuple[WorkHold, ...] = ()
    holds_placed: int = 0
    release_at: str | None = None
    # Whether it ever was on hold or rescheduled; its node then has the whole time to answer from its release on.
    was_deferred: bool = False
    # The work of the same node that it became part of.
    merged_into: str | None = None
    rejected_reason: str | None = None
    closed_reason: str | None = None
    replaced_reason: str | None = None
    cancel_request: CancelRequest | None = None
    escalated_reason: str | None = None
    # What is taken for its units when they are ready, before the customer has them.
    captures: tuple[Capture, ...] = ()
    # Of goods that wait for the customer, and how far that customer is.
    collection: Collection | None = None
    arrival: Arrival | None = None
    # The limits of the node that it counts against.
    capacity: tuple[CapacityUse, ...] = ()
    # What is ordered with it at the supplier that it is given to.
    purchase: Purchase | None = None
    # What its node has packed into which box, where it says so, and where the goods wait for whoever takes them.
    cartons: tuple[Carton, ...] = ()
    staging_bay: str | None = None
    # The pick wave that it is in, or was picked in.
    wave_id: str | None = None
    # The workflow's callback; None while no workflow waits.
    task_token: str | None = None
    # From when until when that workflow waits if nothing happens.
    waits_since: str | None = None
    waits_until: str | None = None

    def line(self, line_no: int) -> WorkLine:
        for line in self.lines:
            if line.line_no == line_no:
                return line
        raise InvalidRequest(
            errors=[FieldError("/lines", "unknown_line", f"line {line_no} is not part of this fulfilment order")]
        )

    @property
    def fulfillment_order_id(self) -> str:
        """The work that its captures belong to, as of a shipment."""
        return self.id

    @property
    def asked(self) -> dict[int, int]:
        """Units per line that the node has been asked to cancel and has not answered for."""
        request = self.cancel_request
        return {} if request is None or request.answer else {units.line_no: units.quantity for units in request.lines}

    @property
    def needs_workflow(self) -> bool:
        """Whether a workflow is still to be started: no node was told of it, or it was taken over or held just now."""
        begun = self.took_offer or self.status in (Status.SCHEDULED, Status.ON_HOLD)
        return begun and self.task_token is None and not self.is_closed

    @property
    def is_paused(self) -> bool:
        """Whether it must not begin, whatever else it waits for."""
        return bool(self.holds) or self.release_at is not None

    @property
    def pause_ends(self) -> str | None:
        """When the last of what keeps it from beginning ends by itself; None where it does not, or nothing keeps it."""
        return end_of_pause(self.holds, self.release_at)

    @property
    def is_leg(self) -> bool:
        """Whether its units go to another node and not to the customer."""
        return self.destination_node is not None

    @property
    def gathers(self) -> bool:
        """Whether it is at a node to which others send units of its group, and waits for these until `hold_until`."""
        return self.hold_until is not None and not self.is_leg

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in {Status.COMPLETED, Status.REJECTED, Status.INCOMPLETE, Status.CANCELLED, Status.REPLACED}
