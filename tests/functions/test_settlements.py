"""Payouts: each is taken in once, posted net of its fees, and its items are found in the books."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.settlement_doors import (
    CHARGES,
    Treasury,
    bank_line,
    books,
    f14,
    finance_cloud,
    item,
    payout,
    treasury,
)
from tests.unit.finance import world

__all__ = ["books", "finance_cloud", "treasury"]
# What Stripe lists for a payout, in short: reporting category, source, amount and fee.
STRIPE = (
    ("payout", "po_oms0001", -1284055, 0),
    ("charge", "ch_oms0100", 1200000, 34830),
    ("charge", "ch_oms0001", 2941, 115),
    ("refund", "re_oms0001", -678, 0),
    ("charge", "ch_oms0101", 116737, 0),
)
PAYOUT = {
    "id": "po_oms0001",
    "object": "payout",
    "amount": 1284055,
    "currency": "usd",
    "arrival_date": 1772723646,
    "trace_id": {"status": "supported", "value": "TRACE0001"},
}


OWED = item("refund", "ref_1", -4330)


def transactions() -> dict[str, Any]:
    names = ("reporting_category", "source", "amount", "fee")
    more = {"currency": "usd", "object": "balance_transaction", "exchange_rate": None}
    return {
        "object": "list",
        "has_more": False,
        "data": [{**dict(zip(names, row, strict=True)), **more} for row in STRIPE],
    }


def changed(**change: Any) -> dict[str, Any]:
    """The same transactions, each with this change."""
    told = transactions()
    return {**told, "data": [{**row, **change} for row in told["data"]]}


def from_stripe(transactions: dict[str, Any], **change: Any) -> dict[str, Any]:
    one = {"payout": {**PAYOUT, **change}, "balance_transactions": transactions}
    return {"legal_entity": "100", "stripe": [one]}


@pytest.mark.capability("N4", "N1")
def test_a_payout_is_posted_net_of_fees_and_its_charges_are_found(treasury: Treasury):
    """F14.6: 226.50 less a refund of 43.30 and fees of 7.47."""
    treasury.captured(*CHARGES)
    answer = treasury.settle(f14())
    assert answer.status == 201
    (taken,) = answer.body["payouts"]
    assert (taken["payout_id"], taken["status"], taken["net"]) == ("po_1", "RECORDED", 17573)
    assert treasury.lines("payout_recorded") == [[("1035", 17573), ("6010", 747), ("1110", -18320)]]
    (entry,) = [entry for entry in treasury.entries() if entry.rule == "payout_recorded"]
    assert (entry.psp, entry.store, entry.reference) == ("fakepsp", "treasury", "po_1")
    shown = treasury.api.get(f"/v1/finance/settlements/{taken['settlement_id']}").body
    assert [(one["reference"], one["match"]) for one in shown["items"]] == [
        *((reference, "MATCHED") for reference, _, _ in CHARGES),
        ("ref_1", "WAITING"),
    ]
    assert shown["totals"] == {"charges": 22650, "refunds": 4330, "disputes": 0, "fees": 747, "adjustments": 0}


@pytest.mark.capability("N4", "N1")
def test_a_whole_day_of_a_provider_ties_out(treasury: Treasury):
    """F14 with its refund: what is left on the clearing account is nothing, and the bank has the net amount."""
    treasury.captured(*CHARGES)
    treasury.refunded("ref_1", 4330)
    treasury.settle(f14())
    assert treasury.unmatched() == []
    treasury.bank(bank_line(17573, end_to_end_id="po_1"))
    net = world.net_change(treasury.entries())
    assert (net.get("1110"), net.get("1035"), net["1040"], net["6010"]) == (None, None, 17573, 747)


@pytest.mark.capability("N4", whole=True)
def test_the_report_of_a_provider_is_matched_line_by_line(treasury: Treasury):
    treasury.captured(*CHARGES)
    treasury.refunded("ref_1", 4330)
    report = payout(
        item("charge", "cap-O1-1", 11325, 358),  # one line for one capture
        item("charge", "cap-O2-1", 5000, 145),  # two lines for one capture, two hundredths beside it
        item("charge", "cap-O2-1", 1997, 88),
        item("refund", "ref_1", -4330),
        item("fee", "fee_1", -200),
        item("charge", "cap-unknown", 700),
        item("charge", "cap-O3-1", 4300),
    )
    first = treasury.settle(report)
    path = f"/v1/finance/settlements/{first.body['payouts'][0]['settlement_id']}"
    assert [(one["reference"], one["match"]) for one in treasury.api.get(path).body["items"]] == [
        ("cap-O1-1", "MATCHED"),
        ("cap-O2-1", "MATCHED"),
        ("cap-O2-1", "MATCHED"),
        ("ref_1", "MATCHED"),
        ("fee_1", "NOT_NEEDED"),
        ("cap-unknown", "WAITING"),
        ("cap-O3-1", "DIFFERENT"),
    ]
    treasury.books.runtime.clock.instant += timedelta(days=2)
    waiting = treasury.api.get("/v1/finance/settlements?status=unmatched").body["unmatched"]
    assert [(one["reference"], one["age_days"]) for one in waiting] == [("cap-unknown", 2), ("cap-O3-1", 2)]
    before = treasury.stored()
    again = treasury.settle(report)
    assert (again.status, again.body["payouts"][0]["status"]) == (200, "REPEATED")
    assert treasury.stored() == before


@pytest.mark.capability("N4")
def test_a_payout_that_comes_again_changes_nothing(treasury: Treasury):
    treasury.captured(*CHARGES)
    first = treasury.settle(f14(), key="k1")
    before = treasury.stored()
    repeated = treasury.settle(f14(), key="k1")
    assert (repeated.status, repeated.body, repeated.headers["Idempotency-Replayed"]) == (201, first.body, "true")
    again = treasury.settle(f14(), key="k2")
    assert (again.status, again.body["payouts"][0]["status"]) == (200, "REPEATED")
    assert treasury.stored() == before


@pytest.mark.capability("N4")
def test_another_content_under_the_same_id_is_refused_and_kept_for_a_person(treasury: Treasury):
    treasury.settle(f14())
    before = treasury.entries()
    other = payout(item("charge", "cap-O1-1", 100))
    refused = treasury.settle(payout(item("fee", "f1", -5), payout_id="po_2"), other)
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "settlement_conflict", ["/payouts/1"])
    after = treasury.entries()
    # The payout beside it is taken in; of the one that was refused nothing is posted.
    assert [entry.reference for entry in after if entry not in before] == ["po_2"]
    (kept,) = treasury.api.get("/v1/finance/settlements/exceptions?legal_entity=100").body["conflicts"]
    assert (kept["kind"], kept["name"], json.loads(kept["body"])["net"]) == ("payout", "fakepsp po_1", 100)


@pytest.mark.capability("N4")
def test_items_wait_with_their_age_until_they_are_booked(treasury: Treasury):
    treasury.captured(CHARGES[0])
    treasury.settle(f14())
    waiting = [("cap-O2-1", "WAITING", "po_1"), ("cap-O3-1", "WAITING", "po_1"), ("ref_1", "WAITING", "po_1")]
    assert treasury.unmatched() == waiting
    treasury.books.runtime.clock.instant += timedelta(days=4)
    treasury.captured(*CHARGES[1:])
    # Whatever comes next looks again for what was not found before.
    treasury.settle(f14())
    assert treasury.unmatched() == [("ref_1", "WAITING", "po_1")]
    (one,) = treasury.api.get("/v1/finance/settlements?status=unmatched").body["unmatched"]
    assert (one["amount"], one["net"], one["age_days"], one["kind"]) == (-4330, -4330, 4, "refund")


@pytest.mark.capability("N4")
def test_a_charge_may_be_paid_out_in_parts_and_over_two_payouts(treasury: Treasury):
    treasury.captured(CHARGES[0])
    treasury.settle(payout(item("charge", "cap-O1-1", 5000), item("charge", "cap-O1-1", 4000)))
    assert treasury.unmatched() == [("cap-O1-1", "DIFFERENT", "po_1")] * 2
    treasury.settle(payout(item("charge", "cap-O1-1", 2325), payout_id="po_2"))
    assert treasury.unmatched() == []


@pytest.mark.capability("N4")
@pytest.mark.parametrize(("amount", "waits"), [(11323, False), (11327, False), (11322, True), (11328, True)])
def test_two_hundredths_are_no_difference(treasury: Treasury, amount: int, waits: bool):
    treasury.captured(CHARGES[0])
    treasury.settle(payout(item("charge", "cap-O1-1", amount)))
    assert treasury.unmatched() == ([("cap-O1-1", "DIFFERENT", "po_1")] if waits else [])


@pytest.mark.capability("N4")
def test_a_charge_that_is_paid_out_twice_is_seen(treasury: Treasury):
    treasury.captured(CHARGES[0])
    treasury.settle(payout(item("charge", "cap-O1-1", 11325)))
    treasury.settle(payout(item("charge", "cap-O1-1", 11325), payout_id="po_2"))
    assert treasury.unmatched() == [("cap-O1-1", "DIFFERENT", "po_2")]


@pytest.mark.capability("N4")
def test_a_payout_of_many_items_is_taken_in_as_one(treasury: Treasury):
    treasury.captured(CHARGES[0])
    items = [item("charge", f"cap-X{number}", 100, 3) for number in range(199)]
    assert treasury.settle(payout(item("charge", "cap-O1-1", 11325, 358), *items)).status == 201
    assert treasury.lines("payout_recorded") == [[("1035", 30270), ("6010", 955), ("1110", -31225)]]
    answer = treasury.api.get("/v1/finance/settlements?limit=100").body["unmatched"]
    assert [one["reference"] for one in answer] == [f"cap-X{number}" for number in range(100)]


@pytest.mark.capability("N4", "N1")
def test_what_was_adjusted_is_suspended_until_somebody_says_what_it_was(treasury: Treasury):
    treasury.settle(payout(item("charge", "cap-O1-1", 10000, 320), item("adjustment", "adj_1", -250)))
    assert treasury.lines("payout_recorded") == [[("1035", 9430), ("6010", 320), ("1110", -10000), ("1090", 250)]]
    ((code, suspense_id, amount, age),) = treasury.exceptions()
    assert (code, amount, age) == ("T13", 250, 0)
    assert treasury.resolve(suspense_id, "PSP_FEE").status == 200
    assert treasury.lines("suspense_resolved") == [[("6010", 250), ("1090", -250)]]
    assert treasury.exceptions() == []


@pytest.mark.capability("N4", "N1")
def test_a_payout_in_another_currency(treasury: Treasury):
    """EUR 10.00 less a fee of 0.50, paid as USD 10.26."""
    foreign = payout(item("charge", "cap-E", 1000, 50), currency="EUR", paid_amount=1026, paid_currency="USD")
    treasury.settle(foreign)
    assert treasury.lines("payout_recorded") == [
        [("1190", 950), ("6010", 50), ("1110", -1000), ("1035", 1026), ("1190", -1026)]
    ]


@pytest.mark.capability("N4")
def test_a_payout_as_stripe_tells_it(treasury: Treasury):
    answer = treasury.api.post("/v1/finance/settlements", from_stripe(transactions()))
    assert (answer.status, answer.body["payouts"][0]["payout_id"]) == (201, "po_oms0001")
    # 12,000.00 + 29.41 + 1,167.37 charged, 6.78 refunded, 349.45 kept.
    day = date(2026, 3, 5)
    assert treasury.lines("payout_recorded", day=day) == [[("1035", 1284055), ("6010", 34945), ("1110", -1319000)]]
    line = bank_line(1284055, text="STRIPE TRACE0001", booked_on="2026-03-05")
    assert treasury.bank(line).body["lines"][0]["matched"] == "payout"
    before = treasury.stored()
    refused = treasury.api.post("/v1/finance/settlements", from_stripe(transactions(), amount=1284056))
    assert (refused.status, refused.body["code"], refused.pointers) == (422, "does_not_add_up", ["/stripe/0/net"])
    for body, pointer in (
        (from_stripe({**transactions(), "has_more": True}), "/balance_transactions/has_more"),
        (from_stripe({"data": None}), "/balance_transactions/data"),
        (from_stripe(transactions(), currency="eur"), "/balance_transactions/data"),
        (from_stripe(transactions(), arrival_date=None), "/payout/arrival_date"),
        (from_stripe(transactions(), id=None), "/payout_id"),
        (from_stripe(transactions(), amount=True), "/net"),
        (from_stripe(changed(currency="isk"), currency="isk"), "/payout/amount"),
        (from_stripe(changed(reporting_category=[])), "/balance_transactions/data"),
        (from_stripe(changed(currency="xxx"), currency="xxx"), "/currency"),
    ):
        refused = treasury.api.post("/v1/finance/settlements", body)
        assert (refused.status, refused.pointers[0]) == (422, f"/stripe/0{pointer}")
    assert treasury.stored() == before


@pytest.mark.capability("N4")
@pytest.mark.parametrize(
    ("currency", "amount", "fee", "lines"),
    [
        ("isk", 100000, 3000, [("1035", 970), ("6010", 30), ("1110", -1000)]),
        ("mga", 1000, 30, [("1035", 97000), ("6010", 3000), ("1110", -100000)]),
    ],
)
def test_stripe_counts_some_currencies_in_other_units(treasury: Treasury, currency, amount, fee, lines):
    row = {"reporting_category": "charge", "source": "ch_1", "currency": currency, "amount": amount, "fee": fee}
    told = from_stripe({"data": [row]}, currency=currency, amount=amount - fee)
    assert treasury.api.post("/v1/finance/settlements", told).status == 201
    assert treasury.lines("payout_recorded", day=date(2026, 3, 5)) == [lines]


@pytest.mark.capability("N4")
@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"net": 17574}, "does_not_add_up", "/payouts/0/net"),
        ({"paid_amount": 1}, "invalid_request", "/payouts/0"),
        ({"items": [OWED], "net": -4330, "paid_amount": 0, "paid_currency": "EUR"}, "invalid_request", "/payouts/0"),
        ({"items": []}, "invalid_request", "/payouts/0/items"),
        ({"currency": "XXX"}, "invalid_request", "/payouts/0/currency"),
        ({"net": 175.73}, "invalid_request", "/payouts/0/net"),
    ],
)
def test_a_payout_that_makes_no_sense_changes_nothing(treasury: Treasury, change, code, pointer):
    before = treasury.stored()
    refused = treasury.settle({**f14(), **change})
    assert (refused.status, refused.body["code"]) == (422, code)
    assert refused.pointers[0] == pointer
    assert treasury.stored() == before


@pytest.mark.capability("N4")
def test_only_finance_takes_payouts_in(treasury: Treasury):
    before = treasury.stored()
    body = {"legal_entity": "100", "payouts": [f14()]}
    assert treasury.api.post("/v1/finance/settlements", body, scopes=("finance.read",)).status == 403
    assert treasury.api.get("/v1/finance/settlements", scopes=("finance.write",)).status == 403
    assert treasury.api.get("/v1/finance/settlements/stl_1").status == 404
    assert treasury.stored() == before
    assert world.rows_of("commands") == []
