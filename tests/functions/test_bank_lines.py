"""Deposits and what the bank says: matched by reference, then by amount and date; the difference is suspended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.settlement_doors import Treasury, bank_line, books, f14, finance_cloud, item, payout, treasury
from tests.unit.finance import world

__all__ = ["books", "finance_cloud", "treasury"]


@pytest.mark.capability("N1", "N4")
def test_a_bag_is_credited_with_a_difference_that_somebody_resolves(treasury: Treasury):
    """F13: the bag says 409.40, the bank credits 404.40."""
    assert treasury.deposit().status == 201
    (line,) = treasury.bank(bank_line(40440, end_to_end_id="B1")).body["lines"]
    assert (line["matched"], line["matched_id"], line["difference"]) == ("deposit", "B1", 500)
    assert treasury.exceptions() == [("T13", line["suspense_id"], 500, 0)]
    resolved = treasury.resolve(line["suspense_id"], "CASH_SHORT")
    assert (resolved.status, resolved.body["open"]) == (200, 0)
    assert treasury.lines("deposit_prepared") == [[("1030", 40940), ("1020", -40940)]]
    assert treasury.lines("bank_credited") == [[("1040", 40440), ("1030", -40940), ("1090", 500)]]
    assert treasury.lines("suspense_resolved") == [[("6030", 500), ("1090", -500)]]
    entries = treasury.entries()
    assert world.net_change(entries) == {"1020": -40940, "1040": 40440, "6030": 500}
    assert {entry.store for entry in entries} == {"S12"}
    assert treasury.exceptions() == []


@pytest.mark.capability("N4")
def test_a_payout_is_credited_by_its_reference(treasury: Treasury):
    """F14.7; the reference stands as a word in the text of the bank."""
    treasury.settle(f14())
    other = treasury.bank(bank_line(17573, text="STRICT po_11 PAYMENT", booked_on="2026-12-20"))
    assert (other.body["lines"][0]["matched"], other.body["lines"][0]["difference"]) == (None, -17573)
    line = treasury.bank(bank_line(17573, "L2", text="STRICT po_1 PAYMENT")).body["lines"][0]
    assert (line["matched"], line["difference"], line["suspense_id"]) == ("payout", 0, None)
    assert treasury.lines("bank_credited") == [[("1040", 17573), ("1035", -17573)]]


@pytest.mark.capability("N4")
def test_a_line_without_a_reference_is_matched_by_amount_and_date_if_only_one_can_be_meant(treasury: Treasury):
    treasury.deposit("B1", 40940)
    treasury.deposit("B2", 40940)
    treasury.deposit("B3", 10000)
    first, second = treasury.bank(bank_line(40940), bank_line(10000, "L2", booked_on="2026-11-27")).body["lines"]
    assert (first["matched"], second["matched_id"]) == (None, "B3")
    treasury.bank(bank_line(40940, "L3", text="B1"))
    late = treasury.bank(bank_line(40940, "L4", booked_on="2026-11-28")).body["lines"][0]
    assert late["matched"] is None
    last = treasury.bank(bank_line(40940, "L5", booked_on="2026-11-27")).body["lines"][0]
    assert last["matched_id"] == "B2"


@pytest.mark.capability("N4", "N1")
def test_a_payout_that_is_negative_is_debited(treasury: Treasury):
    treasury.settle(payout(item("charge", "cap-O1-1", 1000, 59), item("refund", "ref_1", -4330)))
    line = treasury.bank(bank_line(-3389, end_to_end_id="po_1")).body["lines"][0]
    assert (line["matched"], line["difference"]) == ("payout", 0)
    assert treasury.lines("payout_recorded") == [[("1035", -3389), ("6010", 59), ("1110", 3330)]]
    assert treasury.lines("bank_debited") == [[("1040", -3389), ("1035", 3389)]]


@pytest.mark.capability("N4")
def test_a_line_that_comes_again_changes_nothing_and_another_content_is_kept_for_a_person(treasury: Treasury):
    treasury.deposit()
    treasury.bank(bank_line(40440, text="B1"))
    before = treasury.stored()
    again = treasury.bank(bank_line(40440, text="B1"))
    assert (again.status, again.body["lines"][0]["status"]) == (200, "REPEATED")
    assert treasury.stored() == before
    refused = treasury.bank(bank_line(1, "L9"), bank_line(40441, text="B1"))
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "settlement_conflict", ["/lines/1"])
    (kept,) = treasury.api.get("/v1/finance/settlements/exceptions?legal_entity=100").body["conflicts"]
    assert (kept["kind"], kept["name"]) == ("bank line", "DE02 L1")
    refused = treasury.deposit(amount=1)
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "settlement_conflict", ["/bag_id"])
    assert treasury.lines("deposit_prepared") == [[("1030", 40940), ("1020", -40940)]]


@pytest.mark.capability("N4")
def test_a_bag_that_is_told_after_its_credit_takes_it_out_of_suspense(treasury: Treasury):
    line = treasury.bank(bank_line(40440)).body["lines"][0]
    treasury.deposit(business_date="2026-11-19")
    assert treasury.exceptions() == [("T13", line["suspense_id"], -40440, 0)]
    refused = treasury.resolve(line["suspense_id"], "DEPOSIT", matched_id="B2")
    assert (refused.status, refused.pointers) == (409, ["/matched_id"])
    assert treasury.resolve(line["suspense_id"], "DEPOSIT", matched_id="B1").body["open"] == 500
    assert treasury.resolve(line["suspense_id"], "DEPOSIT", matched_id="B1").status == 409
    assert treasury.resolve(line["suspense_id"], "BANK_FEE", amount=200).body["open"] == 300
    assert treasury.resolve(line["suspense_id"], "CASH_SHORT").body["open"] == 0
    assert treasury.lines("suspense_resolved") == [
        [("1030", -40940), ("1090", 40940)],
        [("6010", 200), ("1090", -200)],
        [("6030", 300), ("1090", -300)],
    ]
    assert treasury.exceptions() == []


@pytest.mark.capability("N4")
@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"as": "CASH_OVER"}, 422, "/as"),
        ({"as": "CASH_SHORT", "amount": 501}, 409, "/amount"),
        ({"as": "CASH_SHORT", "matched_id": "B1"}, 422, ""),
        ({"as": "DEPOSIT"}, 422, ""),
        ({"as": "INTERCOMPANY"}, 422, ""),
        ({"as": "LOST"}, 422, "/as"),
    ],
)
def test_a_resolution_that_makes_no_sense_changes_nothing(treasury: Treasury, body, status, pointer):
    treasury.deposit()
    line = treasury.bank(bank_line(40440, text="B1")).body["lines"][0]
    before = treasury.stored()
    refused = treasury.api.post(
        f"/v1/finance/suspense/{line['suspense_id']}/resolution", {"reason": "looked at", **body}
    )
    assert refused.status == status
    assert not pointer or refused.pointers == [pointer]
    assert treasury.stored() == before
    assert treasury.resolve("sus_unknown", "CASH_SHORT").status == 404


@pytest.mark.capability("N4")
def test_what_the_bank_does_not_show_for_more_than_three_days_is_an_exception(treasury: Treasury):
    stl = treasury.settle(f14()).body["payouts"][0]["settlement_id"]
    treasury.deposit()
    treasury.books.runtime.clock.instant += timedelta(days=3)
    assert treasury.exceptions() == []
    treasury.books.runtime.clock.instant += timedelta(days=1)
    assert treasury.exceptions() == [("T6", "B1", 40940, 4), ("T5", stl, 17573, 4)]
    treasury.bank(bank_line(40940, text="B1"), bank_line(17573, "L2", text="po_1"))
    assert treasury.exceptions() == []


@pytest.mark.capability("N9", "N4")
def test_a_payment_between_entities_stands_in_both_books_and_the_bank_adds_nothing(treasury: Treasury):
    """F07.3, and a month in which both owed."""
    body = {"transfer_id": "ic-1", "from_entity": "100", "to_entity": "200", "gross": 4330, "currency": "USD"}
    body["business_date"] = "2026-11-20"
    assert treasury.api.post("/v1/finance/intercompany", body).body["net"] == 4330
    before = treasury.stored()
    assert treasury.api.post("/v1/finance/intercompany", body).status == 200
    assert treasury.stored() == before
    refused = treasury.api.post("/v1/finance/intercompany", {**body, "gross": 1})
    assert (refused.status, refused.body["code"]) == (409, "settlement_conflict")
    assert treasury.lines("intercompany_settled") == [[("2310", 4330), ("1040", -4330)]]
    assert treasury.lines("intercompany_settled", "200") == [[("1040", 4330), ("1310", -4330)]]
    lines = treasury.bank(bank_line(-4330, text="ic-1")).body["lines"]
    assert (lines[0]["matched"], lines[0]["difference"]) == ("intercompany", 0)
    treasury.bank(bank_line(4330, text="ic-1"), legal_entity="200", account="DE03")
    assert treasury.lines("bank_debited") == []
    netted = {**body, "transfer_id": "ic-2", "gross": 6000, "gross_back": 4000}
    assert treasury.api.post("/v1/finance/intercompany", netted).body["net"] == 2000
    assert treasury.lines("intercompany_netted") == [[("2310", 6000), ("1310", -4000), ("1040", -2000)]]
    assert treasury.lines("intercompany_netted", "200") == [[("2310", 4000), ("1310", -6000), ("1040", 2000)]]
    itself = treasury.api.post("/v1/finance/intercompany", {**body, "transfer_id": "ic-3", "to_entity": "100"})
    assert itself.status == 422
    slip = {**body, "transfer_id": "ic-3", "business_date": "2027-11-20"}
    refused = treasury.api.post("/v1/finance/intercompany", slip)
    assert (refused.status, refused.pointers) == (422, ["/business_date"])


@pytest.mark.capability("N9", "N4")
def test_a_payment_between_entities_that_is_told_after_its_bank_lines_takes_them_out_of_suspense(treasury: Treasury):
    paid = treasury.bank(bank_line(-4330, text="ic-1")).body["lines"][0]
    came = treasury.bank(bank_line(4330, text="ic-1"), legal_entity="200", account="DE03").body["lines"][0]
    body = {"transfer_id": "ic-1", "from_entity": "100", "to_entity": "200", "gross": 4330, "currency": "USD"}
    assert treasury.api.post("/v1/finance/intercompany", {**body, "business_date": "2026-11-20"}).status == 201
    refused = treasury.resolve(paid["suspense_id"], "INTERCOMPANY", matched_id="ic-2")
    assert (refused.status, refused.pointers) == (409, ["/matched_id"])
    for line in (paid, came):
        assert treasury.resolve(line["suspense_id"], "INTERCOMPANY", matched_id="ic-1").body["open"] == 0
        assert treasury.resolve(line["suspense_id"], "INTERCOMPANY", matched_id="ic-1").status == 409
    for entity, way in (("100", 1), ("200", -1)):
        assert treasury.lines("suspense_resolved", entity) == [[("1040", way * 4330), ("1090", way * -4330)]]
        bank = world.net_change(treasury.entries(entity))
        assert {account: bank.get(account, 0) for account in ("1040", "1090")} == {"1040": way * -4330, "1090": 0}
    treasury.books.runtime.clock.instant += timedelta(days=4)
    assert treasury.exceptions() == treasury.exceptions("200") == []


STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>S1</Id>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">674.67</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="USD">175.73</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>
<AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>po_1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="USD">404.4</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2026-11-20T09:00:00Z</DtTm></BookgDt><AcctSvcrRef>R2</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RmtInf><Ustrd>BAG B1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="USD">5.46</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>
<AcctSvcrRef>R3</AcctSvcrRef><NtryDtls>
<TxDtls><Amt Ccy="USD">5.00</Amt></TxDtls><TxDtls><AmtDtls><TxAmt><Amt Ccy="USD">0.46</Amt></TxAmt></AmtDtls></TxDtls>
</NtryDtls></Ntry>
<Ntry><Amt Ccy="USD">9.99</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><AcctSvcrRef>R4</AcctSvcrRef></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


@pytest.mark.capability("N4")
def test_a_statement_of_the_bank_is_read_line_by_line(treasury: Treasury):
    treasury.settle(f14())
    treasury.deposit()
    body = {"legal_entity": "100", "camt053": STATEMENT}
    answer = treasury.api.post("/v1/finance/bank-lines", body)
    assert (answer.status, answer.body["account"]) == (201, "DE02120300000000202051")
    assert [(one["line_id"], one["amount"], one["matched"], one["difference"]) for one in answer.body["lines"]] == [
        ("R1", 17573, "payout", 0),
        ("R2", 40440, "deposit", 500),
        ("R3-0", -500, None, 500),
        ("R3-1", -46, None, 46),
    ]
    assert treasury.lines("bank_debited") == [[("1040", -500), ("1090", 500)], [("1040", -46), ("1090", 46)]]
    again = treasury.api.post("/v1/finance/bank-lines", body)
    assert (again.status, {one["status"] for one in again.body["lines"]}) == (200, {"REPEATED"})


@pytest.mark.capability("N4")
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("674.67", "674.68", "does_not_add_up"),
        ("5.00<", "4.99<", "does_not_add_up"),
        ("175.73", "175.735", "invalid_request"),
        ("175.73", "Infinity", "invalid_request"),
        ("175.73", "1E+9999", "invalid_request"),
        ("674.67", "1E+9999", "invalid_request"),
        ('Ccy="USD">175.73', 'Ccy="XXX">175.73', "invalid_request"),
        ("<AcctSvcrRef>R1</AcctSvcrRef>", "", "invalid_request"),
        ("</Document>", "", "invalid_request"),
        ("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", "invalid_request"),
        ("<Document", '<!DOCTYPE d [<!ENTITY a "aaaa">]><Document', "invalid_request"),
        ("<IBAN>DE02120300000000202051</IBAN>", "", "invalid_request"),
        ("2026-11-20<", "20.11.2026<", "invalid_request"),
    ],
)
def test_what_is_no_statement_changes_nothing(treasury: Treasury, old: str, new: str, code: str):
    before = treasury.stored()
    assert old in STATEMENT
    body = {"legal_entity": "100", "camt053": STATEMENT.replace(old, new)}
    refused = treasury.api.post("/v1/finance/bank-lines", body)
    assert (refused.status, refused.body["code"]) == (422, code)
    assert treasury.stored() == before


@pytest.mark.capability("N4")
def test_a_bag_of_a_store_that_nobody_knows_is_refused(treasury: Treasury):
    before = treasury.stored()
    refused = treasury.deposit(store="S99")
    assert (refused.status, refused.pointers) == (422, ["/store"])
    assert treasury.stored() == before


@pytest.mark.capability("N4", "N3")
def test_a_line_belongs_to_the_day_on_which_the_bank_booked_it(treasury: Treasury):
    treasury.bank(bank_line(100, booked_on="2026-11-18"))
    assert treasury.lines("bank_credited", day=date(2026, 11, 18)) == [[("1040", 100), ("1090", -100)]]
