"""Money: integers that are shared out without losing anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.money import EXPONENTS, exponent, share_up_to

amounts = st.integers(-(10**15), 10**15)
QUICK = settings(max_examples=200, deadline=None)


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
    with pytest.raises(KeyError):
        exponent("XXX")
    assert all(code.isalpha() and len(code) == 3 for code in EXPONENTS)
