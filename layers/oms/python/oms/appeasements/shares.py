"""On which lines goodwill falls, and how much of their tax goes with it. Pure; amounts in minor units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from oms.appeasements.model import On, Part
from oms.appeasements.refusals import OverRefund, Undelivered
from oms.orders.amounts import Taxes, goods_taxes, less_taxes, share, summed_taxes, taxed, taxes_of
from oms.orders.charges import charges_left, line_total, shipping_taxes
from oms.orders.model import Line, Order
from oms.payments.refunds import SHIPPING
from oms.platform.money import share_up_to
from oms.platform.problems import FieldError, InvalidRequest


@dataclass(frozen=True, slots=True)
class TaxBase:
    """The same of the tax of one jurisdiction: all of it, what no goodwill has given yet, and what was given."""

    jurisdiction: str | None
    tax: int
    left: int
    done: int


@dataclass(frozen=True, slots=True)
class Base:
    """What goodwill on a line, or on shipping, is measured by.

    `net` and `tax` are of all of it, `given` the goodwill before; `delivered` is the net of what has left and was not
    given back by returns, and `tax_left` the tax of that which no goodwill has given yet. `done` is the net of which
    `tax_done` was given: of a line by goodwill, whose returns are counted in units, of shipping by returns as well.
    Where the jurisdictions of the tax are known, `taxes` has each of them.
    """

    line_no: int
    net: int
    tax: int
    delivered: int
    given: int
    tax_left: int
    done: int
    tax_done: int
    taxes: tuple[TaxBase, ...] = ()

    @property
    def room(self) -> int:
        """How much goodwill it can still take."""
        return max(self.delivered - self.given, 0)


def goods_of(order: Order) -> int:
    """The order's goods net of discount, without what was cancelled."""
    return sum(_net(line, line.quantity - order.cancelled.get(line.line_no, 0)) for line in _sold(order))


def bases(order: Order, on: On, lines: Sequence[int], given: Mapping[int, Part]) -> list[Base]:
    """What the goodwill is for, as far as it was delivered and kept.

    Raises InvalidRequest for a line that the order does not have, Undelivered where nothing has left.
    """
    if on is On.SHIPPING:
        found = [_shipping(order, given)]
    elif on in (On.ORDER, On.TAX):
        found = [_base(order, line, given) for line in _sold(order)]
        found += [_shipping(order, given)] if on is On.TAX else []
    else:
        found = [_base(order, _named(order, position, line_no), given) for position, line_no in enumerate(lines)]
        for position, base in enumerate(found):
            if not base.delivered:
                raise Undelivered(f"Nothing of line {base.line_no} was delivered.", pointer=f"/lines/{position}")
    if not any(base.delivered for base in found):
        raise Undelivered(pointer="/on")
    return sorted(found, key=lambda base: base.line_no)


def share_out(amount: int, found: Sequence[Base]) -> tuple[Part, ...]:
    """An amount shared out over what was delivered and not given yet, by largest remainder, each with its tax.

    Raises OverRefund for more than there is.
    """
    whole = sum(base.room for base in found)
    if amount > whole:
        raise OverRefund(f"{amount} is more than the {whole} that was paid for it and not given.", pointer="/amount")
    nets = _split(amount, [base.room for base in found])
    return tuple(_part(base, net) for base, net in zip(found, nets, strict=True) if net)


def share_out_of_tax(amount: int, found: Sequence[Base]) -> tuple[Part, ...]:
    """An amount that includes its own tax, shared out by the tax that was paid and not given yet.

    What is owed to an authority is owed whatever we give: so each share is less price, with the tax that goes with it.
    Raises OverRefund for more than there is.
    """
    whole = sum(base.tax_left for base in found)
    if amount > whole:
        raise OverRefund(f"{amount} is more than the {whole} of tax that was paid and not given.", pointer="/amount")
    shares = _split(amount, [base.tax_left for base in found])
    return tuple(_part_with_tax(base, share) for base, share in zip(found, shares, strict=True) if share)


