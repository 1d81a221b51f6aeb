"""Drawer shifts in the words of another system become our messages, exact to the cent; refusals have their place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.pos.adapters import square
from oms.pos.told import Told
from tests.contracts.foreign import CHICAGO, PAYLOADS, SAMPLES, errors_of, told_by


def test_a_shift_of_square_is_a_session_of_a_drawer():
    told = told_by("square", json.loads((SAMPLES / "square_shift.json").read_text(encoding="utf-8")))

    assert [(one.message, one.key, one.of) for one in told] == [
        ("OpenDrawer", "SHIFT1:open", None),
        ("RecordDrawerMovement", "SHIFT1:E1", "SHIFT1:open"),
        ("RecordDrawerMovement", "SHIFT1:E5", "SHIFT1:open"),
        ("EndDrawer", "SHIFT1:end", "SHIFT1:open"),
        ("CountDrawer", "SHIFT1:count", "SHIFT1:open"),
        ("CloseDrawer", "SHIFT1:close", "SHIFT1:open"),
    ]
    assert told[0].data == {
        "drawer_id": "device:D1",
        "device": "device:D1:SHIFT1",
        "cashier": "TM-1",
        "currency": "USD",
        "opening_float": 10000,
        "opened_at": "2026-11-22T13:00:00.000Z",
    }
    assert [(one.data["sequence"], one.data["kind"], one.data["amount"], one.data["cashier"]) for one in told[1:3]] == [
        (1, "cash_sale", 2500, "TM-1"),
        (2, "paid_out", 1000, "square"),
    ]
    assert told[4].data == {"counted_by": "TM-2", "lines": [{"denomination": 1, "pieces": 11470}]}
    assert told[5].data == {"closed_by": "TM-2", "reason": "till short 0.30"}


def test_an_open_shift_tells_of_its_opening_only():
    body = json.loads((SAMPLES / "square_shift.json").read_text(encoding="utf-8"))
    body["cash_drawer_shift"]["state"] = "OPEN"

    assert [one.message for one in told_by("square", body)] == ["OpenDrawer"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"event_type": "TELEPORT"}, ("/cash_drawer_shift_events/0", "unknown_event")),
        ({"event_money": {"amount": 2500, "currency": "EUR"}}, ("/cash_drawer_shift_events/0", "other_currency")),
        (
            {"event_money": {"amount": 2501, "currency": "USD"}},
            ("/cash_drawer_shift/expected_cash_money", "sum_mismatch"),
        ),
    ],
)
def test_a_shift_that_cannot_be_is_refused_in_its_place(change: dict[str, Any], error: tuple[str, str]):
    body = json.loads((SAMPLES / "square_shift.json").read_text(encoding="utf-8"))
    body["cash_drawer_shift_events"][1] |= change

    assert error in errors_of("square", body)
    assert [one for one in square.tell(body, CHICAGO) if isinstance(one, Told)] == []


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the vendors' files are not beside the clone")
@pytest.mark.parametrize(
    ("files", "moves", "counted"),
    [
        (
            ["cash_drawer_shift_balanced_minus_30.json"],
            [("cash_sale", 2254), ("cash_sale", 1080), ("cash_refund", 536), ("paid_out", 2000), ("paid_in", 5000)],
            20768,
        ),
        (
            [
                f"official_examples/{name}.json"
                for name in ("RetrieveCashDrawerShiftResponse", "ListCashDrawerShiftEventsResponse")
            ],
            [("cash_sale", 100), ("cash_refund", 100), ("paid_in", 10000), ("paid_out", 10000)],
            9970,
        ),
    ],
)
def test_the_vendors_own_shifts_are_understood(files: list[str], moves: list[Any], counted: int):
    body: dict[str, Any] = {}
    for name in files:
        body |= json.loads((PAYLOADS / "square" / name).read_text(encoding="utf-8"))

    told = told_by("square", body)

    found = [one.data for one in told if one.message == "RecordDrawerMovement"]
    assert [(one["kind"], one["amount"]) for one in found] == moves
    (count,) = [one.data for one in told if one.message == "CountDrawer"]
    assert sum(one["denomination"] * one["pieces"] for one in count["lines"]) == counted
