"""Sales at tills, their drawers and the ledger, through all three functions: F08, F11 and F12, each told twice."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from datetime import date

import pytest

from tests.drawer_doors import Drawers, pieces
from tests.order_doors import doors  # noqa: F401  (a fixture)
from tests.order_world import TENANT, line, world  # noqa: F401  (a fixture)
from tests.pos_doors import Till, card, cash, later, sold_line, transaction
from tests.pos_ledger import TODAY, Ledger, lines_of, net_change
from tests.refund_doors import Refunds
from tests.unit.finance import world as finance_world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


@pytest.mark.capability("N1", "N2")
def test_sales_of_a_drawer_day_stand_in_the_ledger_once(doors, books):
    """F11: three cash sales, cash paid back, in and out, a drop; expected 210.70, counted 209.40."""
    ledger, drawers, till = Ledger(doors, books), Drawers(doors), Till(doors)
    session = drawers.opened("D1", 20000)
    for number, (price, tax) in enumerate(((5000, 413), (2000, 165), (10000, 825)), start=101):
        till.sale(number, sold_line("A", 1, price, tax=tax), drawer_session_id=session)
    drawers.move(session, 1, "cash_refund", 1083)
    drawers.move(session, 2, "paid_in", 5000, reason="change")
    drawers.move(session, 3, "paid_out", 1250, reason="supplies")
    drawers.move(session, 4, "drop", 20000, reference="bag-1")
    drawers.end(session)
    drawers.count(session, pieces(n10000=2, n500=1, n100=4, n25=1, n10=1, n5=1), by="bob")
    assert drawers.close(session, by="max").status == 200

    entries = ledger.posted()

    assert lines_of(entries, "sale_recorded") == [
        [("1010", 2165), ("4010", -2000), ("2040", -165)],
        [("1010", 5413), ("4010", -5000), ("2040", -413)],
        [("1010", 10825), ("4010", -10000), ("2040", -825)],
    ]
    assert lines_of(entries, "drawer_moved") == [
        [("1010", 5000), ("1020", -5000)],
        [("1020", 20000), ("1010", -20000)],
        [("2050", 1083), ("1010", -1083)],
        [("6060", 1250), ("1010", -1250)],
    ]
    assert lines_of(entries, "drawer_closed") == [[("6030", 130), ("1010", -130), ("1020", 20940), ("1010", -20940)]]
    assert net_change(entries) == {
        "1020": 15940,
        "2040": -1403,
        "2050": 1083,
        "4010": -17000,
        "6030": 130,
        "6060": 1250,
    }
    sales = [entry for entry in entries if entry.rule == "sale_recorded"]
    assert {(one.store, one.channel, one.tender, one.psp, one.drawer_session) for one in sales} == {
        ("S1", "store", "cash", None, session)
    }
    assert {one.order_id for one in sales} == set(doors.world.order_ids())
    assert drawers.see(session)["totals"] == {
        "cash_sale": 18403,
        "cash_refund": 1083,
        "drop": 20000,
        "paid_in": 5000,
        "paid_out": 1250,
    }


@pytest.mark.capability("N1", "N2")
def test_a_sale_by_card_and_cash_with_change_and_a_drawer_that_is_over(doors, books):
    """F12: 54.13 due, 20.00 by card, 40.00 handed over, 5.87 change; expected 134.13, counted 134.18."""
    ledger, drawers, till = Ledger(doors, books), Drawers(doors), Till(doors)
    session = drawers.opened("D2", 10000)
    till.sale(
        1,
        sold_line("A", 1, 5000, tax=413),
        tenders=[card(2000), cash(3413, given=4000, change=587)],
        drawer_session_id=session,
    )
    drawers.end(session)
    drawers.count(session, pieces(n10000=1, n2000=1, n1000=1, n100=4, n10=1, n5=1, n1=3), by="bob")
    assert drawers.close(session, by="max").status == 200

    entries = ledger.posted()

    assert lines_of(entries, "sale_recorded") == [[("1110", 2000), ("1010", 3413), ("4010", -5000), ("2040", -413)]]
    assert lines_of(entries, "drawer_closed") == [[("1010", 5), ("6030", -5), ("1020", 13418), ("1010", -13418)]]
    assert net_change(entries) == {"1020": 3418, "1110": 2000, "2040": -413, "4010": -5000, "6030": -5}
    (sale,) = [entry for entry in entries if entry.rule == "sale_recorded"]
    assert (sale.tender, sale.psp) == (None, None)


@pytest.mark.capability("N1")
def test_an_uneven_exchange_is_paid_by_what_is_owed_for_the_return_and_cash(doors, books):
    """F08: 40.00 back with 3.30 tax; 55.00 out with 4.54 tax, 16.24 in cash."""
    ledger, drawers, till, shop = Ledger(doors, books), Drawers(doors), Till(doors), Refunds(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    accepted = shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange")
    (refund,) = doors.see(order_id)["refunds"]
    session = drawers.opened("D1", 0)
    sold = till.sale(
        1,
        sold_line("B", 1, 5500, tax=454),
        exchange_credits=[{"refund_id": refund["id"], "amount": 4330}],
        drawer_session_id=session,
    )

    entries = ledger.posted()

    assert lines_of(entries, "return_accepted") == [[("4090", 4000), ("2040", 330), ("2050", -4330)]]
    assert lines_of(entries, "sale_recorded") == [[("1010", 1624), ("2050", 4330), ("4010", -5500), ("2040", -454)]]
    own = [entry for entry in entries if entry.rule in ("return_accepted", "sale_recorded")]
    assert net_change(own) == {"1010": 1624, "2040": -124, "4010": -5500, "4090": 4000}
    order = doors.see(sold["order_id"])
    assert order["payment_status"] == "CAPTURED"
    assert [(one["tender"], one["captured"], one["psp_reference"]) for one in order["payments"]] == [
        ("exchange_credit", 4330, refund["id"]),
        ("cash", 1624, None),
    ]
    (paid,) = doors.see(order_id)["refunds"]
    assert [(part["tender"], part["state"], part["amount"]) for part in paid["parts"]] == [("cash", "EXECUTED", 4330)]
    assert "RefundExchanged" in [one["event"] for one in doors.timeline(order_id)]
    refused = drawers.move(session, 1, "cash_refund", 4330, refund_id=refund["id"])
    assert (refused.status, refused.pointers) == (409, ["/refund_id"])
    assert accepted["order_id"] == order_id


@pytest.mark.capability("N1")
def test_cash_that_is_rounded_leaves_revenue_and_tax_exact(doors, books):
    """Due 9.98, taken 10.00; and due 10.02, taken 10.00."""
    ledger, drawers, till = Ledger(doors, books), Drawers(doors), Till(doors)
    session = drawers.opened("D1", 0)
    up = till.sale(1, sold_line("A", 1, 922, tax=76), rounding=2, drawer_session_id=session)
    till.sale(2, sold_line("A", 1, 922, tax=80), rounding=-2, drawer_session_id=session)

    entries = ledger.posted()

    assert lines_of(entries, "sale_recorded") == [
        [("1010", 1000), ("4010", -922), ("2040", -80), ("6070", 2)],
        [("1010", 1000), ("4010", -922), ("2040", -76), ("6070", -2)],
    ]
    assert [one["captured"] for one in doors.see(up["order_id"])["payments"]] == [998]
    drawers.end(session)
    drawers.count(session, pieces(n2000=1), by="bob")
    assert drawers.close(session, by="max").body["expected"] == 2000


@pytest.mark.capability("N1", "N2")
def test_cash_back_is_taken_by_the_card_and_leaves_the_drawer(doors, books):
    """69.34 of goods, 89.34 by card, 20.00 out of the drawer."""
    ledger, drawers, till = Ledger(doors, books), Drawers(doors), Till(doors)
    session = drawers.opened("D1", 10000)
    sold = till.sale(1, sold_line("A", 1, 6934), tenders=[{**card(8934), "cash_back": 2000}], drawer_session_id=session)

    entries = ledger.posted()

    assert lines_of(entries, "sale_recorded") == [[("1110", 8934), ("4010", -6934), ("1010", -2000)]]
    assert [one["captured"] for one in doors.see(sold["order_id"])["payments"]] == [6934]
    drawers.end(session)
    drawers.count(session, pieces(n2000=4), by="bob")
    assert drawers.close(session, by="max").body["expected"] == 8000


@pytest.mark.capability("N1", "N6")
def test_what_leaves_later_is_a_deposit_until_it_has_left(doors, books):
    ledger, till, world = Ledger(doors, books), Till(doors), doors.world
    order_id = till.sale(
        1, sold_line("A", 1, 1000, tax=83, off=100), later("B", 2, 2000, tax=330, freight=500), tenders=[card(5813)]
    )["order_id"]
    entries = ledger.posted()
    assert lines_of(entries, "sale_recorded") == [
        [("1110", 5813), ("4092", 100), ("4010", -1000), ("2040", -83), ("2010", -4830)]
    ]

    (work,) = doors.run_order_workflow(order_id)
    for verb, lines in (("accept", None), ("pick", {2: 2}), ("pack", {2: 2}), ("ship", {2: 2})):
        world.act(work, verb, lines=lines)

    entries = ledger.posted()
    assert lines_of(entries, "goods_transferred") == [[("2010", 4830), ("4010", -4000), ("4020", -500), ("2040", -330)]]
    assert net_change(entries) == {"1110": 5813, "2040": -413, "4010": -5000, "4020": -500, "4092": 100}


@pytest.mark.capability("N1")
def test_tax_stands_in_the_ledger_by_jurisdiction(doors, books):
    ledger = Ledger(doors, books)
    Till(doors).sale(
        1,
        sold_line("A", 1, 1000, tax=40, jurisdiction="US-NY"),
        sold_line("B", 1, 1000, tax=45, jurisdiction="US-NY-NYC"),
        sold_line("C", 1, 1000, tax=5),
    )

    (entry,) = ledger.posted()

    assert [(line.jurisdiction, line.credit) for line in entry.lines if line.account == "2040"] == [
        (None, 5),
        ("US-NY", 40),
        ("US-NY-NYC", 45),
    ]


@pytest.mark.capability("N1", "N2")
def test_a_sale_that_comes_after_the_close_is_kept_and_takes_the_surplus_back(doors, books):
    """Closed 5.00 over; the sale of 5.00 comes when the books of the day are closed."""
    ledger, drawers, till = Ledger(doors, books), Drawers(doors), Till(doors)
    session = drawers.counted(pieces(n10000=1, n500=1), opening_float=10000)
    assert drawers.close(session, api=drawers.manager, by="max").status == 200
    assert lines_of(ledger.posted(), "drawer_closed") == [
        [("1010", 500), ("6030", -500), ("1020", 10500), ("1010", -10500)]
    ]
    finance_world.close_day(books, TODAY, tenant=TENANT)

    till.sale(1, sold_line("A", 1, 462, tax=38), drawer_session_id=session)

    assert len(ledger.posted()) == 2
    late = ledger.posted(date(2026, 11, 24))
    assert lines_of(late, "sale_recorded") == [[("1010", 500), ("4010", -462), ("2040", -38)]]
    assert lines_of(late, "drawer_restated") == [[("6030", 500), ("1010", -500)]]
    assert lines_of(late, "drawer_moved") == []
    assert {entry.late_from for entry in late} == {TODAY}
    seen = drawers.see(session)
    assert (seen["state"], seen["statement"], seen["expected"], seen["variance"]) == ("RESTATED", 2, 10500, 0)
    assert [(one["reason"], one["approved_by"]) for one in seen["statements"]] == [(None, "max"), ("late_sale", None)]
    name, told = drawers.told(session)[-1]
    assert (name, told["reason"], told["approved_by"]) == ("DrawerRestated", "late_sale", None)


@pytest.mark.capability("N2")
def test_a_sale_that_comes_between_the_count_and_the_close_is_expected_by_then(doors):
    drawers, till = Drawers(doors), Till(doors)
    session = drawers.counted(pieces(n10000=1, n500=1), opening_float=10000)
    till.sale(1, sold_line("A", 1, 500), drawer_session_id=session)

    closed = drawers.close(session)

    assert (closed.status, closed.body["expected"], closed.body["variance"]) == (200, 10500, 0)
    moves = drawers.staff.get(f"/v1/drawer-sessions/{session}/movements").body["movements"]
    assert [(one["kind"], one["amount"], one["sequence"], one["sale_id"] is not None) for one in moves] == [
        ("cash_sale", 500, 1, True)
    ]


@pytest.mark.capability("N2")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"business_date": "2026-11-22"}, "other_business_date"),
        ({"currency": "EUR"}, "other_currency"),
        ({"node_id": "S2"}, "unknown_session"),
    ],
)
def test_cash_goes_into_a_session_of_the_same_store_day_and_currency(doors, changes, code):
    drawers, till = Drawers(doors), Till(doors)
    session = drawers.opened("D1", 0)

    with doors.world.unchanged():
        answer = till.tell(transaction(1, sold_line("A"), drawer_session_id=session) | changes)

    assert [(one["pointer"], one["code"]) for one in answer.body["errors"]] == [("/drawer_session_id", code)]
