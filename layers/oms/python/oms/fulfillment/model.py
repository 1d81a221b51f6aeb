"""The fulfilment order: work given to one node. The shipment: what physically left. Pure rules, no I/O.

A fulfilment order never holds more lines than one transaction can move, so that each of its steps is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Amounts
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest

# Shipping writes a stock row and a stock ledger row per line, plus order, work, shipment, events and record; a
# transaction holds 90 actions.
MOST_LINES = 40


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
    INCOMPLETE = "INCOMPLETE"
    CANCELLED = "CANCELLED"


class Action(StrEnum):
    """The verbs of the node protocol and our own."""

    RELEASE = "release"
    ACCEPT = "accept"
    REJECT = "reject"
    PICK = "pick"
    PACK = "pack"
    STAGE = "stage"
    SHIP = "ship"
    HAND_OVER = "hand-over"
    CANCEL = "cancel"


# What we do with work ourselves: the plan releases it, its order cancels it. No node is offered or allowed these.
OURS = frozenset({Action.RELEASE, Action.CANCEL})
# action -> the states it may be taken in. A node that ships without telling each step has done those steps.
TRANSITIONS: Mapping[Action, frozenset[Status]] = {
    Action.RELEASE: frozenset({Status.SCHEDULED}),
    Action.ACCEPT: frozenset({Status.OPEN}),
    Action.REJECT: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.PICK: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.PACK: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.STAGE: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PACKED}),
    Action.SHIP: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PACKED}),
    Action.HAND_OVER: frozenset({Status.READY}),
    Action.CANCEL: frozenset({Status.SCHEDULED, Status.OPEN, Status.ACCEPTED, Status.PICKING}),
}
# How far each state is along the way: an action that leads to a state already passed was taken before.
_PROGRESS = [
    Status.SCHEDULED,
    Status.OPEN,
    Status.ACCEPTED,
    Status.PICKING,
    Status.PACKED,
    Status.READY,
    Status.COMPLETED,
]
_LEADS_TO = {
    Action.RELEASE: Status.OPEN,
    Action.ACCEPT: Status.ACCEPTED,
    Action.PICK: Status.PICKING,
    Action.PACK: Status.PACKED,
    Action.STAGE: Status.READY,
    Action.SHIP: Status.COMPLETED,
    Action.HAND_OVER: Status.COMPLETED,
}
# Why work is escalated when money for what it shipped was not taken; the fulfilment workflow names it.
CAPTURE_FAILED = "CAPTURE_FAILED"
COUNTER_METHODS = frozenset({"pickup", "ship_to_store"})


class WorkLine(BaseModel):
    """Units of one order line that this node handles; `picked >= packed >= shipped`, and cancelled units left."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    cancelled: int = 0

    @property
    def remaining(self) -> int:
        """Units that the node still has to send."""
        return self.quantity - self.shipped - self.cancelled


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
    # How long the workflow waits for the node before somebody is told.
    timeout_seconds: int = 86_400
    rejected_reason: str | None = None
    escalated_reason: str | None = None
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
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in {Status.COMPLETED, Status.REJECTED, Status.INCOMPLETE, Status.CANCELLED}


class Package(BaseModel):
    """A box: its number within the shipment, its weight, its tracking number."""

    model_config = ConfigDict(frozen=True)
    package_no: int
    weight_grams: int | None = None
    tracking_number: str | None = None


class Capture(BaseModel):
    """What is to be taken from one tender for a shipment: fixed when it leaves, executed afterwards.

    `refused` is why the provider would not; it is asked again only after a person's decision.
    """

    model_config = ConfigDict(frozen=True)
    payment_id: str
    amount: int
    capture_id: str | None = None
    refused: str | None = None

    @property
    def is_owed(self) -> bool:
        """Whether the provider has still to be asked."""
        return self.capture_id is None and self.refused is None


