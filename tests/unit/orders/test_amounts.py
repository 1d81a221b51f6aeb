"""The arithmetic of an order by component: what a line, a charge and some of its units cost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.orders.amounts import Amounts, charge_amounts, check_sums, line_amounts, order_amounts, share
from oms.orders.request import Charge, Discount, LineRequest, OrderRequest, PaymentRequest, Totals

# Two goods and a service; no two figures are alike, so that none can stand in for another.
LINES = (
    LineRequest(
        sku="A",
        quantity=3,
        unit_price=1000,
        discounts=(Discount(amount=100, source="promo"), Discount(amount=7, source="staff")),
        charges=(Charge(kind="wrap", amount=50, tax=4), Charge(kind="card", amount=20, tax=2)),
        tax=231,
        total=3200,
    ),
    LineRequest(sku="B", quantity=1, unit_price=500, tax=41, total=541),
)
CHARGES = (Charge(kind="shipping", amount=600, tax=48), Charge(kind="handling", amount=90, tax=9))
WHOLE = Amounts(goods=3500, discount=107, shipping=760, tax=335)


def order(lines: tuple[LineRequest, ...] = LINES, **totals: int) -> OrderRequest:
    sums = {"goods": 3500, "discount": 107, "charges": 760, "tax": 335, "total": 4488}
    return OrderRequest(
        channel="web",
        external_id="1",
        selling_node="S1",
        taken_by="web",
        currency="USD",
        locale="en-US",
        lines=lines,
        charges=CHARGES,
        totals=Totals(**{**sums, **totals}),
        payments=(PaymentRequest(provider="strict", token="tok", amount=4488),),
    )


def wrong(document: OrderRequest) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in check_sums(document)]


def test_a_line_costs_its_goods_less_discounts_plus_charges_and_both_taxes():
    assert line_amounts(LINES[0]) == Amounts(goods=3000, discount=107, shipping=70, tax=237)
    assert line_amounts(LINES[0]).total == 3000 - 107 + 70 + 237 == 3200
    assert line_amounts(LINES[1]) == Amounts(goods=500, tax=41)


def test_an_order_costs_its_lines_and_its_own_charges():
    assert charge_amounts(iter(CHARGES)) == Amounts(shipping=690, tax=57)
    assert charge_amounts(()) == Amounts() == Amounts(0, 0, 0, 0)
    assert order_amounts(LINES, CHARGES) == WHOLE
    assert order_amounts(LINES, ()) == WHOLE - charge_amounts(CHARGES)
    assert WHOLE.total == 4488


def test_sums_and_differences_go_by_component():
    first, second = Amounts(1, 2, 3, 4), Amounts(50, 60, 70, 80)
    assert first + second == Amounts(51, 62, 73, 84)
    assert second - first == Amounts(49, 58, 67, 76)


def test_a_share_belongs_to_the_units_between_two_counts():
    whole = Amounts(goods=1000, discount=100, shipping=50, tax=7)
    assert [share(whole, n, n + 1, 3) for n in range(3)] == [
        Amounts(333, 33, 17, 2),
        Amounts(334, 34, 16, 3),
        Amounts(333, 33, 17, 2),
    ]
    assert share(whole, 1, 3, 3) == whole - share(whole, 0, 1, 3)
    assert share(whole, 2, 2, 3) == Amounts()


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.integers(1, 9), min_size=1, max_size=6), figures=st.tuples(*[st.integers(0, 10**6)] * 4))
def test_the_shares_of_any_cut_sum_to_the_whole(parts: list[int], figures: tuple[int, int, int, int]):
    whole, gone, given_away = Amounts(*figures), 0, Amounts()
    for units in parts:
        given_away += share(whole, gone, gone + units, sum(parts))
        gone += units
    assert given_away == whole


def test_an_order_whose_sums_are_right_has_no_error():
    assert check_sums(order()) == []


def test_each_sum_that_is_off_by_one_is_named_with_what_the_parts_add_up_to():
    names = {"goods": 3500, "discount": 107, "charges": 760, "tax": 335, "total": 4488}
    for name, right in names.items():
        for stated in (right - 1, right + 1):
            (error,) = check_sums(order(**{name: stated}))
            assert (error.pointer, error.code) == (f"/totals/{name}", "sum_mismatch")
            assert str(stated) in error.detail
            assert str(right) in error.detail
    assert wrong(order(goods=1, tax=2)) == [("/totals/goods", "sum_mismatch"), ("/totals/tax", "sum_mismatch")]


def test_each_line_is_checked_by_its_own_figures():
    second = LINES[1].model_copy(update={"total": 540})
    assert wrong(order((LINES[0], second))) == [("/lines/1/total", "sum_mismatch")]
    first = LINES[0].model_copy(update={"total": 3201})
    assert wrong(order((first, second))) == [("/lines/0/total", "sum_mismatch"), ("/lines/1/total", "sum_mismatch")]


def test_no_more_is_taken_off_a_line_than_its_goods_cost():
    def line(off: int) -> dict[str, Any]:
        return {"discounts": (Discount(amount=off, source="promo"),), "total": 541 - off}

    for off, found in ((500, []), (501, [("/lines/1/discounts", "discount_above_goods")])):
        lines = (LINES[0], LINES[1].model_copy(update=line(off)))
        assert wrong(order(lines, discount=107 + off, total=4488 - off)) == found
