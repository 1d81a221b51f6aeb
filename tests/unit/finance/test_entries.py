"""The journal's entries: which side a line stands on, the one law that an entry balances, and its business dates."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oms.finance.model import Line, PostedEntry, Unbalanced, credit, debit, require_balanced


def posted(late_from: date | None = None) -> PostedEntry:
    return PostedEntry(
        entry_id="jnl_1",
        rule="capture",
        rule_version=1,
        entity="100",
        store="S1",
        channel="web",
        occurred_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        source_event="evt_1",
        reference="cap_1",
        lines=(debit("1110", 5, "USD"), credit("2010", 5, "USD")),
        posted_at=datetime(2026, 11, 24, 1, 2, 3, 456789, tzinfo=UTC),
        business_date=date(2026, 11, 24),
        late_from=late_from,
    )


def test_each_amount_stands_on_one_side_with_its_currency_and_jurisdiction():
    assert debit("1110", 5, "USD", "US-NY") == Line(account="1110", debit=5, currency="USD", jurisdiction="US-NY")
    assert credit("2040", 7, "EUR", "FR") == Line(account="2040", credit=7, currency="EUR", jurisdiction="FR")
    assert (debit("1110", 5, "USD").credit, debit("1110", 5, "USD").jurisdiction) == (0, None)
    assert (credit("1110", 5, "USD").debit, credit("1110", 5, "USD").jurisdiction) == (0, None)


def test_lines_that_balance_are_accepted():
    require_balanced([])
    require_balanced([debit("1110", 1, "USD"), credit("2010", 1, "USD")])
    require_balanced([debit("1110", 5, "USD"), credit("2010", 2, "USD"), credit("2040", 3, "USD")])
    require_balanced(line for line in [debit("9010", 5, "USD"), credit("9020", 5, "USD")])


@pytest.mark.parametrize(
    "lines",
    [
        [debit("1110", 5, "USD"), credit("2010", 4, "USD")],
        [debit("1110", 4, "USD"), credit("2010", 5, "USD")],
        [debit("1110", 5, "USD")],
        [credit("1110", 5, "USD")],
        # Each currency by itself, and the memorandum pair apart from the general ledger.
        [debit("1110", 5, "USD"), credit("2010", 5, "EUR")],
        [debit("1110", 5, "USD"), credit("9020", 5, "USD")],
        [debit("9010", 5, "USD"), credit("2010", 5, "USD")],
        # The first pair balances, what follows does not.
        [debit("1110", 5, "USD"), credit("2010", 5, "USD"), debit("1110", 1, "EUR")],
        # No such account, and lines without exactly one side above zero.
        [debit("1111", 5, "USD"), credit("2010", 5, "USD")],
        [debit("1110", 0, "USD")],
        [debit("1110", -1, "USD"), credit("2010", -1, "USD")],
        [Line(account="1110", debit=5, credit=5, currency="USD")],
        [Line(account="1110", debit=1, credit=1, currency="USD")],
        [Line(account="1110", debit=-1, credit=1, currency="USD"), debit("1110", 2, "USD")],
    ],
)
def test_every_other_set_of_lines_is_refused(lines: list[Line]):
    with pytest.raises(Unbalanced):
        require_balanced(lines)


def test_the_refusal_says_which_account_or_difference():
    for lines, named in (
        ([debit("1111", 5, "USD")], "1111"),
        ([debit("1110", 0, "USD")], "1110"),
        ([debit("1110", 5, "USD"), credit("2010", 8, "USD")], "-3 minor units of USD"),
    ):
        with pytest.raises(Unbalanced, match=named):
            require_balanced(lines)


def test_an_entry_happened_on_its_business_date_unless_that_was_closed():
    assert posted().original_business_date == date(2026, 11, 24)
    assert posted(date(2026, 11, 23)).original_business_date == date(2026, 11, 23)
    assert posted().model_dump(mode="json")["posted_at"] == "2026-11-24T01:02:03.456Z"
