"""The fulfilment order: work given to one node. What may be done with it is in `protocol`, what left in `shipments`.

A fulfilment order never holds more lines than one transaction can move, so that each of its steps is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.capacity.model import CapacityUse
from oms.fulfillment.lines import Answer as Answer
from oms.fulfillment.lines import CancelRequest as CancelRequest
from oms.fulfillment.lines import Carton as Carton
from oms.fulfillment.lines import Parcel as Parcel
from oms.fulfillment.lines import ParcelStatus as ParcelStatus
from oms.fulfillment.lines import ShippedLine as ShippedLine
from oms.fulfillment.lines import WorkLine as WorkLine
from oms.fulfillment.lines import WorkUnits as WorkUnits
from oms.fulfillment.shipments import Arrival as Arrival
from oms.fulfillment.shipments import ArrivalState as ArrivalState
from oms.fulfillment.shipments import BoughtLine as BoughtLine
from oms.fulfillment.shipments import Capture as Capture
from oms.fulfillment.shipments import CollectedBy as CollectedBy
from oms.fulfillment.shipments import Collection as Collection
from oms.fulfillment.shipments import Extension as Extension
from oms.fulfillment.shipments import IdDocument as IdDocument
from oms.fulfillment.shipments import Package as Package
from oms.fulfillment.shipments import Proof as Proof
from oms.fulfillment.shipments import ProofKind as ProofKind
from oms.fulfillment.shipments import Purchase as Purchase
from oms.fulfillment.shipments import Shipment as Shipment
from oms.fulfillment.shipments import carried_out as carried_out
from oms.fulfillment.shipments import seconds_late as seconds_late
from oms.platform.problems import FieldError, InvalidRequest
from oms.sourcing.rates import Label

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


BEGUN = frozenset({Status.ACCEPTED, Status.PICKING, Status.PACKED, Status.READY, Status.IN_TRANSIT, Status.COMPLETED})


class Outcome(StrEnum):
    """What became of some work, as its workflow is told."""

    SHIPPED = "SHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    INCOMPLETE = "INCOMPLETE"
    DUE_EARLIER = "DUE_EARLIER"  # nothing yet, but a deadline comes before the wait would end


OFFER_TAKEN = "OFFER_TAKEN"  # why work was replaced when a node that it was offered to took it
CAPTURE_FAILED = "CAPTURE_FAILED"  # why work is escalated when money for what it shipped was not taken
COUNTER_METHODS = frozenset({"pickup", "ship_to_store"})
TRANSFER = "transfer"  # the method of a leg: its units go to another node, and on from there


class DeadlineKind(StrEnum):
    """What must have happened by a deadline; `deadlines` says which states it concerns, `waking` how steps are done."""

    ACCEPT = "ACCEPT"  # the node has taken the work
    PICK = "PICK"  # all of it is off the shelf
    COLLECT = "COLLECT"  # the customer has it
    ARRIVAL = "ARRIVAL"  # the customer who is there has it
    PROMISE = "PROMISE"  # it has left, or is ready, as was promised


class Do(StrEnum):
    """What is done about a deadline at one of its steps."""

    REMIND = "REMIND"  # the node is told
    ESCALATE = "ESCALATE"  # a person is told
    RECLAIM = "RECLAIM"  # the node is asked to let go of it, where others have all of it
    REROUTE = "REROUTE"  # other nodes get the units, where they have all of them
    REMIND_CUSTOMER = "REMIND_CUSTOMER"
    WARN = "WARN"  # the customer and a person are told that the promise is at risk
    EXPIRE = "EXPIRE"  # the units are cancelled and go back to the shelf


class DeadlineStep(BaseModel):
    """One thing to do, from an instant on (RFC 3339 in UTC); `done` once it was."""

    model_config = ConfigDict(frozen=True)
    do: Do
    at: str
    done: bool = False


class Deadline(BaseModel):
    """By when something must have happened, the steps before and after that, and when it can happen next if not."""

    model_config = ConfigDict(frozen=True)
    kind: DeadlineKind
    at: str
    steps: tuple[DeadlineStep, ...] = ()
    next_at: str | None = None


class HoldReason(StrEnum):
    """Why work is on hold."""

    ADDRESS_CHECK = "address_check"
    AWAITING_PAYMENT = "awaiting_payment"
    CUSTOMER_REQUEST = "customer_request"
    DELIVERY_DATE = "delivery_date"
    FRAUD_CHECK = "fraud_check"
    NODE_DISRUPTED = "node_disrupted"
    STOCK_CHECK = "stock_check"
    OTHER = "other"


class HoldRole(StrEnum):
    """Who may release a hold: the node that has the work as well, or an operator only."""

    NODE = "node"
    OPERATOR = "operator"


class WorkHold(BaseModel):
    """One hold of some work: why, by whom, who may release it, and when it ends by itself, if it does.

    `hold_no` counts the holds that the work ever had. Holds of an order or of its lines would be lists beside this one.
    """

    model_config = ConfigDict(frozen=True)
    hold_no: int
    reason: HoldReason
    released_by: HoldRole
    placed_by: str
    placed_at: str
    expires_at: str | None = None
    note: str | None = None


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
    # The labels of its packages, also those that were refused or given back.
    labels: tuple[Label, ...] = ()
    # What its node has packed into which box, where it says so, and where the goods wait for whoever takes them.
    cartons: tuple[Carton, ...] = ()
    staging_bay: str | None = None
    # The pick wave that it is in, or was picked in.
    wave_id: str | None = None
    # The workflow's callback; None while no workflow waits.
    task_token: str | None = None
    # From when until when that workflow waits if nothing happens, and how often that was too long by now.
    waits_since: str | None = None
    waits_until: str | None = None
    woken: int = 0

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
        open_request = None if request is None or request.answer or request.reclaim else request
        return {} if open_request is None else {units.line_no: units.quantity for units in open_request.lines}

    @property
    def reclaimed(self) -> bool:
        """Whether its node has been asked to let go of it for other nodes, and has not said or done anything."""
        request = self.cancel_request
        return request is not None and request.reclaim and request.answer is None and not self.is_closed

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
        ends = [one.expires_at for one in self.holds]
        known = [end for end in (*ends, self.release_at) if end is not None]
        return None if None in ends else max(known, default=None)

    @property
    def is_activated(self) -> bool:
        """Whether the service itself delivers it, or a part of it, and no node does."""
        return any(line.activation is not None for line in self.lines)

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


def end_of(lines: Sequence[WorkLine]) -> Status:
    """The state of work of which nothing remains: what has left with a leg has still to arrive."""
    if any(line.under_way for line in lines):
        return Status.IN_TRANSIT
    return Status.COMPLETED if any(line.shipped or line.received for line in lines) else Status.CANCELLED
