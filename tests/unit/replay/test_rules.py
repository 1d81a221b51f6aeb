"""What a line becomes: goods, service, postage, discount, stock change, or a refusal with its reason."""

from decimal import Decimal

import pytest

from tests.unit.replay.samples import document, line
from tools.replaying.rules import FileLine, Reading, Reason, is_service, read_sale, to_minor


def read(*lines: FileLine, number: str = "536365", customer: str = "17850") -> Reading:
    return read_sale(document(number, *lines, customer=customer))


def test_goods_become_lines_that_claim_stock() -> None:
    reading = read(line("85123A", 6, "2.55"), line("85123A", 2, "2.10"))
    assert [(one.sku, one.is_stock, one.quantity, one.unit_price, one.total) for one in reading.lines] == [
        ("85123A", True, 6, 255, 1530),
        ("85123A", True, 2, 210, 420),
    ]
    assert reading.total == 1950


@pytest.mark.parametrize("code", ["POST", "DOT", "C2"])
def test_postage_beside_goods_is_a_charge(code: str) -> None:
    reading = read(line("22633", 1, "1.85"), line(code, 2, "18.00"))
    assert [one.sku for one in reading.lines] == ["22633"]
    assert [(charge.code, charge.amount) for charge in reading.charges] == [(code, 3600)]
    assert reading.total == 3785


def test_postage_without_goods_is_a_line_because_an_order_has_lines() -> None:
    reading = read(line("POST", 1, "18.00"), line("M", 1, "2.00"))
    assert [(one.sku, one.is_stock) for one in reading.lines] == [("POST", False), ("M", False)]
    assert not reading.charges


@pytest.mark.parametrize("code", ["M", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B", "PADS", "GIFT_0001_20"])
def test_services_are_lines_without_stock(code: str) -> None:
    assert is_service(code)
    assert [one.is_stock for one in read(line(code, 1, "5.00")).lines] == [False]


@pytest.mark.parametrize("code", ["85123A", "DCGS0076", "DCGSSGIRL", "15056BL"])
def test_every_other_code_is_goods(code: str) -> None:
    assert not is_service(code)


@pytest.mark.parametrize(
    ("quantity", "price", "unit_price", "total"),
    [(1, "0.001", 1, 0), (5, "0.001", 1, 1), (3, "1.125", 113, 338), (1, "1.125", 113, 113), (4, "0.1234", 13, 49)],
)
def test_a_price_finer_than_a_penny_is_rounded_half_up_per_line(
    quantity: int, price: str, unit_price: int, total: int
) -> None:
    (sold,) = read(line("PADS", quantity, price)).lines
    assert (sold.unit_price, sold.total) == (unit_price, total)
    assert sold.rounding == unit_price * quantity - total >= 0


def test_a_discount_in_a_sale_is_spread_over_the_lines_to_the_penny() -> None:
    reading = read(line("A", 1, "1.00"), line("B1", 1, "1.00"), line("C1", 1, "1.00"), line("D", -1, "1.00"))
    assert [one.discount for one in reading.lines] == [34, 33, 33]
    assert reading.total == 200


def test_discounts_that_make_no_sense_are_refused() -> None:
    assert [r.reason for r in read(line("A", 1, "1.00"), line("D", -1, "1.01")).rejects] == [Reason.DISCOUNT_TOO_LARGE]
    assert [r.reason for r in read(line("A", 1, "1.00"), line("D", 1, "0.10")).rejects] == [Reason.DISCOUNT_ABOVE_ZERO]
    assert [r.reason for r in read(line("D", -1, "1.00")).rejects] == [Reason.DISCOUNT_TOO_LARGE]


def test_units_below_zero_without_a_price_are_written_off() -> None:
    reading = read(line("22139", -10, "0.0", "damages"), line("22140", -1, "0.0", ""), customer="")
    assert [(c.sku, c.quantity, c.reason) for c in reading.stock_changes] == [
        ("22139", -10, "damages"),
        ("22140", -1, "written off"),
    ]
    assert not reading.lines
    assert not reading.rejects


def test_units_without_price_and_customer_were_found() -> None:
    reading = read(line("22139", 56, "0.0", ""), customer="")
    assert [(c.sku, c.quantity, c.reason) for c in reading.stock_changes] == [("22139", 56, "found")]
    assert not reading.lines


def test_goods_without_a_price_are_given_away_where_somebody_buys() -> None:
    for reading in (
        read(line("22139", 1, "0.0"), line("22140", 1, "1.00"), customer=""),
        read(line("22139", 1, "0.0")),
    ):
        assert reading.lines[0].total == 0
        assert not reading.stock_changes


@pytest.mark.parametrize(
    ("number", "sold", "customer", "reason"),
    [
        ("A563186", line("B", 1, "-11062.06"), "", Reason.BAD_DEBT),
        ("A563185", line("B", 1, "11062.06"), "", Reason.BAD_DEBT),
        ("536365", line("22139", 1, "-1.00"), "17850", Reason.NEGATIVE_PRICE),
        ("536365", line("22139", -1, "1.00"), "17850", Reason.NEGATIVE_SALE),
        ("536365", line("22139", 0, "1.00"), "17850", Reason.NEGATIVE_SALE),
        ("536365", line("POST", 1, "0.0"), "", Reason.SERVICE_WITHOUT_VALUE),
        ("536365", line("M", -1, "0.0"), "17850", Reason.SERVICE_WITHOUT_VALUE),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    number: str, sold: FileLine, customer: str, reason: Reason
) -> None:
    reading = read(sold, number=number, customer=customer)
    assert [(reject.reason, reject.value) for reject in reading.rejects] == [(reason, sold.value)]
    assert not reading.lines
    assert not reading.stock_changes


@pytest.mark.parametrize(("value", "pennies"), [("0.005", 1), ("0.004", 0), ("-0.005", -1), ("2.675", 268)])
def test_half_a_penny_goes_up_away_from_zero(value: str, pennies: int) -> None:
    assert to_minor(Decimal(value)) == pennies
