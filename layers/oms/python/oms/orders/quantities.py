"""How many units of a line are in each state, and which of them never reached the customer. Pure.

A line that is sent again has a line of its own without a price; the money stays with the first line, and so do returns.
"""

from __future__ import annotations

from enum import StrEnum

from oms.fulfillment.lines import ClaimedLine
from oms.fulfillment.model import Shipment, carried_out
from oms.fulfillment.model import Status as WorkStatus
from oms.orders.kits import rolled_up
from oms.orders.model import Line, Order, Status, status
from oms.orders.states import gone_before

# Why units leave a line for another one that has them from then on.
_MOVED = frozenset({"method_changed", "edited"})


class ReturnRollup(StrEnum):
    """How much of an order came back."""

    NONE = "NONE"
    REQUESTED = "REQUESTED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"


_LINE_STATES = (
    *("open", "backordered", "allocated", "released", "picked", "packed"),
    *("ready", "shipped", "collected", "delivered", "return_requested", "returned", "lost"),
)
_UNTOLD = (WorkStatus.SCHEDULED, WorkStatus.ON_HOLD)
_GONE = {"pickup": "collected", "ship_to_store": "collected", "digital": "delivered"}


def quantities(order: Order, line: Line) -> dict[str, int]:
    """How many units of a line are in each state; they always sum to the units ordered.

    Those on their way to another node are packed: no customer gets them yet.
    """
    if line.apart:
        parts = [(one.each, quantities(order, one)) for one in order.pieces[line.line_no]]
        return rolled_up(parts, _LINE_STATES, order.cancelled.get(line.line_no, 0))
    counts = {**dict.fromkeys(_LINE_STATES, 0), "collected": carried_out(order.shipments, line.line_no)}
    for work, part in order.parts.get(line.line_no, ()):
        gone = _GONE.get(work.method, "shipped")
        counts[gone] += part.shipped
        counts["ready" if work.status is WorkStatus.READY else "packed"] += part.packed - part.shipped
        counts["picked"] += part.picked - part.packed
        counts["allocated" if work.status in _UNTOLD else "released"] += part.held - part.picked
    arrived = _arrived(order, line)
    counts["shipped"], counts["delivered"] = counts["shipped"] - arrived, counts["delivered"] + arrived
    counts["delivered"] += sum(one.quantity for one in gone_before(order.header.history) if one.line_no == line.line_no)
    missing, back = lost(order, line.line_no), _came_back(order, line)
    counts["lost"], counts["returned"] = missing, back
    for gone in ("shipped", "delivered", "collected"):
        taken = min(missing, counts[gone])
        counts[gone], missing = counts[gone] - taken, missing - taken
    for gone in ("delivered", "shipped", "collected"):
        taken = min(back, counts[gone])
        counts[gone], back = counts[gone] - taken, back - taken
    asked = in_returns(order, line.line_no)
    for gone in ("delivered", "collected", "shipped"):
        taken = min(asked, counts[gone])
        counts[gone], asked = counts[gone] - taken, asked - taken
        counts["return_requested"] += taken
    counts["cancelled"] = order.cancelled.get(line.line_no, 0)
    counts["backordered"] = order.backordered(line.line_no)
    known = sum(counts.values())
    if line.work:
        counts["open"] += line.quantity - known
    else:
        counts["delivered" if status(order) is Status.COMPLETED else "open"] += line.quantity - known
    return {state: count for state, count in counts.items() if count}


def _arrived(order: Order, line: Line) -> int:
    """Units of a line that carriers delivered."""
    parcels = (parcel for shipment in order.shipments for parcel in shipment.parcels)
    return sum(part.quantity for parcel in parcels for part in parcel.delivered if part.line_no == line.line_no)


def _came_back(order: Order, line: Line) -> int:
    """Units of a line that are back; what comes back of a first line beyond its own is of those that replace it."""
    first = first_line(order, line.line_no)
    back = order.returned(first) - paid_back(order, first)
    again = [one for one in order.lines if one.replaces == first]
    if not again:
        return back
    own: dict[int, int] = {}
    for one in (order.line(first), *again):
        own[one.line_no] = min(back, order.shipped(one.line_no) - lost(order, one.line_no))
        back -= own[one.line_no]
    return own[line.line_no]


def first_line(order: Order, line_no: int) -> int:
    """The line that has the money of some units: the line itself, or the one that it replaces units of."""
    return order.line(line_no).replaces or line_no


def lost(order: Order, line_no: int) -> int:
    """Units of a line that were claimed as lost or damaged; not those whose replacement was cancelled."""
    return sum(lost_in(order, shipment, line_no) for shipment in order.shipments)


def lost_in(order: Order, shipment: Shipment, line_no: int, tracking_number: str | None = None) -> int:
    """The same of one shipment, or of one of its parcels."""
    claims = (one for one in shipment.claims if tracking_number in (None, one.tracking_number))
    return sum(_stands(order, line) for claim in claims for line in claim.lines if line.line_no == line_no)


def paid_back(order: Order, line_no: int) -> int:
    """Units of a line that were paid back and are on no shelf: they never came back."""
    refunded = {claim.return_id for shipment in order.shipments for claim in shipment.claims}
    made = (line for one in order.returns if one.id in refunded for line in one.lines)
    return sum(line.quantity for line in made if line.line_no == line_no)


def not_replaced(order: Order, line_no: int) -> int:
    """Units of a first line that were lost and whose replacement has not left yet."""
    again = [line for line in order.lines if line.replaces == line_no]
    coming = sum(line.quantity - order.cancelled.get(line.line_no, 0) for line in again)
    return coming - sum(order.shipped(line.line_no) for line in again)


def in_returns(order: Order, line_no: int) -> int:
    """Units of a first line that are bound to returns by post and whose money is not owed yet."""
    lines = (one.line(line_no) for one in order.rmas if one.is_open)
    return sum(line.bound for line in lines if line is not None)


def return_status(order: Order) -> ReturnRollup:
    """How much of what has left came back, or is to come back."""
    first = [line for line in order.lines if line.part_of is None and line.replaces is None]
    left = sum(order.shipped(line.line_no) for line in first)
    back = sum(order.returned(line.line_no) for line in first)
    if back and back >= left:
        return ReturnRollup.RETURNED
    if back:
        return ReturnRollup.PARTIALLY_RETURNED
    return ReturnRollup.REQUESTED if any(one.is_open for one in order.rmas) else ReturnRollup.NONE


def with_customer(order: Order, line_no: int) -> int:
    """Units that the customer has, or that are on the way, of a first line and of all that replaced units of it."""
    return order.shipped(line_no) - order.returned(line_no) - not_replaced(order, line_no)


def _stands(order: Order, line: ClaimedLine) -> int:
    if line.replaced_by is None:
        return line.quantity
    return line.quantity - _cancelled(order, line.replaced_by)


def _cancelled(order: Order, line_no: int) -> int:
    """Units of a line that were cancelled there, or where they went from it."""
    gone = (one for one in order.header.cancellations if one.line_no == line_no and one.reason not in _MOVED)
    went = (one for one in order.lines if one.moved_from == line_no)
    return sum(one.quantity for one in gone) + sum(_cancelled(order, one.line_no) for one in went)
