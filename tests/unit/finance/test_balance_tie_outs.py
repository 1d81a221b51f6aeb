"""T4, T8 and T11: card clearing with the word of providers, stored value with its cards, tax with what left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.finance.closing.exceptions import Check, ExceptionKind
from oms.finance.closing.facts import BalanceFacts, Carried, Clearing, MovementFacts, StoredValueFacts
from oms.finance.closing.sums import clearing_after, stored_value_after
from oms.finance.model import credit, debit
from tests.unit.finance.evidence import AUTHORIZED, CAPTURED, IN_ORDER, TODAY, entry, found, order, payment, seen, usd


def told(gross: int, provider: str = "strict", currency: str = "USD") -> BalanceFacts:
    return BalanceFacts(provider=provider, currency=currency, gross=gross)


def worth(account: str, amount: int) -> StoredValueFacts:
    return StoredValueFacts(account=account, currency="USD", amount=amount)


def kept(amount: int, *, days: int | None = None) -> Carried:
    """Card clearing that the dates before left, not compared since so many days."""
    since = None if days is None else TODAY - timedelta(days=days)
    return Carried(clearing=(Clearing(provider="strict", currency="USD", amount=amount, since=since),))


@pytest.mark.capability("N3", "N4")
def test_t4_is_what_the_provider_keeps_before_its_fees() -> None:
    """F03: 65.00 on card clearing; 63.00 pending and 2.00 of fees at the provider."""
    assert found(seen(*IN_ORDER, balances=[told(11325)]), Check.T4) == []
    (one,) = found(seen(*IN_ORDER, balances=[told(11324)]), Check.T4)
    assert (one.kind, one.account, one.currency, one.expected, one.found) == (
        *(ExceptionKind.DIFFERS, "1110", "USD", 11324, 11325),
    )
    assert one.detail == "balance at strict before its fees"


@pytest.mark.capability("N3", "N4")
def test_t4_counts_on_from_the_dates_before_and_knows_providers_apart() -> None:
    paid_out = entry(usd("1035", 10700), usd("6010", 300), usd("1110", -11000), order=None, psp="strict")
    other = entry(debit("1110", 700, "EUR"), order=None, psp="adyen")
    day = seen(*IN_ORDER, paid_out, other, carried=kept(5000), balances=[told(5325), told(700, "adyen", "EUR")])
    assert found(day, Check.T4) == []
    assert [(one.provider, one.currency, one.amount, one.since) for one in clearing_after(day)] == [
        ("adyen", "EUR", 700, None),
        ("strict", "USD", 5325, None),
    ]
    # A provider that keeps money of which the ledger has never heard.
    (unheard,) = found(seen(*IN_ORDER, balances=[told(11325), told(5, "adyen")]), Check.T4)
    assert (unheard.expected, unheard.found) == (5, 0)


@pytest.mark.capability("N3", "N4")
@pytest.mark.parametrize(("days", "count"), [(3, 0), (4, 1)])
def test_t4_tells_of_a_balance_that_nobody_has_told_for_long(days: int, count: int) -> None:
    aged = found(seen(*IN_ORDER, carried=kept(500, days=days)), Check.T4)
    assert [(one.kind, one.found, one.age_days, one.detail) for one in aged] == [
        (ExceptionKind.AGED, 11825, days, "nobody has told the balance at strict")
    ] * count
    # Told today, it is compared and counts anew; with nothing at the provider there is nothing to tell.
    assert found(seen(*IN_ORDER, carried=kept(500, days=days), balances=[told(11825)]), Check.T4) == []
    emptied = entry(usd("1035", 11825), usd("1110", -11825), order=None, psp="strict")
    assert found(seen(*IN_ORDER, emptied, carried=kept(500, days=days)), Check.T4) == []


@pytest.mark.capability("N3", "N4")
def test_t4_begins_to_wait_on_the_first_date_that_nobody_compared() -> None:
    assert [one.since for one in clearing_after(seen(*IN_ORDER))] == [TODAY]
    assert [one.since for one in clearing_after(seen(carried=kept(500)))] == [TODAY]
    assert [one.since for one in clearing_after(seen(carried=kept(500, days=2)))] == [TODAY - timedelta(days=2)]


@pytest.mark.capability("N3", "N4")
def test_t4_leaves_a_sale_with_several_tenders_to_the_tenders_of_its_order() -> None:
    """12.00 by cash and 8.00 by card make one entry that names no provider."""
    sale = entry(usd("1010", 1200), usd("1110", 800), usd("4010", -2000))
    assert found(seen(sale, payments=[payment()], balances=[told(800)]), Check.T4) == []
    two = [payment(), payment().model_copy(update={"payment_id": "pay_2", "provider": "adyen"})]
    assert [(one.provider, one.amount) for one in clearing_after(seen(sale, payments=two))] == [("", 800)]


@pytest.mark.capability("N3", "N5")
def test_t11_is_the_tax_of_what_left_less_what_was_given_back() -> None:
    assert found(seen(*IN_ORDER), Check.T11) == []
    returned = entry(usd("4090", 4000), usd("2040", 330), usd("2050", -4330))
    assert found(seen(*IN_ORDER, returned, orders={"ord_1": order(given_back_tax=330)}), Check.T11) == []
    (one,) = found(seen(*IN_ORDER, returned), Check.T11)
    assert (one.kind, one.order_id, one.account, one.expected, one.found) == (
        *(ExceptionKind.DIFFERS, "ord_1", "2040", 825, 495),
    )
    relief = entry(usd("6040", 2000), usd("2040", 165), usd("2010", -2165), rule="write_off_posted")
    assert found(seen(*IN_ORDER, relief), Check.T11) == []


@pytest.mark.capability("N3", "N5")
def test_t11_sees_the_tax_of_a_drawer_that_was_not_posted() -> None:
    moved = MovementFacts(
        movement_id="mov_1",
        session_id="drw_1",
        store="S12",
        device="T1",
        sequence=1,
        kind="cash_sale",
        currency="USD",
        amount=1083,
        tax=83,
        reason=None,
        reference=None,
        cashier="ann",
        occurred_at=None,
        late=False,
    )
    sold = entry(
        *(usd("1010", 1083), usd("4010", -1000), usd("2040", -83)), order=None, drawer_session="drw_1", store="S12"
    )
    assert found(seen(*IN_ORDER, sold, movements=[moved]), Check.T11) == []
    (one,) = found(seen(*IN_ORDER, movements=[moved]), Check.T11)
    assert (one.drawer_session, one.store, one.expected, one.found) == ("drw_1", "S12", 83, 0)


@pytest.mark.capability("N3", "K7")
def test_t8_is_the_sum_of_the_balances_of_all_cards() -> None:
    """50.00 sold before, 17.52 spent today; store credit of 11.37 granted today."""
    before = Carried(stored_value=(worth("2020", 5000),))
    spent = entry(usd("2020", 1752), usd("2010", -1752))
    granted = entry(usd("6050", 1137), usd("2030", -1137), order=None)
    cards = [worth("2020", 3248), worth("2030", 1137)]
    day = seen(*IN_ORDER, spent, granted, carried=before, stored_value=cards)
    assert found(day, Check.T8) == []
    assert list(stored_value_after(day)) == cards
    short = seen(*IN_ORDER, spent, granted, carried=before, stored_value=[worth("2020", 3250), worth("2030", 1137)])
    (one,) = found(short, Check.T8)
    assert (one.kind, one.account, one.currency, one.expected, one.found, one.detail) == (
        *(ExceptionKind.DIFFERS, "2020", "USD", 3250, 3248),
        "the balances of all of them: gift cards outstanding",
    )
    # A card of which the ledger has never heard, and an amount that no card has.
    assert [(one.account, one.expected, one.found) for one in found(seen(stored_value=cards[1:]), Check.T8)] == [
        ("2030", 1137, 0)
    ]
    assert [(one.account, one.expected, one.found) for one in found(seen(granted), Check.T8)] == [("2030", 0, 1137)]


@pytest.mark.capability("N1", "N5")
def test_t11_sees_tax_that_stands_with_another_jurisdiction():
    of = {"jurisdiction": "US-TX", "charged": 825, "given_back": 0}
    sold = order(taxes=[of])
    (first, second) = found(seen(*IN_ORDER, orders={"ord_1": sold}), Check.T11)
    assert (first.account, first.expected, first.found) == ("2040", 0, 825)
    assert (second.expected, second.found, second.detail) == (825, 0, "tax of US-TX")
    lines = (usd("2010", 11325), usd("4010", -10000), usd("4020", -500), credit("2040", 825, "USD", "US-TX"))
    assert found(seen(AUTHORIZED, CAPTURED, entry(*lines), orders={"ord_1": sold}), Check.T11) == []