def _part_with_tax(base: Base, total: int) -> Part:
    """The part whose price and tax come to exactly an amount."""
    low, high = 0, min(base.room, total)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _comes_to(_part(base, middle)) <= total else (low, middle - 1)
    part = _part(base, low)
    if _comes_to(part) == total:
        return part
    # Price and tax grow by a unit together: then the tax is a unit behind its running sum, and the next grant's more.
    if low == min(base.room, total):
        detail = f"{total} is more than the price of line {base.line_no} that was not given, with its tax."
        raise OverRefund(detail, pointer="/amount")
    return _less_tax(part, _part(base, low + 1), total)


def _less_tax(lower: Part, upper: Part, total: int) -> Part:
    """The upper part with as much less tax, of those jurisdictions that it has more of, as it comes to too much."""
    excess = _comes_to(upper) - total
    known, taxes = taxes_of(lower.tax, lower.taxes), dict(taxes_of(upper.tax, upper.taxes))
    for name, tax in taxes.items():
        taken = min(excess, tax - known.get(name, 0))
        taxes[name], excess = tax - taken, excess - taken
    return Part(line_no=upper.line_no, net=upper.net, tax=sum(taxes.values()), taxes=taxed(taxes))


def _comes_to(part: Part) -> int:
    return part.net + part.tax


