"""The arithmetic of an order: sums that must add up, and the share of the money that belongs to some units.

All amounts are integers in minor units. Shares use cumulative rounding (FR3), so the shares of parts always sum to
the whole, and the last unit to leave carries the last cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from oms.orders.request import Charge, LineRequest, OrderRequest
from oms.platform.money import share_up_to
from oms.platform.problems import FieldError


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some goods cost by component: `goods` before `discount`, `shipping` and other charges, `tax`."""

    goods: int = 0
    discount: int = 0
    shipping: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        """What the customer pays for them."""
        return self.goods - self.discount + self.shipping + self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Amounts)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(Amounts)))


def line_amounts(line: LineRequest) -> Amounts:
    """All of one line by component."""
    return Amounts(
        goods=line.unit_price * line.quantity,
        discount=sum(d.amount for d in line.discounts),
        shipping=sum(c.amount for c in line.charges),
        tax=line.tax + sum(c.tax for c in line.charges),
    )


def charge_amounts(charges: Iterable[Charge]) -> Amounts:
    """The charges of the order itself by component."""
    charges = list(charges)
    return Amounts(shipping=sum(c.amount for c in charges), tax=sum(c.tax for c in charges))


def order_amounts(lines: Iterable[LineRequest], charges: Iterable[Charge]) -> Amounts:
    """The whole order by component."""
    return sum((line_amounts(line) for line in lines), charge_amounts(charges))


def share(whole: Amounts, before: int, after: int, quantity: int) -> Amounts:
    """The part of a line that belongs to its units from `before` to `after`, of `quantity` in all."""
    return Amounts(
        *(
            share_up_to(getattr(whole, f.name), after, quantity) - share_up_to(getattr(whole, f.name), before, quantity)
            for f in fields(Amounts)
        )
    )


def check_sums(order: OrderRequest) -> list[FieldError]:
    """Every sum of the order that is off, by one minor unit or more, named with the figure that was expected."""
    errors = []
    for index, line in enumerate(order.lines):
        amounts = line_amounts(line)
        errors += _expect(f"/lines/{index}/total", amounts.total, line.total)
        if amounts.discount > amounts.goods:
            errors.append(
                FieldError(f"/lines/{index}/discounts", "discount_above_goods", "more is taken off than the goods cost")
            )
    whole = order_amounts(order.lines, order.charges)
    expected: Sequence[tuple[str, int, int]] = (
        ("goods", whole.goods, order.totals.goods),
        ("discount", whole.discount, order.totals.discount),
        ("charges", whole.shipping, order.totals.charges),
        ("tax", whole.tax, order.totals.tax),
        ("total", whole.total, order.totals.total),
    )
    for name, computed, stated in expected:
        errors += _expect(f"/totals/{name}", computed, stated)
    return errors


def _expect(pointer: str, computed: int, stated: int) -> list[FieldError]:
    if computed == stated:
        return []
    return [FieldError(pointer, "sum_mismatch", f"stated {stated}, but the parts add up to {computed}")]
