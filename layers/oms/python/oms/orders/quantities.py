"""How many units of a line are in each state. Pure, from the children of the order."""

from __future__ import annotations

from oms.fulfillment.model import Status as WorkStatus
from oms.fulfillment.model import carried_out
from oms.orders.kits import rolled_up
from oms.orders.model import Line, Order, Status, status

_LINE_STATES = (
    *("open", "backordered", "allocated", "released", "picked", "packed"),
    *("ready", "shipped", "collected", "delivered", "returned"),
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
    back = order.returned(line.line_no)
    counts["returned"] = back
    for gone in ("delivered", "shipped", "collected"):
        taken = min(back, counts[gone])
        counts[gone], back = counts[gone] - taken, back - taken
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
