"""Tills in the words of other systems become our messages, exact to the cent; refusals have their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.drawers.requests import CloseDrawerMessage, CountDrawerMessage, DrawerMovementMessage, EndDrawerMessage
from oms.inventory.terms import AdapterName
from oms.platform.intake import validate
from oms.platform.problems import FieldError
from oms.pos.adapters import poslog, square
from oms.pos.foreign import ADAPTERS
from oms.pos.requests import TransactionMessage
from oms.pos.told import Told

SAMPLES = Path(__file__).parent / "tills"
# The vendors' own files, where they lie beside the clone.
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
CHICAGO = ZoneInfo("America/Chicago")
SHAPES: dict[str, Any] = {
    "RecordPosTransaction": TransactionMessage,
    "RecordDrawerMovement": DrawerMovementMessage,
    "EndDrawer": EndDrawerMessage,
    "CountDrawer": CountDrawerMessage,
    "CloseDrawer": CloseDrawerMessage,
}


def told_by(adapter: str, body: Any) -> list[Told]:
    """What an adapter tells; every message of it has the shape that its name asks for."""
    found = list(ADAPTERS[adapter](body, CHICAGO))
    errors = [one for one in found if isinstance(one, FieldError)]
    assert errors == []
    told = [one for one in found if isinstance(one, Told)]
    for one in told:
        if one.message in SHAPES:
            validate(SHAPES[one.message], {**one.data, **({"session_id": "drw_1"} if one.of else {})})
    return told


def errors_of(adapter: str, body: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in ADAPTERS[adapter](body, CHICAGO) if isinstance(one, FieldError)]


def poslog_of(lines: str, total: str = "", **head: str) -> str:
    """A sale with these lines."""
    names = {"WorkstationID": "2", "SequenceNumber": "1", "BusinessDayDate": "2026-11-22"}
    more = {"EndDateTime": "2026-11-22T10:00:00Z", "CurrencyCode": "USD"}
    written = "".join(f"<{name}>{text}</{name}>" for name, text in {**names, **more, **head}.items())
    grand = f'<Total TotalType="TransactionGrandAmount">{total}</Total>' if total else ""
    return f"<Transaction>{written}<RetailTransaction>{lines}{grand}</RetailTransaction></Transaction>"


def line(inside: str, attributes: str = "") -> str:
    return f"<LineItem {attributes}><SequenceNumber>1</SequenceNumber>{inside}</LineItem>"


def goods(item: str, amount: str, quantity: str = "1") -> str:
    return (
        f"<Sale><ItemID>{item}</ItemID><ExtendedAmount>{amount}</ExtendedAmount><Quantity>{quantity}</Quantity></Sale>"
    )


def tender(kind: str, amount: str) -> str:
    return f'<Tender TenderType="{kind}"><Amount>{amount}</Amount></Tender>'


def test_every_adapter_is_one_of_a_connection():
    assert set(ADAPTERS) <= set(AdapterName.__args__)


def test_a_poslog_tells_of_sales_and_of_what_is_none():
    told = told_by("poslog", (SAMPLES / "poslog.xml").read_text(encoding="utf-8"))

    assert [(one.location, one.key, one.data["type"]) for one in told] == [
        ("S7", "2:2026-11-22:41", "sale"),
        ("S7", "2:2026-11-22:40", "sign_on"),
        ("S7", "2:2026-11-22:43", "no_sale"),
        ("S7", "2:2026-11-22:44", "void"),
    ]
    assert told[0].data == {
        "workstation": "2",
        "business_date": "2026-11-22",
        "sequence": 41,
        "cashier": "ann",
        "occurred_at": "2026-11-23T00:59:00.000Z",
        "type": "sale",
        "currency": "USD",
        "lines": [
            {
                "type": "stock",
                "sku": "0001",
                "description": "MUG",
                "quantity": 2,
                "unit_price": 1000,
                "discounts": [{"amount": 100, "source": "77"}],
                "tax": 157,
                "total": 2057,
            },
            {
                "type": "non_stock",
                "sku": "0002",
                "quantity": 1,
                "unit_price": 584,
                "discounts": [],
                "tax": 0,
                "total": 584,
            },
        ],
        "totals": {"goods": 2584, "discount": 100, "tax": 157, "total": 2641},
        "tenders": [
            {"tender": "card", "amount": 641, "provider": "terminal", "reference": "ref-9"},
            {"tender": "cash", "amount": 2000, "given": 3000, "change": 1000},
        ],
    }


def test_a_price_of_several_is_exact_and_a_line_below_zero_is_taken_off_the_others():
    text = poslog_of(
        line(goods("A", "5.00", "3"))
        + line(goods("B", "1.00"))
        + line(goods("BOTTLE", "-0.31"))
        + line(tender("Cash", "5.69")),
        "5.69",
    )

    (one,) = told_by("poslog", text)

    assert [
        (entry["unit_price"], entry["quantity"], entry["discounts"], entry["total"]) for entry in one.data["lines"]
    ] == [
        (167, 3, [{"amount": 1, "source": "price"}, {"amount": 26, "source": "BOTTLE"}], 474),
        (100, 1, [{"amount": 5, "source": "BOTTLE"}], 95),
    ]


def test_cash_that_was_given_back_whole_is_no_tender():
    text = poslog_of(
        line(goods("A", "5.00"))
        + line(tender("Cash", "5.00"))
        + line(tender("Cash", "-5.00"))
        + line(tender("CreditDebit", "5.00"))
    )

    (one,) = told_by("poslog", text)

    assert one.data["tenders"] == [
        {"tender": "card", "amount": 500, "provider": "terminal", "reference": "2:2026-11-22:1:1"}
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"xml": 1}, ("", "not_a_poslog")),
        ("<POSLog>", ("", "not_a_poslog")),
        ('<!DOCTYPE a [<!ENTITY b "c">]><POSLog>&b;</POSLog>', ("", "not_a_poslog")),
        ("<html/>", ("", "not_a_poslog")),
        ("<Transaction/>", ("/Transaction/0", "required")),
        (poslog_of("", SequenceNumber="one"), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(goods("A", "1.005"))), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(goods("A", "NaN"))), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(goods("A", "1e99"))), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(goods("A", "1.00")), CurrencyCode="XXX"), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(goods("A", "1.00")), "2.00"), ("/Transaction/0", "sum_mismatch")),
        (poslog_of(line("<Return/>")), ("/Transaction/0", "returns_not_taken")),
        (poslog_of(line(tender("Cash", "-1.00"))), ("/Transaction/0", "cash_not_taken")),
        (poslog_of(line(tender("Check", "1.00"))), ("/Transaction/0", "unknown_tender")),
        (poslog_of(line(goods("A", "-1.00"))), ("/Transaction/0", "nothing_to_take_off")),
        (poslog_of(line(goods("A", "-1.00", "-1"), 'VoidFlag="true"')), ("/Transaction/0", "void_without_line")),
        (poslog_of(line("<Tax><Amount>1.00</Amount></Tax>")), ("/Transaction/0", "tax_without_line")),
    ],
)
def test_what_a_poslog_cannot_mean_is_refused_in_its_place(body: Any, code: tuple[str, str]):
    assert errors_of("poslog", body) == [code]


def test_one_transaction_that_cannot_be_read_harms_no_other():
    good, bad = poslog_of(line(goods("A", "1.00")) + line(tender("Cash", "1.00"))), poslog_of(line("<Return/>"))

    found = list(poslog.tell(f"<POSLog>{bad}{good}</POSLog>", CHICAGO))

    assert [type(one).__name__ for one in found] == ["FieldError", "Told"]


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
def test_every_transaction_of_a_real_store_is_understood_to_the_cent():
    (file,) = (PAYLOADS / "pos").glob("*.xml")

    told = told_by("poslog", file.read_text(encoding="utf-8"))

    assert len(told) == 26
    sales = [one.data for one in told if one.data["type"] == "sale"]
    assert len(sales) == 19
    assert sum(one["totals"]["total"] for one in sales) == 95661
    for one in sales:
        kept = sum(paid["amount"] - paid.get("cash_back", 0) for paid in one["tenders"])
        assert kept == one["totals"]["total"]
    cash = [paid for one in sales for paid in one["tenders"] if paid["tender"] == "cash"]
    assert [(paid["amount"], paid["given"], paid["change"]) for paid in cash] == [
        (1738, 2000, 262),
        (107, 200, 93),
        (792, 800, 8),
    ]
    kinds = [one.data["type"] for one in told if one.data["type"] != "sale"]
    assert kinds == ["sign_on", "sign_on", "sign_off", "sign_on", "no_sale", "no_sale", "sign_off"]


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
