"""Posting rules of settlement: the lines of F13, F14 and F15, and of the further examples beside them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.finance.model import LedgerFault, Posting, require_balanced
from oms.finance.posting import postings_of

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
WHOSE = {"legal_entity": "100", "store": "treasury", "channel": "finance", "currency": "USD"}
PAYOUT = {
    **{"settlement_id": "stl_1", "provider": "strict", "payout_id": "po_1"},
    **{"charges": 22650, "refunds": 4330, "disputes": 0, "fees": 747, "adjustments": 0, "net": 17573},
    **{"paid_amount": 17573, "paid_currency": "USD", "business_date": "2026-11-20"},
}
BANK = {"bank_line_id": "bnk_1", "account": "DE02", "business_date": "2026-11-23"}
DISPUTE = {"provider": "strict", "dispute_id": "dp_1", "reference": "cap_1"}
TRANSFER = {"transfer_id": "ic_1", "to_entity": "200", "business_date": "2026-11-30"}

Lines = list[tuple[str, int]]


def posted(event_type: str, /, **data: Any) -> list[Posting]:
    return postings_of(event_type, {**WHOSE, **data}, "evt_1", AT)


def lines(event_type: str, /, **data: Any) -> Lines:
    """The lines of a fact of one entity: account and amount, debit positive."""
    (posting,) = posted(event_type, **data)
    return of(posting)


def of(posting: Posting) -> Lines:
    return [(line.account, line.debit - line.credit) for line in posting.entry.lines]


@pytest.mark.capability("N1")
def test_a_bag_and_what_the_bank_makes_of_it():
    """F13: the bag says 409.40, the bank 404.40."""
    assert lines("DepositPrepared", bag_id="B1", amount=40940) == [("1030", 40940), ("1020", -40940)]
    credited = lines("BankCredited", **BANK, amount=40440, matched="deposit", in_transit=40940)
    assert credited == [("1040", 40440), ("1030", -40940), ("1090", 500)]
    resolved = lines("SuspenseResolved", suspense_id="sus_1", number=1, resolution="CASH_SHORT", amount=500)
    assert resolved == [("6030", 500), ("1090", -500)]


@pytest.mark.capability("N1", "N4")
def test_a_payout_net_of_fees_and_its_credit():
    """F14: 226.50 less 43.30 less 7.47."""
    assert lines("PayoutRecorded", **PAYOUT) == [("1035", 17573), ("6010", 747), ("1110", -18320)]
    credited = lines("BankCredited", **BANK, amount=17573, matched="payout", in_transit=17573)
    assert credited == [("1040", 17573), ("1035", -17573)]


@pytest.mark.capability("N1", "N4")
def test_a_payout_that_is_negative_is_mirrored_and_debited():
    less = {**PAYOUT, "charges": 1000, "refunds": 4330, "fees": 59, "net": -3389, "paid_amount": -3389}
    assert lines("PayoutRecorded", **less) == [("1035", -3389), ("6010", 59), ("1110", 3330)]
    debited = lines("BankDebited", **BANK, amount=3389, matched="payout", in_transit=-3389)
    assert debited == [("1040", -3389), ("1035", 3389)]


@pytest.mark.capability("N1", "N4")
def test_a_payout_in_another_currency_passes_through_currency_exchange():
    """EUR 10.00 less a fee of 0.50, paid as USD 10.26."""
    foreign = {**PAYOUT, "currency": "EUR", "charges": 1000, "refunds": 0, "fees": 50, "net": 950, "paid_amount": 1026}
    (posting,) = posted("PayoutRecorded", **foreign)
    found = [(line.currency, line.account, line.debit - line.credit) for line in posting.entry.lines]
    assert found == [
        ("EUR", "1190", 950),
        ("EUR", "6010", 50),
        ("EUR", "1110", -1000),
        ("USD", "1035", 1026),
        ("USD", "1190", -1026),
    ]


@pytest.mark.capability("N1", "N4")
def test_what_a_provider_adjusted_is_suspended_and_a_dispute_clears_its_fee_too():
    data = {**PAYOUT, "refunds": 0, "disputes": 12825, "adjustments": -100, "net": 8978, "paid_amount": 8978}
    assert lines("PayoutRecorded", **data) == [("1035", 8978), ("6010", 747), ("1110", -9825), ("1090", 100)]


@pytest.mark.capability("N1")
def test_what_the_bank_shows_and_nobody_knows_is_suspended_either_way():
    assert lines("BankCredited", **BANK, amount=700) == [("1040", 700), ("1090", -700)]
    assert lines("BankDebited", **BANK, amount=700) == [("1040", -700), ("1090", 700)]


@pytest.mark.capability("N1", "K12")
def test_a_dispute_that_is_lost_and_one_that_is_won():
    """F15, and a win after which the fee comes back."""
    first = lines("DisputeFundsWithdrawn", **DISPUTE, amount=11325, fee=1500)
    assert first == [("1120", 11325), ("6021", 1500), ("1110", -12825)]
    second = lines("DisputeFundsWithdrawn", **DISPUTE, amount=5413, fee=1500)
    assert second == [("1120", 5413), ("6021", 1500), ("1110", -6913)]
    assert lines("DisputeLost", **DISPUTE, amount=11325) == [("6020", 11325), ("1120", -11325)]
    assert lines("DisputeWon", **DISPUTE, amount=5413, fee_returned=0) == [("1110", 5413), ("1120", -5413)]
    with_fee = lines("DisputeWon", **DISPUTE, amount=5413, fee_returned=1500)
    assert with_fee == [("1110", 6913), ("1120", -5413), ("6021", -1500)]
    assert posted("DisputeWon", **DISPUTE, amount=0, fee_returned=0) == []


@pytest.mark.capability("N1", "K9")
def test_a_write_off_with_and_without_its_tax():
    data = {"order_id": "ord_1", "write_off_id": "wof_1_1", "amount": 2165}
    assert lines("WriteOffPosted", **data, tax=165) == [("6040", 2000), ("2040", 165), ("2010", -2165)]
    assert lines("WriteOffPosted", **data, tax=0) == [("6040", 2165), ("2010", -2165)]


@pytest.mark.capability("N9")
def test_what_an_entity_owed_is_paid_in_the_books_of_both():
    """F07.3."""
    payer, payee = posted("IntercompanySettled", **TRANSFER, amount=4330)
    assert (payer.entry.entity, of(payer)) == ("100", [("2310", 4330), ("1040", -4330)])
    assert (payee.entry.entity, of(payee)) == ("200", [("1040", 4330), ("1310", -4330)])
    assert payer.business_date == payee.business_date == date(2026, 11, 30)


@pytest.mark.capability("N9")
def test_what_two_entities_owe_each_other_is_set_off_and_the_rest_paid():
    payer, payee = posted("IntercompanyNetted", **TRANSFER, gross=6000, gross_back=4000, net=2000)
    assert of(payer) == [("2310", 6000), ("1310", -4000), ("1040", -2000)]
    assert of(payee) == [("2310", 4000), ("1310", -6000), ("1040", 2000)]
    even = posted("IntercompanyNetted", **TRANSFER, gross=4000, gross_back=4000, net=0)
    assert [of(posting) for posting in even] == [[("2310", 4000), ("1310", -4000)]] * 2


@pytest.mark.capability("N9")
def test_the_bank_shows_a_transfer_that_is_in_the_books_already():
    assert posted("BankDebited", **BANK, amount=4330, matched="intercompany", in_transit=-4330) == []
    short = lines("BankCredited", **BANK, amount=4300, matched="intercompany", in_transit=4330)
    assert short == [("1040", -30), ("1090", 30)]


@given(*[st.integers(-(10**9), 10**9)] * 5, st.sampled_from(["USD", "EUR"]))
@pytest.mark.capability("N1", "N4")
def test_every_payout_balances_in_each_currency(charges, refunds, disputes, fees, adjustments, paid_currency):
    net = charges - refunds - disputes - fees + adjustments
    data = {"charges": charges, "refunds": refunds, "disputes": disputes, "fees": fees, "adjustments": adjustments}
    paid = net if paid_currency == "USD" else net // 2
    more = {"net": net, "paid_amount": paid, "paid_currency": paid_currency}
    for posting in posted("PayoutRecorded", **{**PAYOUT, **data, **more}):
        require_balanced(posting.entry.lines)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("PayoutRecorded", {**PAYOUT, "net": 17574, "paid_amount": 17574}),
        ("PayoutRecorded", {**PAYOUT, "paid_amount": 17574}),
        ("WriteOffPosted", {"order_id": "ord_1", "write_off_id": "wof_1", "amount": 100, "tax": 101}),
        ("IntercompanyNetted", {**TRANSFER, "gross": 2, "gross_back": 1, "net": 2}),
        ("SuspenseResolved", {"suspense_id": "sus_1", "number": 1, "resolution": "LOST", "amount": 1}),
        ("BankCredited", {**BANK, "amount": 1, "matched": "loan", "in_transit": 1}),
    ],
)
@pytest.mark.capability("N1")
def test_what_does_not_add_up_is_no_entry(kind, data):
    with pytest.raises(LedgerFault):
        posted(kind, **data)
