"""Logs of tills in the words of another system become our messages, exact to the cent; refusals have their place."""

from __future__ import annotations

from typing import Any

import pytest

from oms.inventory.terms import AdapterName
from oms.pos.adapters import poslog
from oms.pos.foreign import ADAPTERS
from tests.contracts.foreign import CHICAGO, PAYLOADS, SAMPLES, errors_of, told_by


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


def back(item: str, amount: str, inside: str = "", quantity: str = "1") -> str:
    """Units of an item that came back."""
    said = f"<ItemID>{item}</ItemID><ExtendedAmount>{amount}</ExtendedAmount><Quantity>{quantity}</Quantity>"
    return f"<Return>{said}{inside}</Return>"


def link(sequence: str, reason: str = "Return") -> str:
    """The sale that something is of."""
    named = f"<WorkstationID>2</WorkstationID><SequenceNumber>{sequence}</SequenceNumber>"
    return (
        f'<TransactionLink ReasonCode="{reason}">{named}<BusinessDayDate>2026-11-20</BusinessDayDate></TransactionLink>'
    )


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


def test_a_poslog_tells_of_returns_by_the_receipt_that_they_name():
    told = told_by("poslog", (SAMPLES / "poslog_returns.xml").read_text(encoding="utf-8"))

    assert [(one.location, one.key, one.data["type"]) for one in told] == [
        ("S7", "3:2026-11-22:12", "return"),
        ("S7", "3:2026-11-22:13", "return"),
    ]
    assert told[0].data == {
        "workstation": "3",
        "business_date": "2026-11-22",
        "sequence": 12,
        "cashier": "bob",
        "occurred_at": "2026-11-23T01:30:00.000Z",
        "type": "return",
        "currency": "USD",
        "brought_back": {
            "receipt": {"node_id": "S7", "workstation": "2", "business_date": "2026-11-22", "sequence": 41},
            "reason": "broken",
            "lines": [
                {"sku": "0001", "quantity": 1, "disposition": "damaged"},
                {"sku": "0002", "quantity": 1, "disposition": "sellable"},
            ],
        },
        "tenders": [{"tender": "cash", "amount": 1613}],
    }
    # Nothing names its receipt: what it means is refused like any such return.
    assert told[1].data["brought_back"] == {
        "reason": "returned",
        "lines": [{"sku": "0001", "quantity": 1, "disposition": "sellable"}],
    }
    assert told[1].data["tenders"] == [{"tender": "cash", "amount": 1000}]


def test_the_link_of_a_transaction_is_that_of_its_lines_and_void_lines_came_back_to_nobody():
    """A line that resumes something names no receipt; a sale that was rung up and taken back is none."""
    text = poslog_of(
        line(back("A", "-5.00", quantity="-3"))
        + line(back("B", "-1.00"))
        + line(back("B", "1.00"), 'VoidFlag="true"')
        + line(back("C", "-1.00"), 'VoidFlag="true"')
        + line(goods("D", "2.00"))
        + line(goods("D", "-2.00", "-1"), 'VoidFlag="true"')
        + line(tender("Cash", "-3.00"))
        + line(tender("Cash", "1.00"))
        + line(tender("CreditDebit", "-3.00"))
        + link("7", "Resume")
        + link("8"),
        "-5.00",
        RetailStoreID="S7",
    )

    (one,) = told_by("poslog", text)

    assert one.data["brought_back"] == {
        "receipt": {"node_id": "S7", "workstation": "2", "business_date": "2026-11-20", "sequence": 8},
        "reason": "returned",
        "lines": [{"sku": "A", "quantity": 3, "disposition": "sellable"}],
    }
    assert one.data["tenders"] == [
        {"tender": "card", "amount": 300, "provider": "terminal", "reference": "2:2026-11-22:1:1"},
        {"tender": "cash", "amount": 200},
    ]


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
        (poslog_of(line("<Return/>")), ("/Transaction/0", "required")),
        (poslog_of(line(back("A", "1.00")) + line(goods("B", "2.00"))), ("/Transaction/0", "exchange_in_one")),
        (poslog_of(line(back("A", "1.00")) + line(goods("B", "-2.00"))), ("/Transaction/0", "exchange_in_one")),
        (poslog_of(line(back("A", "1", link("1"))) + line(back("B", "1"))), ("/Transaction/0", "several_receipts")),
        (poslog_of(line(back("A", "1", "<TransactionLink/>"))), ("/Transaction/0", "required")),
        (poslog_of(line(back("A", "1", link("one")))), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(back("A", "1", link("1"), "half"))), ("/Transaction/0", "invalid_value")),
        (poslog_of(line(back("A", "1")) + line(tender("Cash", "1.00"))), ("/Transaction/0", "unknown_tender")),
        (poslog_of(line(back("A", "1")) + line(tender("Voucher", "-1.00"))), ("/Transaction/0", "unknown_tender")),
        (poslog_of(line(back("A", "1")) + line(tender("Cash", "-1.00")), "2.00"), ("/Transaction/0", "sum_mismatch")),
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
