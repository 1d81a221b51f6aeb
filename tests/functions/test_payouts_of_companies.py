"""Payouts of two companies: each finds in the books what its own provider took and gave."""

from __future__ import annotations

import pytest

from tests.settlement_doors import Treasury, books, finance_cloud, item, payout, treasury

__all__ = ["books", "finance_cloud", "treasury"]


@pytest.mark.capability("N4", "N9")
def test_what_a_terminal_gave_back_for_another_company_is_found_in_the_payout_of_its_own(treasury: Treasury):
    """A till of 200 gave 43.30 back to a customer of company 100: the provider keeps it of what it pays out to 200."""
    treasury.refunded("ref_1", 4330, payer_entity="200", payer_store="S12")
    body = {"legal_entity": "200", "payouts": [payout(item("charge", "cap", 5000), item("refund", "ref_1", -4330))]}
    assert treasury.api.post("/v1/finance/settlements", body).status == 201
    assert treasury.unmatched() == [("cap", "WAITING", "po_1")]
    # In the clearing of the company that owed it, there is nothing of it.
    assert treasury.settle(payout(item("refund", "ref_1", -4330), payout_id="po_2")).status == 201
    assert treasury.unmatched() == [("ref_1", "DIFFERENT", "po_2"), ("cap", "WAITING", "po_1")]
