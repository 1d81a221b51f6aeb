"""Posting rule of goodwill: less revenue and less tax on an order, an expense without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.finance.model import LedgerFault, Posting
from oms.finance.posting import postings_of

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
GRANT = {
    "order_id": "ord_1",
    "appeasement_id": "apm_1_1",
    "currency": "USD",
    "legal_entity": "100",
    "store": "web",
    "channel": "web",
    "goods": 800,
    "shipping": 0,
    "tax": 66,
    "total": 866,
}


def posted(**changes: Any) -> list[Posting]:
    return postings_of("AppeasementGranted", {**GRANT, **changes}, "evt_1", AT)


def lines(posting: Posting) -> list[tuple[str, int]]:
    return [(line.account, line.debit - line.credit) for line in posting.entry.lines]


@pytest.mark.capability("N1", "L3")
def test_goodwill_on_an_order_takes_revenue_and_tax_back():
    (one,) = posted()
    assert lines(one) == [("4091", 800), ("2040", 66), ("2050", -866)]
    assert (one.entry.reference, one.entry.order_id) == ("apm_1_1", "ord_1")
    (shipping,) = posted(goods=0, shipping=500, tax=0, total=500)
    assert lines(shipping) == [("4091", 500), ("2050", -500)]


@pytest.mark.capability("N1")
@pytest.mark.parametrize(("tender", "account"), [("store_credit", "2030"), ("gift_card", "2020")])
def test_a_gift_without_an_order_is_an_expense(tender: str, account: str):
    (one,) = posted(order_id=None, tax=0, total=800, tender=tender)
    assert lines(one) == [("6050", 800), (account, -800)]


@pytest.mark.capability("N1")
@pytest.mark.parametrize(
    "changes",
    [
        {"total": 867},
        {"tax": -66, "total": 734},
        {"order_id": None, "tender": "store_credit"},
        {"order_id": None, "tax": 0, "total": 800, "tender": "card"},
        {"order_id": None, "tax": 0, "total": 800},
    ],
)
def test_a_grant_that_does_not_add_up_is_not_posted(changes: dict[str, object]):
    with pytest.raises(LedgerFault):
        posted(**changes)


@pytest.mark.capability("N1")
def test_a_grant_told_again_is_the_same_and_another_under_its_name_is_not():
    (first,), (again,), (other,) = posted(), posted(text="new"), posted(goods=801, total=867)
    assert first.identity_key == again.identity_key == other.identity_key
    assert first.content_hash == again.content_hash != other.content_hash
