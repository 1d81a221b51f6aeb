"""One line of work: the counts of its units, what a step does to them; what is in a box and in a parcel. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from oms.orders.request import Gift
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.kits import Component
from oms.registry.limits import Activation, ItemActivation
from oms.registry.segments import Segment, stock_name

if TYPE_CHECKING:
    from oms.fulfillment.model import FulfillmentOrder
    from oms.registry.model import Item


class ShippedLine(BaseModel):
    """Units of one order line in a shipment."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class Carton(BaseModel):
    """A box that a node has packed: its number within the work, what is in it, and whether it has left."""

    model_config = ConfigDict(frozen=True)
    carton_no: int
    lines: tuple[ShippedLine, ...]
    weight_grams: int | None = None
    packaging: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    left: bool = False


class ParcelStatus(StrEnum):
    """Where a parcel is, as its carrier told."""

    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    ATTEMPTED = "ATTEMPTED"  # nobody took it; it comes again, or waits at the carrier's
    EXCEPTION = "EXCEPTION"
    RETURNING = "RETURNING"  # on its way back to the sender
    DELIVERED = "DELIVERED"


class Parcel(BaseModel):
    """What a carrier told last of one tracking number of a shipment, and when it was so."""

    model_config = ConfigDict(frozen=True)
    tracking_number: str
    status: ParcelStatus
    status_at: str
    # What was in it, once it is delivered.
    delivered: tuple[ShippedLine, ...] = ()


class ClaimReason(StrEnum):
    """What happened to units on their way."""

    LOST = "lost"
    DAMAGED = "damaged"


class Resolution(StrEnum):
    """What the customer gets for them."""

    RESHIP = "reship"
    REFUND = "refund"


class ClaimedLine(BaseModel):
    """Units of one line that were claimed, and the line of the order that has them now where they are sent again."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    replaced_by: int | None = None


class ParcelClaim(BaseModel):
    """That units of a parcel were lost or damaged, and what was done about it.

    `return_id` is the return by which they are paid back. `cost` is what a supplier asked for them, in minor units of
    the order's currency.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    tracking_number: str
    reason: ClaimReason
    resolution: Resolution
    lines: tuple[ClaimedLine, ...]
    claimed_at: str
    claimed_by: str
    return_id: str | None = None
    cost: int = 0


class WorkUnits(BaseModel):
    """Some units of one line of some work."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    quantity: int


class Answer(StrEnum):
    """How a node answered the request to cancel."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class CancelRequest(BaseModel):
    """What a node was asked to cancel after it had taken the work, and its answer; None while it has not answered.

    With `reclaim` the units are to go to other nodes, and not to be cancelled; a node that has neither answered nor
    begun by `answer_by` has let go of them.
    """

    model_config = ConfigDict(frozen=True)
    lines: tuple[WorkUnits, ...]
    reason: str
    answer: Answer | None = None
    reclaim: bool = False
    answer_by: str | None = None


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
    # How each unit is delivered, where that is not by a node, and what was done for that.
    activation: ItemActivation | None = None
    activations: tuple[Activation, ...] = ()

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


def fitting(line: WorkLine) -> WorkLine:
    """A line whose steps do not count units that it holds no more."""
    counts = {"picked": line.picked, "packed": line.packed, "prepared": line.prepared}
    return line.model_copy(update={name: min(units, line.held) for name, units in counts.items()})


def filled(line: WorkLine, *, shipped: int, only: int | None = None) -> WorkLine:
    """A line whose earlier steps have caught up with units that are staged or have left."""
    reached = line.held if only is None else shipped
    return line.model_copy(
        update={"picked": max(line.picked, reached), "packed": max(line.packed, reached), "shipped": shipped}
    )


def sent(line: WorkLine, units: int) -> WorkLine:
    """A line of a leg of which so many units more have left."""
    gone = line.in_transit + units
    return line.model_copy(
        update={"picked": max(line.picked, gone), "packed": max(line.packed, gone), "in_transit": gone}
    )


def recalled(line: WorkLine, units: int) -> WorkLine:
    """A line of a leg of which so many units were cancelled while they were under way."""
    changes = {
        "in_transit": line.in_transit - units,
        "cancelled": line.cancelled + units,
        "recalled": line.recalled + units,
    }
    return _moved(line, units, changes)


def arrived(line: WorkLine, units: int, unwanted: int, lost: int, lost_unwanted: int) -> WorkLine:
    """A line of a leg of which units have arrived or were lost; `unwanted` ones had been cancelled on their way."""
    changes = {
        "in_transit": line.in_transit - units - lost,
        "received": line.received + units,
        "given_up": line.given_up + lost,
        "recalled": line.recalled - unwanted - lost_unwanted,
    }
    return _moved(line, units + lost, changes)


def _moved(line: WorkLine, units: int, changes: dict[str, int]) -> WorkLine:
    """Units that were on their way are the line's no more, nor counted by the steps that they had gone through."""
    prepared = max(0, line.prepared - units)
    steps = {"picked": line.picked - units, "packed": line.packed - units, "prepared": prepared}
    return line.model_copy(update={**changes, **steps})


def has_left(lines: Sequence[WorkLine]) -> bool:
    """Whether anything of some work has left its node."""
    return any(line.shipped or line.received or line.under_way for line in lines)


def to_prepare(work: FulfillmentOrder, items: Mapping[str, Item]) -> FulfillmentOrder:
    """The work that knows what is done with its units before they are packed, as far as their items are known."""
    lines = (
        line.model_copy(update={"preparation": items[line.sku].preparation}) if line.sku in items else line
        for line in work.lines
    )
    return work.model_copy(update={"lines": tuple(lines)})


def wanted_units(
    order: FulfillmentOrder, quantities: Mapping[int, int] | None, room: Mapping[int, int]
) -> dict[int, int]:
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
