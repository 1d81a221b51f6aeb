"""The money of units that come back: their share of the price, of its tax, and of what goodwill gave. Pure.

Shares use cumulative rounding (FR3), so the returns of all units of a line give back what was taken for the line, to
the minor unit and by component.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from oms.orders.amounts import Taxes, goods_taxes, less_taxes, line_amounts, summed_taxes, taxed, taxes_of
from oms.orders.charges import shipping_taxes
from oms.orders.model import Line, Order
from oms.orders.quantities import in_returns, with_customer
from oms.payments.refunds import SHIPPING, Cause, GivenFor
from oms.platform.money import share_up_to
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.limits import ActivatedBy
from oms.returns.model import Disposition, Grade, Kept, Lost, Open, ReturnLine, Rma


class Units(Protocol):
    """Units of a line that came back, their condition where it is known, and what becomes of them."""

    @property
    def line_no(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def condition(self) -> str | None: ...
    @property
    def disposition(self) -> Disposition | Lost | Open | Kept: ...
    @property
    def grade(self) -> Grade | None: ...


def returned_lines(order: Order, wanted: Sequence[Units], rma: Rma | None = None) -> tuple[ReturnLine, ...]:
    """The units that come back with their amounts, of a return by post or at once.

    More than were delivered, not returned and not bound to another return by post raises InvalidRequest.
    """
    made: list[ReturnLine] = []
    for index, asked in enumerate(wanted):
        line = _line(order, asked.line_no, index)
        now = sum(one.quantity for one in made if one.line_no == line.line_no)
        before = order.returned(line.line_no) + now
        own = rma.line(line.line_no) if rma else None
        bound = in_returns(order, line.line_no) - (own.bound if own else 0)
        left = with_customer(order, line.line_no) - bound - now
        if asked.quantity > left:
            others = f"; {bound} are bound to a return by post" if bound else ""
            detail = f"{left} units of line {line.line_no} were delivered and not returned{others}"
            raise InvalidRequest(errors=[FieldError(f"/lines/{index}/quantity", "more_than_delivered", detail)])
        made.append(_returned(order, line, before, asked, made))
    return tuple(made)


def stock_of_line(order: Order, line_no: int, quantity: int) -> dict[str, int]:
    """What units of a line are of stock, by SKU; of a kit, its components."""
    units = {line_no: quantity}
    units |= {one.line_no: one.each * quantity for one in order.pieces.get(line_no, ())}
    return order.stock_of(units)


def shipping_tax(order: Order, shipping: int) -> Taxes:
    """Whose tax of shipping is given back; more than was charged and not given back raises InvalidRequest.

    Goodwill on shipping has given back a part of it before.
    """
    charged = sum(shipment.shipping for shipment in order.shipments)
    goodwill = _goodwill(order, SHIPPING)
    before = sum(one.shipping for one in order.returns) + sum(one.goods for one in goodwill)
    if shipping > charged - before:
        detail = f"{charged - before} of the shipping was charged and not given back"
        raise InvalidRequest(errors=[FieldError("/shipping", "more_than_charged", detail)])
    if not shipping:
        return {}
    given = summed_taxes(
        [
            *(taxes_of(one.shipping_tax, one.shipping_taxes) for one in order.returns),
            *(taxes_of(one.tax, one.taxes) for one in goodwill),
        ]
    )
    whole = {name: share_up_to(tax, before + shipping, charged) for name, tax in shipping_taxes(order).items()}
    return {name: amount for name, amount in less_taxes(whole, given).items() if amount > 0}


def _goodwill(order: Order, line_no: int) -> list[GivenFor]:
    """What appeasements gave for a line, or for shipping."""
    appeased = (refund for refund in order.refunds if refund.cause is Cause.APPEASEMENT)
    return [one for refund in appeased for one in refund.lines if one.line_no == line_no]


def _line(order: Order, line_no: int, index: int) -> Line:
    pointer = f"/lines/{index}/line_no"
    if line_no > len(order.lines):
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_line", f"there is no line {line_no}")])
    line = order.line(line_no)
    if line.part_of is not None:
        detail = f"it is a component of line {line.part_of.line_no}; return units of that line"
        raise InvalidRequest(errors=[FieldError(pointer, "part_of_kit", detail)])
    if line.activation is not None and line.activation.by is ActivatedBy.GIFT_CARD:
        detail = "a gift card that was delivered is spent, not returned; its balance stays with whoever has it"
        raise InvalidRequest(errors=[FieldError(pointer, "gift_card", detail)])
    if line.replaces is not None:
        detail = f"it was sent in place of units of line {line.replaces}; return units of that line"
        raise InvalidRequest(errors=[FieldError(pointer, "replacement", detail)])
    return line


def _returned(order: Order, line: Line, before: int, asked: Units, with_it: Sequence[ReturnLine]) -> ReturnLine:
    after, whole = before + asked.quantity, line_amounts(line.agreed)

    def share(amount: int) -> int:
        return share_up_to(amount, after, line.quantity) - share_up_to(amount, before, line.quantity)

    goods = share(whole.goods) - share(whole.discount)
    taxes = less_taxes(goods_taxes(line.agreed, after), goods_taxes(line.agreed, before))
    earlier = [one for each in order.returns for one in each.lines if one.line_no == line.line_no]
    earlier += [one for one in with_it if one.line_no == line.line_no]
    given = _goodwill(order, line.line_no)

    def kept(amount: int, kept_before: int, most: int) -> int:
        """What of an appeasement belongs to these units, and so is not given a second time."""
        return min(most, max(0, share_up_to(amount, after, order.shipped(line.line_no)) - kept_before))

    tax_given = summed_taxes(taxes_of(one.tax, one.taxes) for one in given)
    tax_kept = summed_taxes(taxes_of(one.appeased_tax, one.appeased_taxes) for one in earlier)
    appeased = {
        name: kept(tax_given.get(name, 0), tax_kept.get(name, 0), amount) for name, amount in taxes.items() if amount
    }
    return ReturnLine(
        line_no=line.line_no,
        sku=line.agreed.sku,
        quantity=asked.quantity,
        disposition=asked.disposition,
        grade=asked.grade,
        goods=goods,
        tax=sum(taxes.values()),
        taxes=taxed(taxes),
        appeased_goods=kept(sum(one.goods for one in given), sum(one.appeased_goods for one in earlier), goods),
        appeased_tax=sum(appeased.values()),
        appeased_taxes=taxed(appeased),
    )
