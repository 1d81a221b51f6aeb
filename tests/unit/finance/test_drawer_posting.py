"""Posting rules of cash drawers: every entry balances, and a closed drawer has nothing left in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.finance.model import LedgerFault, Posting, require_balanced
from oms.finance.posting import postings_of

AT = datetime(2026, 11, 21, 15, tzinfo=UTC)
SESSION = {
    "session_id": "drw_1",
    "node_id": "S12",
    "drawer_id": "D1",
    "legal_entity": "100",
    "business_date": "2026-11-20",
    "currency": "USD",
}
SIGNS = {"cash_sale": 1, "cash_refund": -1, "drop": -1, "paid_in": 1, "paid_out": -1}
CLOSED = {"statement": 1, "expected": 21070, "counted": 20940, "variance": -130, "missing": 0}
RESTATED = {**CLOSED, "statement": 2, "counted_before": 20940, "variance_before": -130}


def posted(event_type: str, /, **data: Any) -> list[Posting]:
    return postings_of(event_type, {**SESSION, **data}, "evt_1", AT)


def moved(number: int, kind: str, amount: int, tax: int = 0) -> list[Posting]:
    more = {"movement_id": f"mov_{number}", "device": "T1", "sequence": number}
    return posted("DrawerMovementRecorded", kind=kind, amount=amount, tax=tax, **more)


def net(postings: list[Posting]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for posting in postings:
        require_balanced(posting.entry.lines)
        for line in posting.entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.debit - line.credit
    return {account: amount for account, amount in sums.items() if amount}


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.sampled_from(sorted(SIGNS)), st.integers(1, 10**6)), max_size=12),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
)
@pytest.mark.capability("N1", "N2")
def test_a_closed_drawer_is_empty_and_its_variance_posted_whatever_is_stated_anew(opening_float, moves, counts):
    expected = opening_float + sum(SIGNS[kind] * amount for kind, amount in moves)
    entries = posted("DrawerOpened", opening_float=opening_float)
    for number, (kind, amount) in enumerate(moves, start=1):
        entries += moved(number, kind, amount, tax=amount // 13 if kind == "cash_sale" else 0)
    assert net(entries).get("1010", 0) == expected
    first, *later = counts
    figures = {"expected": expected, "counted": first, "variance": first - expected, "missing": 0}
    entries += posted("DrawerClosed", statement=1, **figures)
    before = first
    for number, counted in enumerate(later, start=2):
        figures = {"expected": expected, "counted": counted, "variance": counted - expected, "missing": 0}
        since = {"counted_before": before, "variance_before": before - expected}
        entries += posted("DrawerRestated", statement=number, **figures, **since)
        before = counted
    found = net(entries)
    assert found.get("1010", 0) == 0
    assert found.get("6030", 0) == expected - counts[-1]
    assert sum(found.values()) == 0


@pytest.mark.capability("N2")
def test_an_entry_of_a_drawer_says_whose_cash_it_is_and_on_which_day():
    (posting,) = moved(7, "cash_sale", 5413, 413)
    entry = posting.entry
    assert (entry.store, entry.entity, entry.channel, entry.tender) == ("S12", "100", "store", "cash")
    assert (entry.drawer_session, entry.reference, entry.rule) == ("drw_1", "mov_7", "drawer_moved")
    assert posting.business_date == date(2026, 11, 20)


@pytest.mark.capability("N1")
def test_a_movement_is_one_fact_by_whichever_message_it_comes():
    (first,), (again,) = moved(7, "drop", 100), moved(7, "drop", 100)
    (other,) = moved(7, "drop", 101)
    assert (first.identity_key, first.content_hash) == (again.identity_key, again.content_hash)
    assert first.identity_key == other.identity_key
    assert first.content_hash != other.content_hash
    assert moved(8, "drop", 100)[0].identity_key != first.identity_key


def test_statements_have_a_name_each():
    one_cent_more = {**RESTATED, "variance": -129, "counted": 20941}
    named = [posted("DrawerRestated", **{**one_cent_more, "statement": number}) for number in (2, 3)]
    keys = {posting.identity_key for (posting,) in named}
    assert len(keys) == 2


def test_a_statement_that_moves_nothing_posts_nothing():
    assert posted("DrawerRestated", **RESTATED) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("DrawerClosed", {**CLOSED, "variance": -131}),
        ("DrawerClosed", {**CLOSED, "counted": -1}),
        ("DrawerRestated", {**RESTATED, "expected": 1}),
        ("DrawerOpened", {"opening_float": 1.5}),
        ("DrawerMovementRecorded", {"movement_id": "mov_1", "kind": "cash_sale", "amount": 100, "tax": 101}),
        ("DrawerMovementRecorded", {"movement_id": "mov_1", "kind": "cash_refund", "amount": 100, "tax": 1}),
        ("DrawerMovementRecorded", {"movement_id": "mov_1", "kind": "tip", "amount": 100}),
    ],
)
def test_a_fact_that_does_not_add_up_is_not_posted(kind: str, data: dict[str, Any]):
    with pytest.raises(LedgerFault):
        posted(kind, **data)
