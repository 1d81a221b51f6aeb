"""Taking units out of an order: which may go, where their claims lie, and which a node must be asked for.

Pure rules, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.writes import ask_for_units, cancel_units, may_ask, may_cancel, recall_units
from oms.orders.backorders import fewer, set_free
from oms.orders.charges import charges_left
from oms.orders.claims import open_claims
from oms.orders.events import CancelledLine, OrderCancelled, OrderLinesCancelled
from oms.orders.model import Cancellation, Header, Line, Order, Status, status
from oms.orders.request import LineQuantity
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest

# A part of a cancellation may touch several nodes per line, each with its stock row and its work.
LINES_PER_PART = 4


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Units whose claim at a node ends; `allocated` where the claim was firm."""

    sku: str
    node_id: str
    quantity: int
    allocated: bool


@dataclass(slots=True)
class TakenOut:
    """What a cancellation comes to: units per line that are gone now, and the work, claims and facts that follow.

    `waiting` are those of them that waited for stock. What is wanted and not gone now waits for the answer of a node.
    """

    units: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    work: list[FulfillmentOrder] = field(default_factory=list)
    given_back: list[GivenBack] = field(default_factory=list)
    events: list[EventData] = field(default_factory=list)

    def add(self, line_no: int, units: int) -> None:
        if units:
            self.units[line_no] = self.units.get(line_no, 0) + units


