"""Amounts in the words of other systems: read exactly, and spread without losing anything."""

from __future__ import annotations

import pytest

from oms.pos.told import NoAmount, minor_units, shares


@pytest.mark.parametrize(
    ("amount", "weights", "expected"),
    [(10, [1, 1, 1], [3, 4, 3]), (1, [1, 1], [1, 0]), (0, [5, 5], [0, 0]), (31, [500, 100], [26, 5])],
)
def test_what_is_spread_is_lost_nowhere(amount: int, weights: list[int], expected: list[int]):
    assert shares(amount, weights) == expected


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [("20.45", "USD", 2045), ("-2.62", "USD", -262), ("0.00", "USD", 0), ("9", "JPY", 9), ("1.234", "KWD", 1234)],
)
def test_an_amount_is_read_in_minor_units_of_its_currency(text: str, currency: str, expected: int):
    assert minor_units(text, currency) == expected


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "USD"), ("1.5", "JPY"), ("", "USD"), (None, "USD"), ("NaN", "USD"), ("1e99", "USD")],
)
def test_what_is_no_amount_is_never_rounded_to_one(text: str | None, currency: str):
    with pytest.raises(NoAmount):
        minor_units(text, currency)
