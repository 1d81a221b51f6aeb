"""Which sale a cancellation undoes, how long its goods wait for it, and why some are refused."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.unit.replay.samples import BEGIN, document, line
from tools.replaying.cancellations import Sale, SaleCancellation, Sales
from tools.replaying.documents import Document
from tools.replaying.rules import Reason, read_sale

DAY = 24 * 60


def sold(sales: Sales, made: Document) -> Sale:
    return sales.remember(made, read_sale(made))


def one(found: tuple[list[SaleCancellation], list[object]]) -> SaleCancellation:
    (call,), rejects = found
    assert not rejects
    return call


def reasons(sales: Sales, cancelling: Document) -> list[Reason]:
    calls, rejects = sales.cancel(cancelling)
    assert not calls
    return [reject.reason for reject in rejects]


def test_a_cancellation_takes_units_out_of_the_sale_and_holds_it_back() -> None:
    sales = Sales()
    sale = sold(sales, document("1", line("A", 5, "2.00"), line("B1", 3, "1.00")))
    call = one(sales.cancel(document("C2", line("B1", -2, "1.00"), minutes=7)))
    assert (call.sale, call.units, call.amount, call.value) == (sale, {2: 2}, 200, Decimal("2.00"))
    assert sale.left == [5, 1]
    assert sale.ship_after == BEGIN + timedelta(minutes=22)


def test_the_newest_sale_with_enough_units_is_meant() -> None:
    sales = Sales()
    older = sold(sales, document("1", line("A", 9, "2.00")))
    newer = sold(sales, document("2", line("A", 3, "2.00"), minutes=10))
    assert one(sales.cancel(document("C3", line("A", -2, "2.00"), minutes=20))).sale is newer
    assert one(sales.cancel(document("C4", line("A", -2, "2.00"), minutes=30))).sale is older
    assert (older.left, newer.left) == ([7], [1])


def test_a_sku_that_stands_in_a_sale_twice_gives_units_of_both_lines() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 2, "2.00"), line("A", 2, "2.00")))
    assert one(sales.cancel(document("C2", line("A", -3, "2.00"), minutes=1))).units == {1: 2, 2: 1}


def test_several_lines_of_one_sale_are_one_call_and_other_sales_their_own() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 2, "2.00"), line("B1", 2, "1.00")))
    sold(sales, document("2", line("C1", 2, "1.00"), minutes=1))
    cancelling = document("C3", line("A", -1, "2.00"), line("B1", -1, "1.00"), line("C1", -2, "1.00"), minutes=2)
    calls, rejects = sales.cancel(cancelling)
    assert [(call.sale.document.number, call.units, call.amount) for call in calls] == [
        ("1", {1: 1, 2: 1}, 300),
        ("2", {1: 2}, 200),
    ]
    assert not rejects


@pytest.mark.parametrize(
    "cancelled",
    [line("A", -1, "2.01"), line("B1", -1, "2.00"), line("A", -6, "2.00")],
    ids=["price", "sku", "quantity"],
)
def test_a_sale_must_agree_in_every_respect(cancelled: object) -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00")))
    assert reasons(sales, document("C2", cancelled, minutes=1)) == [Reason.UNKNOWN_SALE]  # type: ignore[arg-type]


def test_another_customer_has_no_part_in_a_sale() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00")))
    assert reasons(sales, document("C2", line("A", -1, "2.00"), customer="1")) == [Reason.UNKNOWN_SALE]


def test_units_are_given_back_once() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00")))
    one(sales.cancel(document("C2", line("A", -4, "2.00"), minutes=1)))
    assert reasons(sales, document("C3", line("A", -2, "2.00"), minutes=2)) == [Reason.UNKNOWN_SALE]
    assert one(sales.cancel(document("C4", line("A", -1, "2.00"), minutes=3))).units == {1: 1}


def test_goods_wait_for_six_days_and_no_longer() -> None:
    sales = Sales()
    sale = sold(sales, document("1", line("A", 5, "2.00")))
    assert reasons(sales, document("C2", line("A", -1, "2.00"), minutes=6 * DAY + 1)) == [Reason.NEEDS_RETURN]
    assert sale.ship_after is None
    assert one(sales.cancel(document("C3", line("A", -1, "2.00"), minutes=6 * DAY))).units == {1: 1}


def test_units_that_need_a_return_are_gone_for_later_cancellations() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00")))
    assert reasons(sales, document("C2", line("A", -5, "2.00"), minutes=7 * DAY)) == [Reason.NEEDS_RETURN]
    assert reasons(sales, document("C3", line("A", -1, "2.00"), minutes=8 * DAY)) == [Reason.UNKNOWN_SALE]


def test_the_last_cancellation_decides_how_long_goods_wait() -> None:
    sales = Sales()
    sale = sold(sales, document("1", line("A", 5, "2.00")))
    for number, minutes in (("C2", 10), ("C3", 600)):
        one(sales.cancel(document(number, line("A", -1, "2.00"), minutes=minutes)))
    assert sale.ship_after == BEGIN + timedelta(minutes=615)


@pytest.mark.parametrize(
    ("cancelled", "customer", "reason"),
    [
        (line("A", -1, "2.00"), "", Reason.ANONYMOUS),
        (line("A", 1, "2.00"), "17850", Reason.NOT_NEGATIVE),
        (line("D", -1, "27.50"), "17850", Reason.LATER_DISCOUNT),
        (line("POST", -1, "18.00"), "17850", Reason.CHARGE_REFUND),
    ],
)
def test_what_is_no_cancellation_of_a_known_sale_is_refused(cancelled: object, customer: str, reason: Reason) -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00"), line("POST", 1, "18.00"), customer=customer))
    assert reasons(sales, document("C2", cancelled, minutes=1, customer=customer)) == [reason]  # type: ignore[arg-type]


def test_services_alone_are_delivered_at_once() -> None:
    sales = Sales()
    sold(sales, document("1", line("M", 1, "5.00")))
    assert reasons(sales, document("C2", line("M", -1, "5.00"), minutes=1)) == [Reason.NEEDS_RETURN]


def test_postage_goes_back_with_the_last_of_the_goods() -> None:
    sales = Sales()
    sold(sales, document("1", line("A", 5, "2.00"), line("POST", 1, "18.00")))
    partly = sales.cancel(document("C2", line("POST", -1, "18.00"), line("A", -4, "2.00"), minutes=1))
    assert [reject.reason for reject in partly[1]] == [Reason.CHARGE_REFUND]
    call = one(sales.cancel(document("C3", line("POST", -1, "18.00"), line("A", -1, "2.00"), minutes=2)))
    assert (call.units, call.amount, call.value) == ({1: 1}, 2000, Decimal("20.00"))


def test_shares_of_a_discounted_line_sum_to_the_line() -> None:
    sales = Sales()
    sale = sold(sales, document("1", line("A", 3, "1.00"), line("D", -1, "1.00")))
    amounts = [
        one(sales.cancel(document(f"C{number}", line("A", -1, "1.00"), minutes=number))).amount for number in (2, 3, 4)
    ]
    assert sum(amounts) == sale.total == 200
    assert max(amounts) - min(amounts) <= 1
