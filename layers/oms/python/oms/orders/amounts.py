"""The arithmetic of an order: sums that must add up, and the share of the money that belongs to some units.

All amounts are integers in minor units. Shares use cumulative rounding (FR3), so the shares of parts always sum to
the whole, and the last unit to leave carries the last cent. Of a tax whose jurisdictions are known, each jurisdiction's
part is shared by itself, and the tax of some units is the sum of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from oms.orders.request import Charge, LineRequest, OrderRequest, TaxMode, TaxPart
from oms.platform.money import share_up_to
from oms.platform.problems import FieldError

# A parcel and its entry have all of the jurisdictions of an order, and an event has to fit a bus.
MOST_JURISDICTIONS = 200
# A tax by jurisdiction; None stands for the part of which nobody said whose it is.
Taxes = Mapping[str | None, int]


class Taxed(BaseModel):
    """The tax of a jurisdiction; without one, the part of which nobody said whose it is."""

    model_config = ConfigDict(frozen=True)
    jurisdiction: str | None = None
    amount: int


def summed_taxes(parts: Iterable[Taxes]) -> dict[str | None, int]:
    """Taxes added up by jurisdiction, without those that come to nothing."""
    sums: dict[str | None, int] = {}
    for jurisdiction, amount in (entry for part in parts for entry in part.items()):
        sums[jurisdiction] = sums.get(jurisdiction, 0) + amount
    return {jurisdiction: amount for jurisdiction, amount in sums.items() if amount}


def less_taxes(taxes: Taxes, others: Taxes) -> dict[str | None, int]:
    """Taxes less others, by jurisdiction."""
    return summed_taxes([taxes, {jurisdiction: -amount for jurisdiction, amount in others.items()}])


def taxed(taxes: Taxes) -> tuple[Taxed, ...]:
    """Taxes as they are kept and told, in the order of the jurisdictions; nothing where no jurisdiction is known."""
    if not any(jurisdiction is not None and amount for jurisdiction, amount in taxes.items()):
        return ()
    ordered = sorted(taxes.items(), key=lambda entry: (entry[0] is not None, entry[0] or ""))
    return tuple(Taxed(jurisdiction=name, amount=amount) for name, amount in ordered if amount)


def known_taxes(told: Iterable[Taxed]) -> tuple[tuple[str, int], ...]:
    """Of taxes that were kept, those whose jurisdictions are known."""
    return _known((one.jurisdiction, one.amount) for one in told if one.jurisdiction is not None)


def taxes_of(tax: int, told: Sequence[Taxed]) -> dict[str | None, int]:
    """A tax by jurisdiction, as it was kept."""
    return summed_taxes({one.jurisdiction: one.amount} for one in told) if told else summed_taxes([{None: tax}])


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some goods cost by component: `goods` before `discount`, `shipping` and other charges, `tax`.

    `taxes` is the part of the tax of which the jurisdictions are known, in their order.
    """

    goods: int = 0
    discount: int = 0
    shipping: int = 0
    tax: int = 0
    taxes: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """What the customer pays for them."""
        return self.goods - self.discount + self.shipping + self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return self._with(other, 1)

    def __sub__(self, other: Amounts) -> Amounts:
        return self._with(other, -1)

    def _with(self, other: Amounts, sign: int) -> Amounts:
        return Amounts(
            goods=self.goods + sign * other.goods,
            discount=self.discount + sign * other.discount,
            shipping=self.shipping + sign * other.shipping,
            tax=self.tax + sign * other.tax,
            taxes=_known([*self.taxes, *((name, sign * amount) for name, amount in other.taxes)]),
        )

    @property
    def by_jurisdiction(self) -> dict[str | None, int]:
        """All of the tax, by jurisdiction."""
        rest = self.tax - sum(amount for _, amount in self.taxes)
        return {**({None: rest} if rest else {}), **dict(self.taxes)}


class Sums(BaseModel):
    """An amount by component, in minor units: `total` = goods - discount + charges + tax; a delta may be negative."""

    model_config = ConfigDict(frozen=True)
    goods: int = 0
    discount: int = 0
    charges: int = 0
    tax: int = 0
    total: int = 0


def sums(amounts: Amounts) -> Sums:
    """Amounts as they are kept and told."""
    return Sums(
        goods=amounts.goods,
        discount=amounts.discount,
        charges=amounts.shipping,
        tax=amounts.tax,
        total=amounts.total,
    )


def line_amounts(line: LineRequest) -> Amounts:
    """All of one line by component."""
    return Amounts(
        goods=line.unit_price * line.quantity,
        discount=sum(d.amount for d in line.discounts),
        shipping=sum(c.amount for c in line.charges),
        tax=line.tax + sum(c.tax for c in line.charges),
        taxes=_known(_stated([*line.taxes, *(part for c in line.charges for part in c.taxes)])),
    )


def charge_amounts(charges: Iterable[Charge]) -> Amounts:
    """The charges of the order itself by component."""
    charges = list(charges)
    return Amounts(
        shipping=sum(c.amount for c in charges),
        tax=sum(c.tax for c in charges),
        taxes=_known(_stated(part for c in charges for part in c.taxes)),
    )


