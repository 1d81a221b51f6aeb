"""The fulfilment order: work given to one node. The shipment: what physically left. What may be done with the work is
in `protocol`.

A fulfilment order never holds more lines than one transaction can move, so that each of its steps is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.capacity.model import CapacityUse
from oms.orders.amounts import Amounts
from oms.platform.clock import parse_instant
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
    ON_HOLD = "ON_HOLD"
    ACCEPTED = "ACCEPTED"
    PICKING = "PICKING"
    PACKED = "PACKED"
    READY = "READY"  # waiting for the customer
    IN_TRANSIT = "IN_TRANSIT"  # on the way to the node of pick-up
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    INCOMPLETE = "INCOMPLETE"  # the node gave up what it had not shipped
    CANCELLED = "CANCELLED"
    REPLACED = "REPLACED"  # a better plan, or a node it was offered to, took it over before its node had accepted it


class Outcome(StrEnum):
    """What became of some work, as its workflow is told."""

    SHIPPED = "SHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    INCOMPLETE = "INCOMPLETE"


class Answer(StrEnum):
    """How a node answered the request to cancel."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


# Why work was replaced when a node that it was offered to took it.
OFFER_TAKEN = "OFFER_TAKEN"
# Why work is escalated when money for what it shipped was not taken; the fulfilment workflow names it.
CAPTURE_FAILED = "CAPTURE_FAILED"
COUNTER_METHODS = frozenset({"pickup", "ship_to_store"})


def seconds_late(due_at: str, done_at: str) -> int:
    """By how many whole seconds an instant is after another one; 0 where it is not."""
    return max(0, (parse_instant(done_at) - parse_instant(due_at)) // timedelta(seconds=1))


class WorkLine(BaseModel):
    """Units of one order line that this node handles: `shipped <= packed <= picked <= held`.

    It holds its quantity less what was cancelled, given up or replaced. What it gave up, by a rejection or by closing,
    is open again on the order; what was replaced is work of another node, for which the order had a better plan.
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
    # What each unit of a kit consists of.
    components: tuple[Component, ...] = ()
    # Of a component that goes on its own: the line of its kit.
    part_of: int | None = None

    @property
    def stock_sku(self) -> str:
        """The name of the stock that they are of."""
        return stock_name(self.sku, self.segment)

    @property
    def held(self) -> int:
        """Units that are this node's, whether they have left or not."""
        return self.quantity - self.cancelled - self.given_up - self.replaced

    @property
    def remaining(self) -> int:
        """Units that the node still has to send."""
        return self.held - self.shipped


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
    """Work for one node, of one order, to one destination."""

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
    # How long the workflow waits for the node before somebody is told.
    timeout_seconds: int = 86_400
    # How long the work is on offer from its release; None where it is offered to nobody.
    offer_seconds: int | None = None
    # The nodes that may take it instead, the best first; and those that could, and may not any more.
    offered_to: tuple[str, ...] = ()
    was_offered_to: tuple[str, ...] = ()
    # Whether its node took it over from another one by accepting an offer.
    took_offer: bool = False
    rejected_reason: str | None = None
    closed_reason: str | None = None
    replaced_reason: str | None = None
    cancel_request: CancelRequest | None = None
    escalated_reason: str | None = None
    # The limits of the node that it counts against.
    capacity: tuple[CapacityUse, ...] = ()
    # The workflow's callback; None while no workflow waits.
    task_token: str | None = None

    def line(self, line_no: int) -> WorkLine:
        for line in self.lines:
            if line.line_no == line_no:
                return line
        raise InvalidRequest(
            errors=[FieldError("/lines", "unknown_line", f"line {line_no} is not part of this fulfilment order")]
        )

    @property
    def asked(self) -> dict[int, int]:
        """Units per line that the node has been asked to cancel and has not answered for."""
        request = self.cancel_request
        return {} if request is None or request.answer else {units.line_no: units.quantity for units in request.lines}

    @property
    def needs_workflow(self) -> bool:
        """Whether a workflow is still to be started: no node was told of it, or it was taken over a moment ago."""
        taken = self.took_offer and self.task_token is None and not self.is_closed
        return self.status is Status.SCHEDULED or taken

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in {Status.COMPLETED, Status.REJECTED, Status.INCOMPLETE, Status.CANCELLED, Status.REPLACED}


class ShippedLine(BaseModel):
    """Units of one order line in a shipment."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class Package(BaseModel):
    """A box: its number within the shipment, its weight, its tracking number, and what of the shipment is in it."""

    model_config = ConfigDict(frozen=True)
    package_no: int
    weight_grams: int | None = None
    tracking_number: str | None = None
    lines: tuple[ShippedLine, ...] = ()


class Capture(BaseModel):
    """What is to be taken from one tender for a shipment: fixed when it leaves, executed afterwards.

    `pending` was accepted by the provider and is not yet final. `refused` is why the provider would not, and
    `refused_at` when; it is asked again by schedule (`retries` times), with another card or after a person's decision.
    `attempt` counts its keys, a new one for each authorisation and each retry. `fixed_at` is when it got its present
    key, `movement_id` what the provider calls what it accepted.
    """

    model_config = ConfigDict(frozen=True)
    payment_id: str
    amount: int
    capture_id: str | None = None
    refused: str | None = None
    refused_at: str | None = None
    retries: int = 0
    pending: bool = False
    attempt: int = 1
    fixed_at: str | None = None
    movement_id: str | None = None
    # Since when nobody knows whether the money was taken.
    in_doubt_since: str | None = None

    @property
    def is_owed(self) -> bool:
        """Whether the provider has still to be asked."""
        return self.capture_id is None and self.refused is None and not self.pending

    def key(self, shipment_id: str) -> str:
        """The provider's idempotency key for this capture: the same for every repeat on the same authorisation."""
        again = f":{self.attempt}" if self.attempt > 1 else ""
        return f"{shipment_id}:capture:{self.payment_id}:{self.amount}{again}"


class Shipment(BaseModel):
    """What left a node at once, with the money that belongs to exactly these units.

    What was carried out of a store with its sale was nobody's work.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    fulfillment_order_id: str | None = None
    node_id: str
    mode: str
    lines: tuple[ShippedLine, ...]
    packages: tuple[Package, ...] = ()
    carrier: str | None = None
    tracking_number: str | None = None
    shipped_at: str
    due_at: str | None = None
    goods: int
    discount: int
    shipping: int
    tax: int
    captures: tuple[Capture, ...] = ()

    @property
    def late_seconds(self) -> int | None:
        """How long after what was promised it left; None where nothing was."""
        return None if self.due_at is None or self.mode == "pickup" else seconds_late(self.due_at, self.shipped_at)

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.goods, self.discount, self.shipping, self.tax)


def carried_out(shipments: Iterable[Shipment], line_no: int) -> int:
    """Units of a line that customers took along when they bought them."""
    at_once = (shipment for shipment in shipments if shipment.fulfillment_order_id is None)
    return sum(left.quantity for shipment in at_once for left in shipment.lines if left.line_no == line_no)
