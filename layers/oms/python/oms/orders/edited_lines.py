"""The lines that an edit makes: units at other prices or elsewhere, more units of a line, and lines that are new. Pure.

Amounts are integers in minor units of the order's currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.orders.charges import charges_left
from oms.orders.editing import Revision, Staged
from oms.orders.events import MovedLine
from oms.orders.method_changes import share_as_line
from oms.orders.model import Group, Line, Order
from oms.orders.request import Discount, LineRequest, TaxPart
from oms.orders.writes import Additions
from oms.platform.money import shares_by_weight
from oms.platform.problems import FieldError, InvalidRequest


def additions(order: Order, staged: Staged, groups: Sequence[Group], new: Sequence[Line]) -> Additions | None:
    """The lines that come: units that change, more units of lines, and the `new` lines with their `groups`.

    Discounts above what the goods cost raise InvalidRequest.
    """
    lines: list[Line] = []
    own: list[Group] = []
    first = len(order.lines) + 1

    def group_of(group: Group) -> int:
        """An order's parcel to the same place takes it along; else it is a group of its own."""
        known = [*order.header.groups, *own]
        wanted = _way(group)
        same = next((one.group_no for one in known if one.promise is None and _way(one) == wanted), None)
        if same is not None:
            return same
        own.append(group.model_copy(update={"group_no": len(known) + 1}))
        return len(known) + 1

    for line_no, change in staged.revised.items():
        line = order.line(line_no)
        group = order.header.groups[line.group_no - 1]
        moved = change.ship_to is not None
        number = group_of(group.model_copy(update={"ship_to": change.ship_to, "promise": None})) if moved else None
        agreed = revised_line(order, line, change)
        _refuse_discounts(agreed, staged.because[line_no])
        made: dict[str, object] = {"line_no": first + len(lines), "agreed": agreed, "claims": ()}
        lines.append(line.model_copy(update={**made, "group_no": number or line.group_no, "moved_from": line_no}))
    for line_no, units in staged.more.items():
        line = order.line(line_no)
        made = {"line_no": first + len(lines), "agreed": grown_line(line, units), "claims": ()}
        lines.append(line.model_copy(update={**made, "replaces": None, "moved_from": None, "change": None}))
    numbers = {group.group_no: group_of(group) for group in groups}
    behind = len(order.lines) + len(lines)
    for line in new:
        kit = line.part_of
        moved_kit = kit.model_copy(update={"line_no": kit.line_no + behind}) if kit else None
        made = {"line_no": behind + line.line_no, "group_no": numbers[line.group_no], "part_of": moved_kit}
        # What accompanies goods leaves with the first parcel; once that has left, it is work of its own.
        lines.append(line.model_copy(update={**made, "work": line.claims_stock or line.apart or charges_left(order)}))
    return Additions(groups=tuple(own), lines=tuple(lines)) if lines else None


def moved_lines(added: Additions | None, units: Mapping[int, int]) -> tuple[MovedLine, ...]:
    """The units that have a line of their own from then on, as they are told."""
    return tuple(
        MovedLine(from_line_no=was, line_no=one.line_no, sku=one.agreed.sku, quantity=units[was])
        for one in (added.lines if added else ())
        if (was := one.moved_from) is not None
    )


def paid_by(added: Additions, order: Order, number: int) -> Additions:
    """The same lines, of which those that made the order dearer wait for the tender of a change order."""

    def dearer(line: Line) -> bool:
        if line.moved_from is None:
            return line.part_of is not None or line.agreed.total > 0
        was = order.line(line.moved_from).agreed
        return line.agreed.unit_price > was.unit_price or len(line.agreed.discounts) < len(was.discounts)

    lines = tuple(one.model_copy(update={"change": number}) if dearer(one) else one for one in added.lines)
    return added.model_copy(update={"lines": lines})


def _way(group: Group) -> tuple[object, ...]:
    return (group.method, group.ship_to, group.pickup_node, group.service)


def revised_line(order: Order, line: Line, change: Revision) -> LineRequest:
    """The units as they are agreed now: with exactly their share of the old money, and then what changes of it."""
    own = share_as_line(order, line, change.units)
    kept = [one for one in own.discounts if one.source not in change.without]
    price = own.unit_price if change.price is None else change.price.unit_price
    discounts = _by_source([*kept, *change.discounts])
    tax, taxes = own.tax, own.taxes
    if change.price is not None and change.price.tax is not None:
        tax, taxes = change.price.tax, change.price.taxes
    else:
        before = own.unit_price * own.quantity - sum(one.amount for one in own.discounts)
        now = price * own.quantity - sum(one.amount for one in discounts)
        tax, taxes = scaled_tax(own, now, before)
    if change.ship_to is not None:
        own = own.model_copy(update={"ship_to": change.ship_to})
    return summed_line(own.model_copy(update={"unit_price": price, "discounts": discounts, "tax": tax, "taxes": taxes}))


def grown_line(line: Line, units: int) -> LineRequest:
    """More units of a line at its unit price and tax; its discounts and charges are not extended to them."""
    agreed = line.agreed
    before = agreed.unit_price * agreed.quantity - sum(one.amount for one in agreed.discounts)
    tax, taxes = scaled_tax(agreed, agreed.unit_price * units, before)
    more = {"line_id": None, "quantity": units, "discounts": (), "charges": (), "tax": tax, "taxes": taxes}
    return summed_line(agreed.model_copy(update=more))


def scaled_tax(line: LineRequest, now: int, before: int) -> tuple[int, tuple[TaxPart, ...]]:
    """The tax of goods that cost so much `now`, as it was of what they cost `before`, half up, and its parts."""
    if before <= 0:
        return 0, ()
    tax = (2 * line.tax * now + before) // (2 * before)
    known = [one.amount or 0 for one in line.taxes]
    shares = shares_by_weight(tax, [*known, line.tax - sum(known)]) if known else []
    parts = zip(line.taxes, shares, strict=False)
    return tax, tuple(one.model_copy(update={"amount": amount}) for one, amount in parts)


def summed_line(line: LineRequest) -> LineRequest:
    """A line with the total that its parts add up to."""
    off = sum(one.amount for one in line.discounts)
    charges = sum(one.amount + one.tax for one in line.charges)
    return line.model_copy(update={"total": line.unit_price * line.quantity - off + charges + line.tax})


def _refuse_discounts(line: LineRequest, number: int) -> None:
    """Refuse an action that would take more off than the goods cost then, as it is when an order is placed."""
    goods, off = line.unit_price * line.quantity, sum(one.amount for one in line.discounts)
    if off > goods:
        detail = f"{off} is taken off of goods for {goods}; take discounts out with it, or ask for less"
        raise InvalidRequest(errors=[FieldError(f"/actions/{number}", "discount_above_goods", detail)])


def _by_source(discounts: Sequence[Discount]) -> tuple[Discount, ...]:
    sums: dict[str, int] = {}
    for one in discounts:
        sums[one.source] = sums.get(one.source, 0) + one.amount
    return tuple(Discount(amount=amount, source=source) for source, amount in sums.items() if amount)