def _split(amount: int, rooms: Sequence[int]) -> list[int]:
    """An amount split in proportion by largest remainder, of equal ones to the first."""
    whole = sum(rooms)
    shares = [amount * room // whole for room in rooms]
    behind = sorted(range(len(rooms)), key=lambda n: (-(amount * rooms[n] % whole), n))
    for position in behind[: amount - sum(shares)]:
        shares[position] += 1
    return shares


def require_room(parts: Sequence[Part], found: Sequence[Base]) -> None:
    """Refuse goodwill that waited and is more by now than what was paid for its lines and not given back."""
    rooms = {base.line_no: base for base in found}
    for part in parts:
        base = rooms[part.line_no]
        left = {one.jurisdiction: one.left for one in base.taxes}
        more_tax = any(one.amount > left.get(one.jurisdiction, 0) for one in part.taxes)
        if part.net > base.room or part.tax > base.tax_left or more_tax:
            detail = f"{part.net} was asked for line {part.line_no}, and {base.room} is left of it."
            raise OverRefund(detail, pointer="/decision")


def percent_of(found: Sequence[Base], percent: int) -> int:
    """A share of what was delivered, rounded half up."""
    return share_up_to(sum(base.delivered for base in found), percent, 100)


def percent_of_tax(found: Sequence[Base], percent: int) -> int:
    """A share of the tax that was paid and not given yet, rounded half up."""
    return share_up_to(sum(base.tax_left for base in found), percent, 100)


def as_coupon(parts: Sequence[Part], on: On) -> tuple[Part, ...]:
    """Parts that are given as a coupon: they have no tax, since what it is used for is taxed at its lower price."""
    return tuple(Part(line_no=one.line_no, net=one.net + (one.tax if on is On.TAX else 0), tax=0) for one in parts)


def parts_of(found: Sequence[Base], on: On, amount: int | None, percent: int | None) -> tuple[Part, ...]:
    """An amount or a percentage shared out; nothing where it comes to nothing. More than there is raises OverRefund."""
    if on is On.TAX:
        wanted = percent_of_tax(found, percent or 0) if amount is None else amount
        return share_out_of_tax(wanted, found) if wanted else ()
    wanted = percent_of(found, percent or 0) if amount is None else amount
    return share_out(wanted, found) if wanted else ()


def _part(base: Base, net: int) -> Part:
    """Some goodwill with the tax that goes with it, of each jurisdiction by itself where these are known."""
    own = base.taxes or (TaxBase(None, base.tax, base.tax_left, base.tax_done),)
    taxes = {one.jurisdiction: _tax(base, one, net) for one in own}
    return Part(line_no=base.line_no, net=net, tax=sum(taxes.values()), taxes=taxed(taxes))


def _tax(base: Base, of: TaxBase, net: int) -> int:
    """The tax that goes with some goodwill: by its running sum, so that parts never come to more than the whole."""
    tax = share_up_to(of.tax, base.done + net, base.net) - of.done
    # Returns round by units, goodwill by amounts: together they give no more tax than was taken.
    return max(0, min(tax, of.left))


def _sold(order: Order) -> list[Line]:
    """The lines that have a price; components of a kit that are apart have none of their own."""
    return [line for line in order.lines if line.part_of is None]


def _named(order: Order, position: int, line_no: int) -> Line:
    pointer = f"/lines/{position}"
    if not 0 < line_no <= len(order.lines):
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_line", f"there is no line {line_no}")])
    line = order.line(line_no)
    if line.part_of is not None:
        detail = f"it is a component of line {line.part_of.line_no}, which has the price"
        raise InvalidRequest(errors=[FieldError(pointer, "part_of_kit", detail)])
    return line


def _base(order: Order, line: Line, given: Mapping[int, Part]) -> Base:
    units, before = _delivered_units(order, line), _given(given, line.line_no)
    came = [one for each in order.returns for one in each.lines if one.line_no == line.line_no]
    whole, done = goods_taxes(line.agreed, line.quantity), taxes_of(before.tax, before.taxes)
    back_taxes = less_taxes(
        summed_taxes(taxes_of(one.tax, one.taxes) for one in came),
        summed_taxes(taxes_of(one.appeased_tax, one.appeased_taxes) for one in came),
    )
    left = less_taxes(goods_taxes(line.agreed, units), summed_taxes([back_taxes, done]))
    # What goodwill had given of units that came back was not given a second time.
    back = sum(one.goods - one.appeased_goods for one in came)
    return Base(
        line_no=line.line_no,
        net=_net(line, line.quantity),
        delivered=_net(line, units) - back,
        given=before.net,
        done=before.net,
        **_taxes(whole, left, done),
    )


def _delivered_units(order: Order, line: Line) -> int:
    if line.work:
        return order.shipped(line.line_no)
    return line.quantity - order.cancelled.get(line.line_no, 0) if charges_left(order) else 0


def _net(line: Line, units: int) -> int:
    """Goods less discount of the first units of a line."""
    some = share(line_total(line), 0, units, line.quantity)
    return some.goods - some.discount


def _shipping(order: Order, given: Mapping[int, Part]) -> Base:
    charged, before = sum(one.shipping for one in order.shipments), _given(given, SHIPPING)
    whole = shipping_taxes(order)
    back = sum(one.shipping for one in order.returns)
    done = summed_taxes(
        [
            *(taxes_of(one.shipping_tax, one.shipping_taxes) for one in order.returns),
            taxes_of(before.tax, before.taxes),
        ]
    )
    return Base(
        line_no=SHIPPING,
        net=charged,
        delivered=charged - back,
        given=before.net,
        done=back + before.net,
        **_taxes(whole, less_taxes(whole, done), done),
    )


class _TaxFields(TypedDict):
    tax: int
    tax_left: int
    tax_done: int
    taxes: tuple[TaxBase, ...]


def _taxes(whole: Taxes, left: Taxes, done: Taxes) -> _TaxFields:
    """What a base says of a tax: all of it, what is left and what was given."""
    names = {**whole, **done}
    each = tuple(TaxBase(name, whole.get(name, 0), max(0, left.get(name, 0)), done.get(name, 0)) for name in names)
    return {
        "tax": sum(one.tax for one in each),
        "tax_left": sum(one.left for one in each),
        "tax_done": sum(one.done for one in each),
        "taxes": each if any(one.jurisdiction for one in each) else (),
    }


def _given(given: Mapping[int, Part], line_no: int) -> Part:
    return given.get(line_no) or Part(line_no=line_no, net=0, tax=0)