def order_amounts(lines: Iterable[LineRequest], charges: Iterable[Charge]) -> Amounts:
    """The whole order by component."""
    return sum((line_amounts(line) for line in lines), charge_amounts(charges))


def share(whole: Amounts, before: int, after: int, quantity: int) -> Amounts:
    """The part of a line that belongs to its units from `before` to `after`, of `quantity` in all."""

    def part(amount: int) -> int:
        return share_up_to(amount, after, quantity) - share_up_to(amount, before, quantity)

    taxes = {name: part(amount) for name, amount in whole.by_jurisdiction.items()}
    return Amounts(
        goods=part(whole.goods),
        discount=part(whole.discount),
        shipping=part(whole.shipping),
        tax=sum(taxes.values()),
        taxes=_known((name, amount) for name, amount in taxes.items() if name is not None),
    )


def goods_taxes(line: LineRequest, units: int) -> dict[str | None, int]:
    """The tax of the goods of the first units of a line, by jurisdiction, without that of its charges."""
    known = _known(_stated(line.taxes))
    whole = Amounts(tax=line.tax, taxes=known).by_jurisdiction
    return {name: share_up_to(amount, units, line.quantity) for name, amount in whole.items()}


def _stated(parts: Iterable[TaxPart]) -> Iterator[tuple[str, int]]:
    return ((part.jurisdiction, part.amount or 0) for part in parts)


def _known(parts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Amounts by jurisdiction in one form: added up, in order, without zeros."""
    sums: dict[str, int] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, 0) + amount
    return tuple(sorted((name, amount) for name, amount in sums.items() if amount))


def check_sums(order: OrderRequest) -> list[FieldError]:
    """Every sum of the order that is off, by one minor unit or more, named with the figure that was expected."""
    errors = []
    for index, line in enumerate(order.lines):
        amounts = line_amounts(line)
        errors += _expect(f"/lines/{index}/total", amounts.total, line.total)
        errors += _check_taxes(f"/lines/{index}", line, order.tax_mode)
        for number, charge in enumerate(line.charges):
            errors += _check_taxes(f"/lines/{index}/charges/{number}", charge, order.tax_mode)
        if amounts.discount > amounts.goods:
            errors.append(
                FieldError(f"/lines/{index}/discounts", "discount_above_goods", "more is taken off than the goods cost")
            )
    for number, charge in enumerate(order.charges):
        errors += _check_taxes(f"/charges/{number}", charge, order.tax_mode)
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
    return [*errors, *check_jurisdictions(order)]


def check_jurisdictions(order: OrderRequest) -> list[FieldError]:
    """Whether the taxes of an order are of more jurisdictions than can be told and posted together."""
    lines: Iterable[LineRequest | Charge] = (*order.lines, *(one for line in order.lines for one in line.charges))
    found = {part.jurisdiction for one in (*lines, *order.charges) for part in one.taxes}
    if len(found) <= MOST_JURISDICTIONS:
        return []
    detail = f"{len(found)} jurisdictions tax it; the limit is {MOST_JURISDICTIONS}: place it as several orders"
    return [FieldError("/lines", "too_many_jurisdictions", detail)]


def _expect(pointer: str, computed: int, stated: int) -> list[FieldError]:
    if computed == stated:
        return []
    return [FieldError(pointer, "sum_mismatch", f"stated {stated}, but the parts add up to {computed}")]


def _check_taxes(pointer: str, of: LineRequest | Charge, mode: TaxMode) -> Iterator[FieldError]:
    """What of a tax and its parts does not fit the tax mode, and parts that do not sum to their tax."""
    if mode is not TaxMode.EXTERNAL_AMOUNT and of.tax:
        yield FieldError(f"{pointer}/tax", "not_allowed", f"sums are stated before tax where the mode is {mode.value}")
    if mode is TaxMode.PLATFORM and of.taxes:
        yield FieldError(f"{pointer}/taxes", "not_allowed", "the rates are those that are kept here")
    elif mode is TaxMode.EXTERNAL_RATE and not of.taxes:
        yield FieldError(f"{pointer}/taxes", "required", "at which rates it is taxed; a rate may be 0")
    seen: set[str] = set()
    for number, part in enumerate(of.taxes):
        at = f"{pointer}/taxes/{number}"
        if part.jurisdiction in seen:
            yield FieldError(f"{at}/jurisdiction", "repeated", "a jurisdiction levies one part of a tax")
        seen.add(part.jurisdiction)
        if mode is TaxMode.EXTERNAL_AMOUNT and part.amount is None:
            yield FieldError(f"{at}/amount", "required", "what the jurisdiction levies, in minor units")
        if mode is TaxMode.EXTERNAL_RATE and part.amount is not None:
            yield FieldError(f"{at}/amount", "not_allowed", "it is computed from the rate")
        if mode is TaxMode.EXTERNAL_RATE and part.rate_ppm is None:
            yield FieldError(f"{at}/rate_ppm", "required", "the rate in millionths, such as 82500 for 8.25 %")
    if mode is TaxMode.EXTERNAL_AMOUNT and of.taxes:
        yield from _expect(f"{pointer}/taxes", sum(part.amount or 0 for part in of.taxes), of.tax)
