"""Edits: what a caller may ask to change of an order, and what that makes of its lines. Pure.

No line is rewritten. Units that get another price, discount or address leave their line and have a line of their own
from then on; more units of a line are a line beside it; fewer are cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oms.orders.cancelling import cancellable
from oms.orders.edit_requests import (
    Action,
    AddDiscount,
    AddLine,
    ChangeAddress,
    ChangePrice,
    RemoveDiscount,
    SetQuantity,
)
from oms.orders.method_changes import movable, share_as_line
from oms.orders.model import Line, Order
from oms.orders.request import Address, Discount, LineRequest, Method
from oms.platform.money import shares_by_weight
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem, ScopeMissing

# An order that is edited without end could not be read in one piece any more.
MOST_CHANGES = 500
# Why units leave a line that has another price, discount or address from then on.
EDITED = "edited"
MAY_PRICE = "orders.change_price"


class EditOutdated(Problem):
    status = 409
    code = "edit_outdated"
    title = "The edit would do something else now than its preview said."
    remedy = "Look at a new preview and commit that, or commit the actions without a preview."


@dataclass(slots=True)
class Revision:
    """What becomes of units of a line that have a line of their own from then on."""

    units: int
    price: ChangePrice | None = None
    ship_to: Address | None = None
    discounts: list[Discount] = field(default_factory=list)
    without: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Staged:
    """What the actions of an edit come to together: units that go and come by line, and lines that are new.

    `because` is the action that each of these is of, by its position.
    """

    fewer: dict[int, int] = field(default_factory=dict)
    more: dict[int, int] = field(default_factory=dict)
    revised: dict[int, Revision] = field(default_factory=dict)
    lines: list[tuple[int, LineRequest]] = field(default_factory=list)
    because: dict[int, int] = field(default_factory=dict)


def stage(order: Order, actions: Sequence[Action], *, may_price: bool) -> Staged:
    """The actions of an edit, checked against what can still change; pointers name the action.

    Raises ActionNotAvailable for units that are picked or gone, InvalidRequest for what the order has not, ScopeMissing
    for prices of a caller who may not change them.
    """
    staged = Staged()
    for number, action in enumerate(actions):
        at = f"/actions/{number}"
        if isinstance(action, AddLine):
            staged.lines.append((number, action.line))
        elif isinstance(action, SetQuantity):
            _set_quantity(order, staged, action, number)
        elif isinstance(action, ChangePrice):
            _require_right(may_price, at)
            line = _line(order, action.line_no, f"{at}/line_no")
            if line.replaces is not None:
                raise _unable(f"Line {line.line_no} sends lost units again, without a price.", f"{at}/line_no")
            _revision(order, staged, line, number, action.quantity).price = action
        elif isinstance(action, ChangeAddress):
            for line in _sent(order, action.line_no, at):
                _revision(order, staged, line, number).ship_to = action.ship_to
        elif isinstance(action, AddDiscount):
            _require_right(may_price, at)
            _add_discount(order, staged, action, number)
        else:
            _require_right(may_price, at)
            for line in _discounted(order, action, at):
                _revision(order, staged, line, number).without.add(action.source)
    both = sorted(staged.fewer.keys() & staged.revised.keys())
    if both:
        detail = f"units of line {both[0]} go and change in one edit; make two of them"
        raise InvalidRequest(errors=[FieldError(f"/actions/{staged.because[both[0]]}", "ambiguous", detail)])
    return staged


def _set_quantity(order: Order, staged: Staged, action: SetQuantity, number: int) -> None:
    at = f"/actions/{number}"
    line = _line(order, action.line_no, f"{at}/line_no")
    if line.part_of is not None or (line.apart and action.quantity):
        raise _unable(f"Line {line.line_no} is a kit that may be split, or of one; add or cancel it whole.", at)
    difference = action.quantity - (line.quantity - order.cancelled.get(line.line_no, 0))
    _once(staged, line.line_no, number)
    if difference > 0:
        staged.more[line.line_no] = difference
    elif difference < 0:
        possible = cancellable(order, line)
        if -difference > possible:
            raise _unable(f"Only {possible} units of line {line.line_no} can still be cancelled.", f"{at}/quantity")
        staged.fewer[line.line_no] = -difference


def _add_discount(order: Order, staged: Staged, action: AddDiscount, number: int) -> None:
    """An order's discount is split by what the units of each line cost, by largest remainder."""
    at = f"/actions/{number}"
    if action.line_no is not None:
        lines = [_line(order, action.line_no, f"{at}/line_no")]
    else:
        lines = [line for line in order.lines if line.replaces is None and movable(order, line)]
    units = {line.line_no: movable(order, line) for line in lines}
    shares = [share_as_line(order, line, units[line.line_no]) for line in lines if units[line.line_no]]
    worth = [one.unit_price * one.quantity - sum(off.amount for off in one.discounts) for one in shares]
    if action.discount.amount > sum(worth):
        detail = f"the units that are not picked cost {sum(worth)}"
        raise InvalidRequest(errors=[FieldError(f"{at}/discount/amount", "discount_above_goods", detail)])
    own = [line for line in lines if units[line.line_no]]
    for line, amount in zip(own, shares_by_weight(action.discount.amount, worth), strict=True):
        if amount:
            part = action.discount.model_copy(update={"amount": amount})
            _revision(order, staged, line, number).discounts.append(part)