class ShippedLine(BaseModel):
    """Units of one order line in a shipment."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class Shipment(BaseModel):
    """What left a node at once, with the money that belongs to exactly these units."""

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    fulfillment_order_id: str
    node_id: str
    mode: str
    lines: tuple[ShippedLine, ...]
    packages: tuple[Package, ...] = ()
    carrier: str | None = None
    tracking_number: str | None = None
    shipped_at: str
    goods: int
    discount: int
    shipping: int
    tax: int
    captures: tuple[Capture, ...] = ()

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.goods, self.discount, self.shipping, self.tax)


class AlreadyDone(ActionNotAvailable):
    """The step was taken before, or was implied by a later one; a late message may be dropped."""

    code = "already_done"
    title = "This step has already been taken."


def require(order: FulfillmentOrder, action: Action) -> None:
    """Refuse an action that the state does not allow; one that was overtaken raises AlreadyDone."""
    if order.status in TRANSITIONS[action]:
        return
    target = _LEADS_TO.get(action)
    detail = f"{action.value} is not possible while the fulfilment order is {order.status.value}."
    if target in _PROGRESS and order.status in _PROGRESS and _PROGRESS.index(order.status) >= _PROGRESS.index(target):
        raise AlreadyDone(detail)
    raise ActionNotAvailable(detail)


def available_actions(order: FulfillmentOrder) -> list[str]:
    """The verbs of the node protocol that can be taken now."""
    counter = order.method in COUNTER_METHODS
    hidden = OURS | {Action.SHIP if counter else Action.HAND_OVER}
    if not counter:
        hidden |= {Action.STAGE}
    if any(line.shipped for line in order.lines):
        hidden |= {Action.REJECT}
    return [a.value for a, states in TRANSITIONS.items() if order.status in states and a not in hidden]


def accept(order: FulfillmentOrder) -> FulfillmentOrder:
    """The node takes the work."""
    require(order, Action.ACCEPT)
    return order.model_copy(update={"status": Status.ACCEPTED})


def reject(order: FulfillmentOrder, reason: str) -> FulfillmentOrder:
    """The node refuses the work that is left."""
    require(order, Action.REJECT)
    if any(line.shipped for line in order.lines):
        raise ActionNotAvailable("Part of this fulfilment order has left; what is left cannot be rejected as a whole.")
    return order.model_copy(update={"status": Status.REJECTED, "rejected_reason": reason})


def pick(order: FulfillmentOrder, quantities: Mapping[int, int] | None) -> FulfillmentOrder:
    """Units are taken from the shelf; None means everything left."""
    require(order, Action.PICK)
    return _progress(order, "picked", quantities, Status.PICKING)


def pack(order: FulfillmentOrder, quantities: Mapping[int, int] | None) -> FulfillmentOrder:
    """Units are put into boxes; packing implies picking."""
    require(order, Action.PACK)
    packed = _progress(order, "packed", quantities, Status.PACKED)
    lines = tuple(line.model_copy(update={"picked": max(line.picked, line.packed)}) for line in packed.lines)
    complete = all(line.packed >= line.quantity - line.cancelled for line in lines)
    return packed.model_copy(update={"lines": lines, "status": Status.PACKED if complete else Status.PICKING})


def stage(order: FulfillmentOrder) -> FulfillmentOrder:
    """The goods wait for the customer at the counter."""
    require(order, Action.STAGE)
    if order.method not in COUNTER_METHODS:
        raise ActionNotAvailable("Only work that a customer collects can be staged.")
    lines = tuple(_filled(line, shipped=line.shipped) for line in order.lines)
    return order.model_copy(update={"lines": lines, "status": Status.READY})


def leave(order: FulfillmentOrder, quantities: Mapping[int, int] | None, action: Action) -> FulfillmentOrder:
    """Units leave the node, shipped or handed over; the work is COMPLETED when nothing remains."""
    require(order, action)
    if (action is Action.SHIP) == (order.method in COUNTER_METHODS):
        raise ActionNotAvailable(f"{action.value} does not fit the method {order.method}.")
    wanted = _wanted(order, quantities, {line.line_no: line.remaining for line in order.lines})
    if not any(wanted.values()):
        raise InvalidRequest(errors=[FieldError("/lines", "nothing_left", "no unit is left to send")])
    lines = tuple(
        _filled(line, shipped=line.shipped + wanted[line.line_no], only=wanted[line.line_no]) for line in order.lines
    )
    done = all(line.remaining == 0 for line in lines)
    return order.model_copy(update={"lines": lines, "status": Status.COMPLETED if done else order.status})


def cancel(order: FulfillmentOrder, quantities: Mapping[int, int]) -> FulfillmentOrder:
    """Units are taken out of the work before they are packed; CANCELLED when nothing is left."""
    require(order, Action.CANCEL)
    lines = []
    for line in order.lines:
        units = quantities.get(line.line_no, 0)
        if units > line.quantity - line.cancelled - max(line.packed, line.shipped):
            raise ActionNotAvailable(f"Line {line.line_no} has fewer than {units} units that are not yet packed.")
        cancelled = line.cancelled + units
        picked = min(line.picked, line.quantity - cancelled)
        lines.append(line.model_copy(update={"cancelled": cancelled, "picked": picked}))
    status = order.status
    if all(line.remaining == 0 for line in lines):
        status = Status.COMPLETED if any(line.shipped for line in lines) else Status.CANCELLED
    return order.model_copy(update={"lines": tuple(lines), "status": status})


def _filled(line: WorkLine, *, shipped: int, only: int | None = None) -> WorkLine:
    """A line whose earlier steps have caught up with units that are staged or have left."""
    reached = line.quantity - line.cancelled if only is None else shipped
    return line.model_copy(
        update={"picked": max(line.picked, reached), "packed": max(line.packed, reached), "shipped": shipped}
    )


def _progress(
    order: FulfillmentOrder, step: str, quantities: Mapping[int, int] | None, status: Status
) -> FulfillmentOrder:
    room = {line.line_no: line.quantity - line.cancelled - getattr(line, step) for line in order.lines}
    wanted = _wanted(order, quantities, room)
    lines = tuple(line.model_copy(update={step: getattr(line, step) + wanted[line.line_no]}) for line in order.lines)
    return order.model_copy(update={"lines": lines, "status": status})


def _wanted(order: FulfillmentOrder, quantities: Mapping[int, int] | None, room: Mapping[int, int]) -> dict[int, int]:
    """How many units of each line are meant; more than there is room for is refused."""
    if quantities is None:
        return dict(room)
    for line_no, units in quantities.items():
        order.line(line_no)
        if units > room[line_no]:
            raise InvalidRequest(
                errors=[FieldError("/lines", "quantity_too_large", f"line {line_no} has {room[line_no]} units left")]
            )
    return {line_no: quantities.get(line_no, 0) for line_no in room}
