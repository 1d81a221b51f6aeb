"""Money: integers that are split without losing anything."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.money import EXPONENTS, exponent, format_minor, share_up_to, split_by_weights, to_minor

amounts = st.integers(-(10**15), 10**15)
QUICK = settings(max_examples=200, deadline=None)


@pytest.mark.capability("A4")
@QUICK
@given(total=amounts, weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_parts_by_weight_sum_to_the_whole_and_are_fair(total: int, weights: list[int]):
    parts = split_by_weights(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert part * total >= 0  # nobody gets the other sign
        assert abs(part - Decimal(total) * weight / sum(weights)) < 1
        if not weight:
            assert part == 0


@QUICK
@given(total=amounts, weights=st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_who_weighs_the_same_gets_the_same_or_one_more_if_earlier(total: int, weights: list[int]):
    parts = split_by_weights(abs(total), weights)
    for first in range(len(weights)):
        for later in range(first + 1, len(weights)):
            if weights[first] == weights[later]:
                assert parts[first] - parts[later] in (0, 1)


def test_known_splits():
    assert split_by_weights(100, [1, 1, 1]) == [34, 33, 33]
    assert split_by_weights(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split_by_weights(5, [3, 7]) == [2, 3]
    assert split_by_weights(0, [1, 2]) == [0, 0]
    assert split_by_weights(7, [0, 1]) == [0, 7]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1, 3]])
def test_weights_that_mean_nothing_are_refused(weights: list[int]):
    with pytest.raises(ValueError):
        split_by_weights(100, weights)


@pytest.mark.capability("A4", "H6")
@QUICK
@given(amount=amounts, parts=st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_running_shares_sum_to_the_whole_in_any_cut(amount: int, parts: list[int]):
    whole, done, given_away = sum(parts), 0, 0
    for units in parts:
        share = share_up_to(amount, done + units, whole) - share_up_to(amount, done, whole)
        assert share * amount >= 0
        done, given_away = done + units, given_away + share
    assert given_away == amount
    assert share_up_to(amount, 0, whole) == 0


def test_shares_are_rounded_half_up_away_from_zero():
    assert [share_up_to(1, done, 2) for done in (0, 1, 2)] == [0, 1, 1]
    assert [share_up_to(-1, done, 2) for done in (0, 1, 2)] == [0, -1, -1]
    assert [share_up_to(100, done, 3) for done in range(4)] == [0, 33, 67, 100]


@pytest.mark.parametrize(("done", "whole"), [(-1, 3), (4, 3), (0, 0), (1, -1)])
def test_a_share_of_nothing_is_refused(done: int, whole: int):
    with pytest.raises(ValueError):
        share_up_to(100, done, whole)


def test_currencies_have_their_own_minor_units():
    assert (exponent("USD"), exponent("JPY"), exponent("KWD"), exponent("CLF")) == (2, 0, 3, 4)
    assert to_minor(Decimal("1.005"), "USD") == 101
    assert to_minor(Decimal("-1.005"), "USD") == -101
    assert to_minor(Decimal("1.005"), "KWD") == 1005
    assert to_minor(Decimal("99.5"), "JPY") == 100
    assert format_minor(11325, "USD") == "113.25 USD"
    assert format_minor(-5, "KWD") == "-0.005 KWD"
    assert format_minor(500, "JPY") == "500 JPY"
    with pytest.raises(KeyError):
        exponent("XXX")
    assert all(code.isalpha() and len(code) == 3 for code in EXPONENTS)