def cancellable(order: Order, line: Line) -> int:
    """Units of a line that have not left and that no node is being asked for.

    A kit that is apart goes as a whole: only units none of whose components a node has taken.
    """
    if line.part_of is not None:
        return 0
    if status(order) in (Status.COMPLETED, Status.CANCELLED) or (not line.work and charges_left(order)):
        return 0
    if line.apart:
        return min(_free(order, one) // one.each for one in order.pieces[line.line_no])
    asked = sum(work.asked.get(line.line_no, 0) for work in order.fulfillment_orders)
    return line.quantity - order.cancelled.get(line.line_no, 0) - order.shipped(line.line_no) - asked


def _free(order: Order, line: Line) -> int:
    """Units of a component's line that no node has taken."""
    if not order.header.sourced:
        return line.quantity - order.cancelled.get(line.line_no, 0)
    waiting = sum(part.remaining for work, part in order.parts.get(line.line_no, ()) if may_cancel(work))
    return waiting + _with_nobody(order, line.line_no)


def units_to_cancel(order: Order, lines: Sequence[LineQuantity] | None) -> dict[int, int]:
    """Units per line number, checked against what can still be cancelled; without lines, all of the work."""
    if lines is None:
        require_something(order)
        return what_is_left(order, range(1, len(order.lines) + 1))
    possible = {line.line_no: cancellable(order, line) for line in order.lines}
    wanted: dict[int, int] = {}
    for index, asked in enumerate(lines):
        if asked.line_no not in possible:
            raise InvalidRequest(
                errors=[FieldError(f"/lines/{index}/line_no", "unknown_line", f"there is no line {asked.line_no}")]
            )
        kit = order.line(asked.line_no).part_of
        if kit is not None:
            detail = f"it is a component of line {kit.line_no}; cancel units of that line"
            raise InvalidRequest(errors=[FieldError(f"/lines/{index}/line_no", "part_of_kit", detail)])
        wanted[asked.line_no] = wanted.get(asked.line_no, 0) + asked.quantity
        if wanted[asked.line_no] > possible[asked.line_no]:
            raise ActionNotAvailable(
                f"Only {possible[asked.line_no]} units of line {asked.line_no} can still be cancelled.",
                pointer=f"/lines/{index}/quantity",
            )
    return wanted


def require_something(order: Order) -> None:
    """Refuse a cancellation of an order that is over."""
    if status(order) in (Status.COMPLETED, Status.CANCELLED):
        raise ActionNotAvailable("Nothing of this order can be cancelled any more.")


def cancellation_parts(
    order: Order, lines: Sequence[LineQuantity] | None
) -> Sequence[Sequence[LineQuantity] | range | None]:
    """A cancellation cut so that each part fits one transaction; small ones stay whole. The same for every repeat."""
    if lines is None:
        numbers = range(1, len(order.lines) + 1)
        ends = _cuts([_rows(order, number) for number in numbers])
        return [numbers[start:end] for start, end in ends] if len(ends) > 1 else [None]
    return [lines[start:end] for start, end in _cuts([_rows(order, one.line_no) for one in lines])]


def _rows(order: Order, line_no: int) -> int:
    """As how many lines a line counts: a kit as one for each component, and these not again."""
    if not 0 < line_no <= len(order.lines):
        return 1
    line = order.line(line_no)
    return len(line.components) or (1 if line.part_of is None else 0)


def _cuts(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Where a list is cut so that each part has one entry, or more that count as no more lines than a part may."""
    cuts, start, room = [], 0, LINES_PER_PART
    for position, count in enumerate(rows):
        if position > start and count > room:
            cuts.append((start, position))
            start, room = position, LINES_PER_PART
        room -= count
    return [*cuts, (start, len(rows))]


def what_is_left(order: Order, numbers: range) -> dict[int, int]:
    """The units of some lines that can still be cancelled; what only accompanies goods goes with the last of them."""
    units = {number: cancellable(order, order.line(number)) for number in numbers if order.line(number).work}
    return {number: count for number, count in units.items() if count}


def take_out(order: Order, wanted: Mapping[int, int], reason: str) -> TakenOut:
    """Take out units that nobody works on, then those of work that no node has taken, and ask for the others.

    Units on their way from one node to another are taken out, too: they stay where they arrive.
    Units that wait for stock go first.
    """
    taken = TakenOut(waiting={n: min(units, order.backordered(n)) for n, units in wanted.items()})
    kits = {line_no: units for line_no, units in wanted.items() if order.line(line_no).apart}
    parts = {one.line_no: one.each * units for line_no, units in kits.items() for one in order.pieces[line_no]}
    wanted = {line_no: units for line_no, units in wanted.items() if line_no not in kits} | parts
    taken.units = kits
    if not order.header.sourced:
        if order.fulfillment_orders:
            raise ActionNotAvailable("The order is being handed to its nodes; repeat the call in a moment.")
        taken.units |= wanted
        taken.given_back = _reserved(order, {n: units - taken.waiting.get(n, 0) for n, units in wanted.items()})
        return taken
    left = {}
    for line_no, units in wanted.items():
        free = min(units, _with_nobody(order, line_no))
        taken.add(line_no, free)
        left[line_no] = units - free
    for work in reversed(order.fulfillment_orders):
        units_of = _some(work, left) if may_cancel(work) else {}
        if units_of:
            after, cancelled = cancel_units(work, units_of)
            taken.work.append(after)
            taken.events.append(cancelled)
            for line_no, units in units_of.items():
                taken.add(line_no, units)
                taken.given_back += _given_back(order.line(line_no), work.node_id, units, allocated=True)
    recalled: dict[str, FulfillmentOrder] = {}
    for work in reversed(order.fulfillment_orders):
        units_of = _on_their_way(work, left)
        if units_of:
            recalled[work.id], told = recall_units(work, units_of)
            taken.events.append(told)
            for line_no, units in units_of.items():
                taken.add(line_no, units)
    for work in reversed(order.fulfillment_orders):
        units_of = _some(work, left) if may_ask(work) else {}
        if units_of:
            after, requested = ask_for_units(recalled.pop(work.id, work), units_of, reason)
            taken.work.append(after)
            taken.events.append(requested)
    taken.work += recalled.values()
    return taken


def _some(work: FulfillmentOrder, left: dict[int, int]) -> dict[int, int]:
    """What of the units that are left to take a piece of work can give; they are taken off."""
    units = {}
    for part in work.lines:
        taken = min(left.get(part.line_no, 0), part.remaining - work.asked.get(part.line_no, 0))
        if taken:
            units[part.line_no] = taken
            left[part.line_no] -= taken
    return units


def _on_their_way(leg: FulfillmentOrder, left: dict[int, int]) -> dict[int, int]:
    """What of the units that are left to take is on its way to another node; it is taken off."""
    units = {}
    for part in leg.lines:
        taken = min(left.get(part.line_no, 0), part.in_transit)
        if taken:
            units[part.line_no] = taken
            left[part.line_no] -= taken
    return units


def _with_nobody(order: Order, line_no: int) -> int:
    """Units of a sourced line that no node works on: it gave them up, or the line needs no node."""
    held = sum(part.held for _, part in order.parts.get(line_no, ()))
    return order.line(line_no).quantity - order.cancelled.get(line_no, 0) - held


def _reserved(order: Order, wanted: Mapping[int, int]) -> list[GivenBack]:
    back = []
    for line_no, units in wanted.items():
        line = order.line(line_no)
        for claim in reversed(open_claims(order, line)):
            taken = min(units, claim.quantity)
            units -= taken
            back += _given_back(line, claim.node_id, taken, allocated=False)
    return back


def _given_back(line: Line, node_id: str, units: int, *, allocated: bool) -> list[GivenBack]:
    return [GivenBack(sku, node_id, count, allocated) for sku, count in line.stock(units).items() if count]


def cancelled_units(
    order: Order, units: Mapping[int, int], reason: str, waiting: Mapping[int, int] = MappingProxyType({})
) -> tuple[Header, list[EventData]]:
    """The header of an order without some units, and what is told of it; `waiting` are those that had no stock.

    When no goods remain, the lines that only accompany them, such as postage, are cancelled too.
    """
    header = order.header
    gone = {**units, **(_companions(order) if _no_goods_left(order, units) else {})}
    nothing_left = not any(_left(order, line, gone) for line in order.lines)
    events: list[EventData] = [
        OrderLinesCancelled(
            order_id=header.id,
            external_id=header.external_id,
            lines=tuple(
                CancelledLine(line_no=n, sku=order.line(n).agreed.sku, quantity=count)
                for n, count in sorted(gone.items())
            ),
            reason=reason,
            nothing_left=nothing_left,
        )
    ]
    if nothing_left:
        events.append(OrderCancelled(order_id=header.id, external_id=header.external_id, reason=reason))
    cancelled = tuple(Cancellation(line_no=n, quantity=count, reason=reason) for n, count in gone.items())
    changes = {
        "cancellations": with_cancelled(header.cancellations, cancelled),
        "backorders": fewer(header.backorders, waiting),
        "in_review": header.in_review and not nothing_left,
    }
    after = header.model_copy(update=changes)
    return after, [*events, *set_free(order, after)]


def with_cancelled(known: Iterable[Cancellation], more: Iterable[Cancellation]) -> tuple[Cancellation, ...]:
    """What is cancelled with more of it: units of one line for one reason are one entry, however often some went."""
    sums: dict[tuple[int, str], int] = {}
    for one in (*known, *more):
        sums[one.line_no, one.reason] = sums.get((one.line_no, one.reason), 0) + one.quantity
    return tuple(Cancellation(line_no=n, quantity=units, reason=why) for (n, why), units in sums.items())


def _companions(order: Order) -> dict[int, int]:
    """What is left of the lines without work, unless it has left with goods."""
    if charges_left(order):
        return {}
    return {line.line_no: _left(order, line, {}) for line in order.lines if not line.work and _left(order, line, {})}


def _no_goods_left(order: Order, units: Mapping[int, int]) -> bool:
    goods = [line for line in order.work_lines if line.claims_stock] or order.work_lines
    return not any(_left(order, line, units) for line in goods)


def _left(order: Order, line: Line, units: Mapping[int, int]) -> int:
    """Units of a line that are not cancelled once these are."""
    return line.quantity - order.cancelled.get(line.line_no, 0) - units.get(line.line_no, 0)
