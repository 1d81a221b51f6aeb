"""The provider's log becomes payouts, bank lines and balances: each penny once, on its date."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tools.replaying.payouts import (
    balance_document,
    bank_line,
    business_day,
    fee_of,
    items_of,
    payout_document,
    payouts_on,
)

FRIDAY, SATURDAY, SUNDAY = (date(2011, 3, day) for day in (4, 5, 6))


def effect(kind: str, reference: str, amount: int, at: datetime, order: str = "ord_1") -> dict[str, Any]:
    return {
        "effect": kind,
        "reference": reference,
        "amount": amount,
        "at": int(at.timestamp()),
        "metadata": {"order_id": order},
    }


LOG = [
    effect("authorized", "", 5000, datetime(2011, 3, 4, 9, tzinfo=UTC)),
    effect("captured", "cap_1", 4000, datetime(2011, 3, 4, 18, tzinfo=UTC)),
    effect("captured", "cap_x", 700, datetime(2011, 3, 4, 18, tzinfo=UTC), order="ord_of_another_run"),
    effect("captured", "cap_2", 1000, datetime(2011, 3, 5, 3, 59, 59, tzinfo=UTC)),
    effect("refunded", "ref_1", 500, datetime(2011, 3, 5, 4, tzinfo=UTC)),
]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2011, 3, 5, 3, 59, 59, tzinfo=UTC), FRIDAY),
        (datetime(2011, 3, 5, 4, tzinfo=UTC), SATURDAY),
        # In summer the date ends at 03:00 UTC.
        (datetime(2011, 7, 2, 2, 59, 59, tzinfo=UTC), date(2011, 7, 1)),
        (datetime(2011, 7, 2, 3, tzinfo=UTC), date(2011, 7, 2)),
    ],
)
def test_a_business_date_ends_at_four_in_london(at: datetime, day: date) -> None:
    assert business_day(int(at.timestamp())) == day


@pytest.mark.parametrize(("amount", "fee"), [(4000, 146), (1000, 59), (1, 30), (50, 31), (-500, 0), (0, 0)])
def test_a_fee_is_a_whole_number_of_pennies_rounded_half_up(amount: int, fee: int) -> None:
    assert fee_of(amount) == fee


def test_what_was_taken_on_a_date_is_paid_out_on_the_next_and_booked_on_the_one_after() -> None:
    items = items_of(LOG, {"ord_1"})
    assert [(one.day, one.kind, one.reference, one.amount, one.fee) for one in items] == [
        (FRIDAY, "charge", "cap_1", 4000, 146),
        (FRIDAY, "charge", "cap_2", 1000, 59),
        (SATURDAY, "refund", "ref_1", -500, 0),
    ]
    assert payouts_on(FRIDAY, items, "run") == []
    (payout,) = payouts_on(SATURDAY, items, "run")
    assert payout_document(payout, "strict", "GBP") == {
        "provider": "strict",
        "payout_id": "po-run-2011-03-05-1",
        "currency": "GBP",
        "business_date": "2011-03-05",
        "net": 4795,
        "end_to_end_id": "po-run-2011-03-05-1",
        "items": [
            {"kind": "charge", "reference": "cap_1", "amount": 4000, "fee": 146},
            {"kind": "charge", "reference": "cap_2", "amount": 1000, "fee": 59},
        ],
    }
    line = bank_line(payout, SUNDAY, "GBP")
    assert (line["amount"], line["booked_on"], line["end_to_end_id"]) == (4795, "2011-03-06", payout.id)
    (given_back,) = payouts_on(SUNDAY, items, "run")
    assert (given_back.gross, given_back.fees, given_back.net) == (-500, 0, -500)


def test_the_balance_of_a_date_is_what_was_taken_until_then_and_not_paid_out() -> None:
    items = items_of(LOG, {"ord_1"})
    paid_out = payouts_on(SATURDAY, items, "run")
    before = balance_document(FRIDAY, items, [], "strict", "GBP")
    assert (before["business_date"], before["pending"], before["available"], before["fees"]) == (
        *("2011-03-04", 4795, 0, 205),
    )
    after = balance_document(SATURDAY, items, paid_out, "strict", "GBP")
    assert (after["pending"], after["fees"]) == (-500, 0)


def test_a_day_with_more_than_the_door_takes_is_paid_out_in_parts() -> None:
    many = [effect("captured", f"cap_{n}", 100, datetime(2011, 3, 4, 9, tzinfo=UTC)) for n in range(1201)]
    parts = payouts_on(SATURDAY, items_of(many, {"ord_1"}), "run")
    assert [(one.id, len(one.items)) for one in parts] == [
        ("po-run-2011-03-05-1", 500),
        ("po-run-2011-03-05-2", 500),
        ("po-run-2011-03-05-3", 201),
    ]
    assert sum(one.gross for one in parts) == 120_100
