"""The arithmetic of taxes by jurisdiction: how rates become amounts, how amounts are shared, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders.amounts import Amounts, check_sums, goods_taxes, line_amounts, share, summed_taxes
from oms.orders.request import Charge, LineRequest, OrderRequest, TaxMode, TaxPart, Totals
from oms.orders.taxing import Destination, Taxable, TaxRate, taxes_at, taxes_by_table
from oms.platform.money import shares_at_rates

TEXAS = TaxPart(jurisdiction="US-TX", rate_ppm=62_500)
AUSTIN = TaxPart(jurisdiction="US-TX-AUSTIN", rate_ppm=20_000)


def amounts(parts: tuple[TaxPart, ...] | None) -> dict[str, int | None] | None:
    return None if parts is None else {part.jurisdiction: part.amount for part in parts}


@pytest.mark.capability("N5")
def test_all_rates_of_a_line_are_rounded_half_up_once_and_shared_by_largest_remainder():
    # 8.25 % of 55.00 is 4.5375, so 4.54: 3.4375 and 1.10.
    assert amounts(taxes_at(5500, (TEXAS, AUSTIN))) == {"US-TX": 344, "US-TX-AUSTIN": 110}
    # Half a cent goes up: 2.5 % of 0.20; and of two equal remainders the first is rounded up.
    assert shares_at_rates(20, [25_000]) == [1]
    assert shares_at_rates(20, [12_500, 12_500]) == [1, 0]
    assert shares_at_rates(0, [82_500]) == [0]
    assert shares_at_rates(1000, []) == []


@given(st.integers(0, 10**9), st.lists(st.integers(0, 300_000), min_size=1, max_size=5))
def test_shares_at_rates_sum_to_all_rates_at_once_and_are_within_a_unit(amount: int, rates: list[int]):
    shares = shares_at_rates(amount, rates)
    assert sum(shares) == (2 * amount * sum(rates) + 10**6) // (2 * 10**6)
    assert all(0 <= part - amount * rate // 10**6 <= 1 for part, rate in zip(shares, rates, strict=True))


def line(quantity: int, parts: list[int], freight: list[int]) -> LineRequest:
    taxes = tuple(TaxPart(jurisdiction=f"J{n}", amount=amount) for n, amount in enumerate(parts))
    of_freight = tuple(TaxPart(jurisdiction=f"J{n}", amount=amount) for n, amount in enumerate(freight))
    charge = Charge(kind="shipping", amount=500, tax=sum(freight), taxes=of_freight)
    total = 700 * quantity + 500 + sum(parts) + sum(freight)
    return LineRequest(
        sku="A", quantity=quantity, unit_price=700, tax=sum(parts), taxes=taxes, charges=(charge,), total=total
    )


@pytest.mark.capability("N5", "A4", "H6")
@given(st.data())
def test_any_split_of_a_line_sums_to_the_whole_in_each_jurisdiction(data: st.DataObject):
    quantity = data.draw(st.integers(1, 12))
    small = st.lists(st.integers(0, 40), max_size=4)
    whole = line_amounts(line(quantity, data.draw(small), data.draw(small)))
    cuts = sorted({0, quantity, *data.draw(st.lists(st.integers(0, quantity)))})
    parts = [share(whole, before, after, quantity) for before, after in pairwise(cuts)]
    assert sum(parts, Amounts()) == whole
    for part in parts:
        assert all(amount > 0 for _, amount in part.taxes)
        assert sum(amount for _, amount in part.taxes) == part.tax == sum(part.by_jurisdiction.values())


@given(st.integers(1, 12), st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_the_tax_of_goods_grows_with_the_units_to_all_of_it(quantity: int, parts: list[int]):
    sold = line(quantity, parts, [3])
    upto = [goods_taxes(sold, units) for units in range(quantity + 1)]
    assert all(before.get(name, 0) <= amount for before, after in pairwise(upto) for name, amount in after.items())
    assert summed_taxes([upto[-1]]) == {f"J{n}": amount for n, amount in enumerate(parts) if amount}


def rate(jurisdiction: str, ppm: int, **more: object) -> TaxRate:
    return TaxRate.model_validate({"jurisdiction": jurisdiction, "country": "US", "rate_ppm": ppm, **more})


def asked(amount: int = 1000, **more: object) -> Taxable:
    return Taxable("/lines/0", amount, Destination("US", "TX", "78701-1234"), **more)  # type: ignore[arg-type]


@pytest.mark.capability("N5")
def test_a_table_has_rates_by_country_region_postal_code_and_tax_category():
    table = [
        rate("US-TX", 0, region="TX", tax_categories=["food"]),
        rate("US-TX", 62_500, region="tx"),
        rate("US-TX-AUSTIN", 20_000, region="TX", postal_codes=["787"], charges=False),
        rate("US-NY", 40_000, region="NY"),
        rate("US-TX-DALLAS", 20_000, postal_codes=["752 0"]),
    ]
    assert amounts(*taxes_by_table(table, [asked()])) == {"US-TX": 63, "US-TX-AUSTIN": 20}
    assert amounts(*taxes_by_table(table, [asked(tax_category="food")])) == {"US-TX": 0, "US-TX-AUSTIN": 20}
    assert amounts(*taxes_by_table(table, [asked(is_charge=True)])) == {"US-TX": 63, "US-TX-AUSTIN": 0}
    assert taxes_by_table(table, [Taxable("/lines/0", 1, Destination("CA", "TX", "78701"))]) == [None]
    assert taxes_by_table(table[:1], [asked()]) == [None]


def problems(mode: TaxMode, *, tax: int = 0, taxes: tuple[TaxPart, ...] = ()) -> list[tuple[str, str]]:
    sold = LineRequest(sku="A", quantity=1, unit_price=1000, tax=tax, taxes=taxes, total=1000 + tax)
    order = OrderRequest(
        channel="web",
        external_id="1",
        selling_node="WEB",
        taken_by="shop",
        currency="USD",
        locale="en-US",
        lines=(sold,),
        tax_mode=mode,
        totals=Totals(goods=1000, tax=tax, total=1000 + tax),
    )
    return [(one.pointer, one.code) for one in check_sums(order)]


@pytest.mark.capability("N5", "A4")
def test_parts_that_do_not_fit_their_tax_or_the_tax_mode_are_named():
    some = TaxPart(jurisdiction="US-TX", amount=62)
    amount, at_rate, platform = TaxMode.EXTERNAL_AMOUNT, TaxMode.EXTERNAL_RATE, TaxMode.PLATFORM
    assert problems(amount, tax=62, taxes=(some,)) == []
    assert problems(amount, tax=63, taxes=(some,)) == [("/lines/0/taxes", "sum_mismatch")]
    assert problems(amount, tax=124, taxes=(some, some)) == [("/lines/0/taxes/1/jurisdiction", "repeated")]
    assert problems(amount, tax=0, taxes=(TEXAS,)) == [("/lines/0/taxes/0/amount", "required")]
    assert problems(at_rate, taxes=(TEXAS,)) == []
    assert problems(at_rate) == [("/lines/0/taxes", "required")]
    assert problems(at_rate, tax=5, taxes=(TEXAS,)) == [("/lines/0/tax", "not_allowed")]
    assert problems(at_rate, taxes=(some,)) == [
        ("/lines/0/taxes/0/amount", "not_allowed"),
        ("/lines/0/taxes/0/rate_ppm", "required"),
    ]
    assert problems(platform) == []
    assert problems(platform, tax=5, taxes=(TEXAS,)) == [
        ("/lines/0/tax", "not_allowed"),
        ("/lines/0/taxes", "not_allowed"),
    ]
