"""Supply: units that are to arrive at a node on a day, and how far they are. Pure.

Of a purchase order nothing is under way until a shipment notice says so, which takes the units over from it; a transfer
is under way once its node has dispatched it. What is expected is in the bucket `future` of the stock row where it is to
arrive, what is under way in `in_transit`; nothing of it is for sale before it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.problems import ActionNotAvailable


class Kind(StrEnum):
    """What supply is."""

    PURCHASE_ORDER = "purchase_order"
    SHIPMENT_NOTICE = "shipment_notice"  # a supplier's word that units are under way
    TRANSFER = "transfer"  # from one node of the retailer to another


class Status(StrEnum):
    """How far supply is; it follows from its lines."""

    OPEN = "OPEN"
    IN_TRANSIT = "IN_TRANSIT"
    CLOSED = "CLOSED"


class Action(StrEnum):
    """What can be done with supply."""

    PUT = "put_supply"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    CLOSE = "close"


class SupplyLine(BaseModel):
    """Units of one SKU: `quantity` is what was ordered, noticed or asked for, and the other counts are of these.

    `sent` has left or was taken over by notices, `received` arrived, `closed` will not be sent and `lost` was under way
    and never came. `drawn` are units of a notice that it took over from line `order_line_no` of its purchase order.
    """

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    expected_on: date
    order_line_no: int | None = None
    sent: int = 0
    received: int = 0
    closed: int = 0
    lost: int = 0
    drawn: int = 0


class Supply(BaseModel):
    """What belongs to supply as a whole; `lines` names the SKU of each line. `version` counts its changes."""

    model_config = ConfigDict(frozen=True)
    id: str
    kind: Kind
    node_id: str
    from_node: str | None = None
    supplier: str | None = None
    purchase_order: str | None = None
    lines: Mapping[int, str]
    version: int = 0
    # By which call it was put as it is; a call in parts goes on only where no other has put it since.
    put_by: str = ""
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Waited:
    """Units of a line that are not there yet: expected, and under way."""

    future: int
    in_transit: int

    @property
    def total(self) -> int:
        return self.future + self.in_transit


@dataclass(frozen=True, slots=True)
class Coming:
    """Units of some stock that are to arrive at a node on a day, and by which line of which supply."""

    supply_id: str
    line_no: int
    sku: str
    kind: Kind
    node_id: str
    expected_on: date
    units: int


def waited(kind: Kind, line: SupplyLine) -> Waited:
    """What of a line is still to come; more may have arrived than there were."""
    if kind is Kind.PURCHASE_ORDER:
        return Waited(max(0, line.quantity - line.sent - line.received - line.closed), 0)
    if kind is Kind.SHIPMENT_NOTICE:
        return Waited(0, max(0, line.quantity - line.received - line.lost))
    return Waited(max(0, line.quantity - line.sent - line.closed), max(0, line.sent - line.received - line.lost))


def status(kind: Kind, lines: Mapping[int, SupplyLine]) -> Status:
    """The state of supply, from its lines."""
    parts = [waited(kind, line) for line in lines.values()]
    if any(part.in_transit for part in parts):
        return Status.IN_TRANSIT
    return Status.OPEN if any(part.future for part in parts) else Status.CLOSED


def available_actions(supply: Supply, lines: Mapping[int, SupplyLine]) -> list[str]:
    """What can be done with supply as it is."""
    found = [Action.PUT]
    parts = [waited(supply.kind, line) for line in lines.values()]
    if supply.kind is Kind.TRANSFER and any(part.future for part in parts):
        found.append(Action.DISPATCH)
    if any(part.in_transit or (part.future and supply.kind is Kind.PURCHASE_ORDER) for part in parts):
        found.append(Action.RECEIVE)
    if any(part.total for part in parts):
        found.append(Action.CLOSE)
    return [action.value for action in found]


def dispatched(line: SupplyLine, units: int) -> SupplyLine:
    """A line of a transfer once some of its units have left; more than there are raise ActionNotAvailable."""
    left = waited(Kind.TRANSFER, line).future
    if units > left:
        raise ActionNotAvailable(f"Only {left} units of line {line.line_no} are still to be dispatched.")
    return line.model_copy(update={"sent": line.sent + units})


def received(line: SupplyLine, units: int) -> SupplyLine:
    """A line once some units have arrived, which may be more than were expected."""
    return line.model_copy(update={"received": line.received + units})


def closed(kind: Kind, line: SupplyLine) -> SupplyLine:
    """A line of which nothing more will come."""
    left = waited(kind, line)
    return line.model_copy(update={"closed": line.closed + left.future, "lost": line.lost + left.in_transit})


def reordered(kind: Kind, line: SupplyLine, quantity: int, expected_on: date) -> SupplyLine:
    """A line with another quantity or day. Less than has left, arrived or was written off raises ActionNotAvailable."""
    least = {
        Kind.PURCHASE_ORDER: line.sent + line.received + line.closed,
        Kind.SHIPMENT_NOTICE: line.received + line.lost,
        Kind.TRANSFER: line.sent + line.closed,
    }[kind]
    if quantity < min(least, line.quantity):
        raise ActionNotAvailable(f"{least} units of line {line.line_no} are under way, there or given up already.")
    return line.model_copy(update={"quantity": quantity, "expected_on": expected_on})
