"""Taking units out of an order: which may go, and where their claims lie. Pure rules, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.fulfillment.events import EventLine, FulfillmentOrderCancelled
from oms.fulfillment.model import TRANSITIONS, Action, FulfillmentOrder, Status
from oms.fulfillment.model import cancel as cancel_work
from oms.orders.events import CancelledLine, OrderCancelled, OrderLinesCancelled
from oms.orders.model import Claim, Line, Order, cancellable
from oms.orders.request import LineQuantity
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Units whose claim at a node ends; `allocated` where the claim was firm."""

    sku: str
    node_id: str
    quantity: int
    allocated: bool


def units_to_cancel(order: Order, lines: Sequence[LineQuantity] | None) -> dict[int, int]:
    """Units per line number, checked against what can still be cancelled; without lines, all of that.

    When no goods remain, the lines that only accompany them, such as postage, are cancelled too.
    """
    possible = {line.line_no: cancellable(order, line) for line in order.lines}
    if lines is None:
        require_something(order)
        return {line_no: units for line_no, units in possible.items() if units}
    wanted: dict[int, int] = {}
    for index, asked in enumerate(lines):
        if asked.line_no not in possible:
            raise InvalidRequest(
                errors=[FieldError(f"/lines/{index}/line_no", "unknown_line", f"there is no line {asked.line_no}")]
            )
        wanted[asked.line_no] = wanted.get(asked.line_no, 0) + asked.quantity
        if wanted[asked.line_no] > possible[asked.line_no]:
            raise ActionNotAvailable(
                f"Only {possible[asked.line_no]} units of line {asked.line_no} can still be cancelled.",
                pointer=f"/lines/{index}/quantity",
            )
    goods = [line for line in order.work_lines if line.claims_stock] or order.work_lines
    if all(order.cancelled.get(line.line_no, 0) + wanted.get(line.line_no, 0) == line.quantity for line in goods):
        wanted.update(
            {line.line_no: possible[line.line_no] for line in order.lines if not line.work and possible[line.line_no]}
        )
    return wanted


def require_something(order: Order) -> None:
    """Refuse where no unit can be cancelled any more."""
    if not any(cancellable(order, line) for line in order.lines):
        raise ActionNotAvailable("Nothing of this order can be cancelled any more.")


# A part of a cancellation may touch several nodes per line, each with its stock row and its work.
LINES_PER_PART = 20


def cancellation_parts(
    order: Order, lines: Sequence[LineQuantity] | None
) -> Sequence[Sequence[LineQuantity] | range | None]:
    """A cancellation cut so that each part fits one transaction; small ones stay whole. The same for every repeat."""
    if lines is None:
        if len(order.lines) <= LINES_PER_PART:
            return [None]
        numbers = range(1, len(order.lines) + 1)
        return [numbers[start : start + LINES_PER_PART] for start in range(0, len(numbers), LINES_PER_PART)]
    return [lines[start : start + LINES_PER_PART] for start in range(0, len(lines), LINES_PER_PART)]


def what_is_left(order: Order, numbers: range) -> dict[int, int]:
    """The units of some lines that can still be cancelled."""
    units = {number: cancellable(order, order.line(number)) for number in numbers}
    return {number: count for number, count in units.items() if count}


def open_claims(order: Order, line: Line) -> list[Claim]:
    """What is still claimed for a line that is not yet allocated: cancelled units left the last claims first."""
    gone = order.cancelled.get(line.line_no, 0)
    claims: list[Claim] = []
    for claim in reversed(line.claims):
        taken = min(gone, claim.quantity)
        gone -= taken
        if claim.quantity > taken:
            claims.insert(0, Claim(node_id=claim.node_id, quantity=claim.quantity - taken))
    return claims


def take_out(order: Order, wanted: Mapping[int, int]) -> tuple[list[FulfillmentOrder], list[GivenBack]]:
    """The fulfilment orders without the cancelled units, and the claims that end."""
    if not order.header.sourced:
        if order.fulfillment_orders:
            raise ActionNotAvailable("The order is being handed to its nodes; repeat the call in a moment.")
        return [], _reserved(order, wanted)
    changed: list[FulfillmentOrder] = []
    back: list[GivenBack] = []
    left = {line_no: max(0, units - _with_nobody(order, line_no)) for line_no, units in wanted.items()}
    for work in reversed(order.fulfillment_orders):
        if work.status not in TRANSITIONS[Action.CANCEL]:
            continue
        units = {}
        for part in work.lines:
            free = part.quantity - part.cancelled - max(part.packed, part.shipped)
            taken = min(left.get(part.line_no, 0), free)
            if taken:
                units[part.line_no] = taken
                left[part.line_no] -= taken
                if order.line(part.line_no).claims_stock:
                    back.append(GivenBack(part.sku, work.node_id, taken, allocated=True))
        if units:
            changed.append(cancel_work(work, units))
    return changed, back


def _with_nobody(order: Order, line_no: int) -> int:
    """Units of a sourced line that no node works on any more, because it rejected them."""
    given = sum(
        part.quantity - part.cancelled
        for work in order.fulfillment_orders
        if work.status is not Status.REJECTED
        for part in work.lines
        if part.line_no == line_no
    )
    return order.line(line_no).quantity - order.cancelled.get(line_no, 0) - given if order.line(line_no).work else 0


def _reserved(order: Order, wanted: Mapping[int, int]) -> list[GivenBack]:
    back = []
    for line_no, units in wanted.items():
        line = order.line(line_no)
        for claim in reversed(open_claims(order, line)):
            taken = min(units, claim.quantity)
            units -= taken
            if taken:
                back.append(GivenBack(line.agreed.sku, claim.node_id, taken, allocated=False))
    return back


def cancellation_events(
    order: Order, wanted: Mapping[int, int], work: Sequence[FulfillmentOrder], reason: str
) -> list[EventData]:
    """What is told: each node what left its work, then everybody what left the order."""
    before = {w.id: w for w in order.fulfillment_orders}
    events: list[EventData] = [_work_cancelled(before[after.id], after) for after in work]
    header = order.header
    nothing_left = all(
        order.cancelled.get(line.line_no, 0) + wanted.get(line.line_no, 0) == line.quantity for line in order.lines
    )
    lines = tuple(
        CancelledLine(line_no=n, sku=order.line(n).agreed.sku, quantity=units) for n, units in sorted(wanted.items())
    )
    events.append(
        OrderLinesCancelled(
            order_id=header.id, external_id=header.external_id, lines=lines, reason=reason, nothing_left=nothing_left
        )
    )
    if nothing_left:
        events.append(OrderCancelled(order_id=header.id, external_id=header.external_id, reason=reason))
    return events


def _work_cancelled(before: FulfillmentOrder, after: FulfillmentOrder) -> FulfillmentOrderCancelled:
    lines = tuple(
        EventLine(line_no=now.line_no, sku=now.sku, quantity=now.cancelled - was.cancelled)
        for was, now in zip(before.lines, after.lines, strict=True)
        if now.cancelled > was.cancelled
    )
    return FulfillmentOrderCancelled(
        order_id=after.order_id,
        fulfillment_order_id=after.id,
        node_id=after.node_id,
        lines=lines,
        nothing_left=after.status in (Status.CANCELLED, Status.COMPLETED),
    )