def _revision(order: Order, staged: Staged, line: Line, number: int, units: int | None = None) -> Revision:
    """What becomes of units of a line; of all that have not left, where the action names none."""
    possible = movable(order, line)
    open_units = line.quantity - order.cancelled.get(line.line_no, 0) - order.shipped(line.line_no)
    wanted = open_units if units is None else units
    if not wanted or wanted > possible:
        detail = f"{possible} of {open_units} open units of line {line.line_no} are not picked."
        raise _unable(detail, f"/actions/{number}")
    known = staged.revised.get(line.line_no)
    if known is None:
        known = staged.revised[line.line_no] = Revision(wanted)
    elif units is not None and known.units != units:
        raise _unable(f"Two actions are about other units of line {line.line_no}.", f"/actions/{number}")
    staged.because.setdefault(line.line_no, number)
    return known


def _once(staged: Staged, line_no: int, number: int) -> None:
    if line_no in staged.fewer or line_no in staged.more:
        detail = f"the quantity of line {line_no} is set twice"
        raise InvalidRequest(errors=[FieldError(f"/actions/{number}/line_no", "repeated", detail)])
    staged.because.setdefault(line_no, number)


def _sent(order: Order, line_no: int | None, at: str) -> list[Line]:
    named = order.lines if line_no is None else [_line(order, line_no, f"{at}/line_no")]
    goods = [line for line in named if line.agreed.method is Method.SHIP and line.part_of is None]
    found = [line for line in goods if line.claims_stock and _is_open(order, line)]
    if not found:
        raise _unable("Nothing of it is to be sent any more.", at)
    return found


def _discounted(order: Order, action: RemoveDiscount, at: str) -> list[Line]:
    named = order.lines if action.line_no is None else [_line(order, action.line_no, f"{at}/line_no")]
    found = [line for line in named if any(one.source == action.source for one in line.agreed.discounts)]
    left = [line for line in found if _is_open(order, line)]
    if not left:
        detail = f"no line that has units to come has a discount of {action.source}"
        raise InvalidRequest(errors=[FieldError(f"{at}/source", "unknown_discount", detail)])
    return left


def _is_open(order: Order, line: Line) -> bool:
    return line.quantity > order.cancelled.get(line.line_no, 0) + order.shipped(line.line_no)


def _line(order: Order, line_no: int, pointer: str) -> Line:
    if line_no > len(order.lines):
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_line", f"there is no line {line_no}")])
    return order.line(line_no)


def _require_right(may_price: bool, pointer: str) -> None:
    if not may_price:
        raise ScopeMissing(f"The scope {MAY_PRICE} is missing.", pointer=pointer)


def _unable(detail: str, pointer: str) -> ActionNotAvailable:
    return ActionNotAvailable(detail, pointer=pointer)
