"""Taxes that are computed when an order is placed: at stated rates, or by a tax port from the destination of each line.

What is taxed is the price of a line less its discounts, and each charge. Its tax is what all of its rates make of it,
rounded half up once; the jurisdictions' parts of that go by largest remainder (`money.shares_at_rates`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Protocol

from pydantic import Field

from oms.orders.amounts import check_jurisdictions, line_amounts, order_amounts
from oms.orders.request import (
    Address,
    Charge,
    LineRequest,
    LineType,
    OrderRequest,
    PaymentRequest,
    TaxMode,
    TaxPart,
)
from oms.orders.validation import AT_A_NODE, Known
from oms.platform.fields import Code, Label, RatePpm
from oms.platform.intake import Request, validate
from oms.platform.money import shares_at_rates
from oms.platform.problems import FieldError, InvalidRequest, Problem

# The kind of the rule sets that hold rates.
KIND = "tax_rates"
# One without a letter or a digit would be the beginning of every code.
_Codes = Annotated[str, Field(pattern=r"^[ -]*[A-Z0-9][A-Z0-9 -]*$", max_length=20)]


class TaxRateUnknown(Problem):
    """There is no rate for the place where something goes."""

    status = 422
    code = "tax_rate_unknown"
    title = "No tax rate is kept for a place where this order goes."
    remedy = "Put a rate for the place, which may be 0, and promote it; or place the order in another tax_mode."


@dataclass(frozen=True, slots=True)
class Destination:
    """The place by which something is taxed. `country` is an ISO 3166-1 alpha-2 code."""

    country: str
    region: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Taxable:
    """What is to be taxed: an amount in minor units, where it goes, and what it is; `pointer` names it in the order."""

    pointer: str
    amount: int
    destination: Destination
    tax_category: str | None = None
    is_charge: bool = False


class TaxPort(Protocol):
    """Whoever knows taxes."""

    def taxes(self, tenant: str, currency: str, asked: Sequence[Taxable]) -> Sequence[tuple[TaxPart, ...] | None]:
        """The tax of each of some amounts by jurisdiction, in minor units; None for one of which it knows nothing."""
        ...


class TaxRate(Request):
    """What a jurisdiction levies in a place: in a country, in a region of it, or only where postal codes begin so.

    `tax_categories` are those of items; without them it is for all goods. `charges` says whether it is also for charges
    such as shipping. `rate_ppm` is in millionths: 8.25 % is 82500.
    """

    jurisdiction: Code
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    region: Label | None = None
    postal_codes: Annotated[tuple[_Codes, ...], Field(min_length=1, max_length=1_000)] | None = None
    tax_categories: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)] | None = None
    charges: Annotated[bool, Field(strict=True)] = True
    rate_ppm: RatePpm

    def is_for(self, asked: Taxable) -> bool:
        """Whether it is for something: letter case, and spaces and hyphens of postal codes, make no difference."""
        place, code = asked.destination, _plain(asked.destination.postal_code)
        return (
            self.country == place.country
            and (self.region is None or _plain(self.region) == _plain(place.region))
            and (self.postal_codes is None or any(code.startswith(_plain(one)) for one in self.postal_codes))
            and (self.tax_categories is None or (not asked.is_charge and asked.tax_category in self.tax_categories))
        )

    def part(self, asked: Taxable) -> TaxPart:
        """What it is of something, without the amount; of charges that it is not for, nothing."""
        rate = 0 if asked.is_charge and not self.charges else self.rate_ppm
        return TaxPart(jurisdiction=self.jurisdiction, rate_ppm=rate)


class TaxRates(Request):
    """Rates by jurisdiction. Of several rates of a jurisdiction for the same thing, the one that stands first holds."""

    rates: Annotated[tuple[TaxRate, ...], Field(min_length=1, max_length=2_000)]


def taxes_by_table(rates: Sequence[TaxRate], asked: Sequence[Taxable]) -> list[tuple[TaxPart, ...] | None]:
    """The tax of each amount by the rates of its place; None where there is no rate for it, not even one of 0.

    A table may be long, and most lines of an order go to one place: each place is looked up once.
    """
    places: dict[Taxable, tuple[TaxPart, ...]] = {}
    answers: list[tuple[TaxPart, ...] | None] = []
    for one in asked:
        place = replace(one, pointer="", amount=0)
        if place not in places:
            places[place] = _rates_of(rates, place)
        answers.append(taxes_at(one.amount, places[place]) if places[place] else None)
    return answers


def _rates_of(rates: Sequence[TaxRate], asked: Taxable) -> tuple[TaxPart, ...]:
    """The rates of the place of something, whatever its amount: one of each jurisdiction that has any."""
    found: dict[str, TaxPart] = {}
    for rate in rates:
        if rate.jurisdiction not in found and rate.is_for(asked):
            found[rate.jurisdiction] = rate.part(asked)
    return tuple(found.values())


def taxes_at(amount: int, rates: Sequence[TaxPart]) -> tuple[TaxPart, ...]:
    """The tax of an amount at some rates, by jurisdiction."""
    shares = shares_at_rates(amount, [one.rate_ppm or 0 for one in rates])
    return tuple(one.model_copy(update={"amount": share}) for one, share in zip(rates, shares, strict=True))


def with_taxes(order: OrderRequest, known: Known, tenant: str, port: TaxPort) -> OrderRequest:
    """The order with its taxes, in all of its sums, and with the amount of the tender that covers the rest.

    Raises TaxRateUnknown where the port knows no rate, InvalidRequest where it is not known where something goes,
    nothing is left for such a tender, or the order has more tax than one that states its taxes may have.
    """
    if order.tax_mode is TaxMode.PLATFORM:
        asked = list(_taxables(order, known))
        answers = dict(zip(asked, port.taxes(tenant, order.currency, asked), strict=True))
        _refuse_unknown(answers)
        parts = {one.pointer: found or () for one, found in answers.items()}
    else:
        parts = {pointer: taxes_at(_price(of), of.taxes) for pointer, of in _parts(order)}
    lines = tuple(_with_line(line, f"/lines/{index}", parts) for index, line in enumerate(order.lines))
    charges = _with_charges(order.charges, "", parts)
    whole = order_amounts(lines, charges)
    totals = order.totals.model_copy(update={"tax": whole.tax, "total": whole.total})
    payments = _with_rest(order.payments, whole.total)
    made = order.model_copy(update={"lines": lines, "charges": charges, "totals": totals, "payments": payments})
    return _readable(made)


def _readable(made: OrderRequest) -> OrderRequest:
    """A computed order within the bounds of any other: what is stored is read through the same fields again."""
    errors = check_jurisdictions(made)
    if errors:
        raise InvalidRequest(errors=errors)
    return validate(OrderRequest, made.model_dump())


def _parts(order: OrderRequest) -> Iterator[tuple[str, LineRequest | Charge]]:
    """Everything that is taxed by itself, with its pointer."""
    for index, line in enumerate(order.lines):
        yield f"/lines/{index}", line
        yield from ((f"/lines/{index}/charges/{number}", one) for number, one in enumerate(line.charges))
    yield from ((f"/charges/{number}", one) for number, one in enumerate(order.charges))


def _price(of: LineRequest | Charge) -> int:
    """What is taxed of a line or a charge."""
    if isinstance(of, Charge):
        return of.amount
    amounts = line_amounts(of)
    return amounts.goods - amounts.discount


def _taxables(order: OrderRequest, known: Known) -> Iterator[Taxable]:
    places = [_place(order, line, known) for line in order.lines]
    usual = next((place for place in places if place is not None), None)
    errors = []
    for pointer, of in _parts(order):
        index = int(pointer.split("/")[2]) if pointer.startswith("/lines/") else None
        if index is None:
            place = _address(order.ship_to) or usual
        else:
            # What is no goods, such as postage, goes along with the goods.
            place = places[index] or (usual if order.lines[index].type is LineType.NON_STOCK else None)
        if place is None:
            at = pointer if index is None else f"/lines/{index}/ship_to"
            errors.append(FieldError(at, "required", "the tax is that of the place where it goes"))
            continue
        item = None if isinstance(of, Charge) else known.items.get(of.sku)
        yield Taxable(pointer, _price(of), place, item.tax_category if item else None, isinstance(of, Charge))
    if errors:
        raise InvalidRequest(errors=errors)


def _place(order: OrderRequest, line: LineRequest, known: Known) -> Destination | None:
    """Where a line goes: to the store where it is collected, or to its address."""
    if line.method in AT_A_NODE and line.pickup_node is not None:
        address = known.nodes[line.pickup_node].address
        return Destination(address.country, address.region, address.postal_code)
    return _address(line.ship_to or order.ship_to)


def _address(address: Address | None) -> Destination | None:
    return None if address is None else Destination(address.country, address.region, address.postal_code)


def _refuse_unknown(answers: Mapping[Taxable, tuple[TaxPart, ...] | None]) -> None:
    errors = []
    for one, found in answers.items():
        if found is None:
            where = one.destination
            place = " ".join(filter(None, (where.country, where.region, where.postal_code)))
            what = f" of tax category {one.tax_category}" if one.tax_category else ""
            errors.append(FieldError(one.pointer, "tax_rate_unknown", f"no rate for {place}{what}"))
    if errors:
        raise TaxRateUnknown(errors=errors)


def _with_line(line: LineRequest, pointer: str, parts: Mapping[str, tuple[TaxPart, ...]]) -> LineRequest:
    own = parts[pointer]
    changes = {"taxes": own, "tax": _sum(own), "charges": _with_charges(line.charges, pointer, parts)}
    made = line.model_copy(update=changes)
    return made.model_copy(update={"total": line_amounts(made).total})


def _with_charges(
    charges: Sequence[Charge], pointer: str, parts: Mapping[str, tuple[TaxPart, ...]]
) -> tuple[Charge, ...]:
    own = [parts[f"{pointer}/charges/{number}"] for number in range(len(charges))]
    return tuple(
        one.model_copy(update={"taxes": taxes, "tax": _sum(taxes)}) for one, taxes in zip(charges, own, strict=True)
    )


def _with_rest(payments: Sequence[PaymentRequest], total: int) -> tuple[PaymentRequest, ...]:
    """The tenders with the amount of the one that covers what the others leave."""
    rest = total - sum(one.amount or 0 for one in payments)
    for index, one in enumerate(payments):
        if one.amount is None and rest <= 0:
            detail = f"the other tenders cover {total - rest} of {total}"
            raise InvalidRequest(errors=[FieldError(f"/payments/{index}/amount", "nothing_left", detail)])
    return tuple(one.model_copy(update={"amount": rest}) if one.amount is None else one for one in payments)


def _sum(parts: Sequence[TaxPart]) -> int:
    return sum(part.amount or 0 for part in parts)


def _plain(text: str | None) -> str:
    return (text or "").replace(" ", "").replace("-", "").upper()
