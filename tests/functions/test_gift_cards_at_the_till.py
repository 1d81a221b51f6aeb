"""Gift cards at a till: cash for one lies in the drawer, and what is spent of one is spent everywhere."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drawer_doors import Drawers, pieces
from tests.interruptions import before_commit, calm
from tests.money_doors import Money
from tests.money_doors import gift as paid_by
from tests.order_doors import doors  # noqa: F401  (a fixture)
from tests.order_world import TENANT, line, world  # noqa: F401  (a fixture)
from tests.pos_doors import Till, cash, sold_line, transaction
from tests.pos_ledger import TODAY, Ledger, lines_of
from tests.refund_doors import Refunds, lines
from tests.unit.finance.world import books, close_day, finance_cloud  # noqa: F401  (fixtures)


@pytest.mark.capability("K7", "N1")
def test_a_card_sold_for_cash_is_expected_in_the_drawer(doors, books):
    """F10 in a drawer: 100.00 at first, a card for 50.00 of which 20.00 by payment card, and 130.00 are counted."""
    drawers, money, ledger = Drawers(doors), Money(doors), Ledger(doors, books)
    session = drawers.opened(opening_float=10000)
    paid = [
        {"tender": "cash", "amount": 3000},
        {"tender": "card", "amount": 2000, "provider": "strict", "reference": "r"},
    ]
    card = money.sold(5000, session_id=session, tenders=paid)
    assert drawers.see(session)["movements"] == 1
    assert money.told(f"STOREDVALUE#{card}")[0]["detail"]["data"]["business_date"] == "2026-11-23"
    assert drawers.end(session).status == 200
    assert drawers.count(session, pieces(n10000=1, n1000=3)).status == 200
    closed = drawers.close(session)
    assert (closed.status, closed.body["expected"], closed.body["variance"]) == (200, 13000, 0)
    posted = ledger.posted()
    assert lines_of(posted, "gift_card_issued") == [[("1010", 3000), ("1110", 2000), ("2020", -5000)]]
    assert lines_of(posted, "drawer_moved") == []
    in_drawer = [
        line for one in posted if one.drawer_session == session for line in one.lines if line.account == "1010"
    ]
    assert sum(line.debit - line.credit for line in in_drawer) == 0


@pytest.mark.capability("K7")
def test_a_card_that_is_sold_into_a_closed_drawer_states_it_anew(doors, books):
    drawers, money, ledger = Drawers(doors), Money(doors), Ledger(doors, books)
    session = drawers.counted(pieces(n10000=1, n500=1), opening_float=10000)
    assert drawers.close(session, api=drawers.manager, by="max").status == 200
    ledger.posted()
    close_day(books, TODAY, "100", tenant=TENANT)
    money.sold(500, session_id=session)
    seen = drawers.see(session)
    assert (seen["state"], seen["expected"], seen["variance"]) == ("RESTATED", 10500, 0)
    late = [one for one in ledger.posted(TODAY.replace(day=24)) if one.late_from == TODAY]
    assert lines_of(late, "gift_card_issued") == [[("1010", 500), ("2020", -500)]]
    assert lines_of(late, "drawer_restated") == [[("6030", 500), ("1010", -500)]]


@pytest.mark.capability("K7")
def test_a_card_is_sold_into_an_own_session_of_its_store_currency_and_date(doors):
    drawers, money = Drawers(doors), Money(doors)
    session, elsewhere = drawers.opened(), drawers.opened("D9", node_id="S2")
    euros = drawers.opened("D2", currency="EUR")
    with doors.world.unchanged():
        for name, more, code in (
            (elsewhere, {}, "unknown_session"),
            ("drw_404", {}, "unknown_session"),
            (euros, {}, "other_currency"),
            (session, {"business_date": "2026-11-22"}, "other_business_date"),
        ):
            refused = money.issue(5000, session_id=name, **more)
            assert (refused.status, refused.pointers) == (422, ["/session_id"])
            assert refused.body["errors"][0]["code"] == code


def gift(reference: str, amount: int, **more: str) -> dict[str, Any]:
    return {"tender": "gift_card", "amount": amount, "reference": reference, **more}


@pytest.mark.capability("K7")
def test_what_a_till_takes_of_a_card_nobody_can_spend_again(doors):
    """50.00 by number: a sale takes 30.00, the web can hold the other 20.00 and no more."""
    money, till = Money(doors), Till(doors)
    number = "7H2K-99QP-0001"
    card = money.sold(5000, number=number)
    sold = till.sale(1, sold_line("A", 1, 4000), tenders=[gift(number, 3000), cash(1000)])
    assert money.sums(card) == (2000, 0, 2000)
    moved = sorted((one["kind"], one["amount"]) for one in money.see(card)["movements"])
    assert moved == [("held", 3000), ("issued", 5000), ("redeemed", 3000)]
    told = till.told(sold["order_id"], "SaleRecorded")["tenders"]
    assert [(one["tender"], one["reference"]) for one in told] == [("gift_card", card), ("cash", None)]
    assert number not in json.dumps([str(row) for row in doors.world.database.rows.values()])
    again = till.tell(transaction(1, sold_line("A", 1, 4000), tenders=[gift(number, 3000), cash(1000)]))
    assert (again.status, money.sums(card)) == (200, (2000, 0, 2000))
    with doors.world.unchanged():
        more = till.tell(transaction(2, sold_line("A", 1, 2001), tenders=[gift(card, 2001)]))
        assert (more.status, more.body["code"], more.pointers) == (409, "insufficient_funds", ["/tenders/0/reference"])
    till.sale(2, sold_line("A", 1, 2000), tenders=[gift(card, 2000)])
    assert money.sums(card) == (0, 0, 0)


@pytest.mark.capability("K7")
def test_of_two_tills_that_take_one_card_at_once_one_is_refused(doors):
    money, till = Money(doors), Till(doors)
    card = money.sold(5000)
    other = transaction(1, sold_line("A", 1, 3000), workstation="T2", tenders=[gift(card, 3000)])
    before_commit(doors, 1, lambda: (calm(doors), till.tell(other, key="t2")))
    late = till.tell(transaction(1, sold_line("A", 1, 3000), tenders=[gift(card, 3000)]), key="t1")
    assert (late.status, late.body["code"]) == (409, "insufficient_funds")
    assert money.sums(card) == (2000, 0, 2000)


@pytest.mark.capability("K7")
def test_a_card_that_cannot_pay_refuses_the_sale(doors):
    money, till = Money(doors), Till(doors)
    card, credit = money.sold(5000), money.credit(5000)
    euros = money.sold(5000, currency="EUR")
    old = money.sold(5000, expires_on="2026-11-21")
    with doors.world.unchanged():
        for tenders, status, code in (
            ([gift("gft_404", 1000)], 422, "unknown_card"),
            ([gift(credit, 1000)], 409, "tender_mismatch"),
            ([gift(euros, 1000)], 409, "currency_mismatch"),
            ([gift(old, 1000)], 409, "expired_card"),
            ([gift(card, 500), gift(card, 500)], 422, "repeated"),
        ):
            refused = till.tell(transaction(1, sold_line("A", 1, 1000), tenders=tenders))
            assert (refused.status, refused.body["errors"][0]["code"]) == (status, code), refused.body
            assert refused.pointers == [f"/tenders/{len(tenders) - 1}/reference"]
    # What another provider keeps is not ours.
    till.sale(1, sold_line("A", 1, 1000), tenders=[gift("GC-9", 1000, provider="elsewhere")])
    # A till that was offline tells later of a card that was good at the time.
    when = "2026-11-21T12:00:00Z"
    day = {"business_date": "2026-11-21", "occurred_at": when}
    till.sale(1, sold_line("A", 1, 1000), tenders=[gift(old, 1000)], **day)
    assert money.sums(old) == (4000, 0, 4000)


@pytest.mark.capability("K7")
def test_what_a_card_paid_at_a_till_goes_back_to_it(doors, books):
    money, till, shop = Money(doors), Till(doors), Refunds(doors, books)
    card = money.sold(5000)
    sold = till.sale(1, sold_line("A", 1, 4000), tenders=[gift(card, 3000), cash(1000)])["order_id"]
    shop.taken_back(sold, {1: 1})
    parts = [(one["tender"], one["amount"]) for one in shop.refund(sold)["parts"]]
    assert parts == [("cash", 1000), ("gift_card", 3000)]
    assert shop.pay(sold) == []
    assert money.sums(card) == (5000, 0, 5000)
    drawers = Drawers(doors)
    session, refund_id = drawers.opened(), shop.refund(sold)["id"]
    # The cash of a till comes out of a drawer, whatever the channel says.
    path = f"/v1/orders/{sold}/refunds/{refund_id}/confirmations"
    with doors.world.unchanged():
        assert doors.api("returns").post(path, {"reference": "R-1"}).status == 409
    assert drawers.move(session, 1, "cash_refund", 1000, refund_id=refund_id).status == 201
    entries = shop.post()
    assert lines(entries, "refund_executed") == sorted(
        ["100 Cr 1010 1000", "100 Cr 2020 3000", "100 Dr 2050 1000", "100 Dr 2050 3000"]
    )


@pytest.mark.capability("K7")
def test_two_cards_go_back_to_one_new_card_that_the_refund_names(doors):
    money, shop = Money(doors), Refunds(doors)
    first, second = money.sold(2000), money.sold(3000)
    order_id, work = money.ready(line("A", 1, 5000), payments=[paid_by(first, 2000), paid_by(second, 3000)])
    money.act(work, "ship", {1: 1})
    money.capture(order_id, work)
    shop.taken_back(order_id, {1: 1}, to="gift_card", to_reason="one card, please")
    assert shop.pay(order_id) == []
    (part,) = shop.refund(order_id)["parts"]
    assert part["payment_id"] is None
    assert money.sums(part["account_id"]) == (5000, 0, 5000)
    assert (money.sums(first), money.sums(second)) == ((0, 0, 0), (0, 0, 0))


@pytest.mark.capability("J7", "N6")
def test_goods_that_were_exchanged_come_back_and_their_credit_is_paid_in_cash(doors, books):
    """F08 and then the new goods come back: 43.30 of credit and 16.24 of cash, both out of a drawer, and posted."""
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange")
    credit = {"refund_id": shop.refund(order_id)["id"], "amount": 4330}
    sold = till.sale(1, sold_line("A", 1, 5500, tax=454), exchange_credits=[credit])["order_id"]
    shop.taken_back(sold, {1: 1})
    refund = shop.refund(sold)
    assert [(one["tender"], one["amount"], one["payment_id"] is not None) for one in refund["parts"]] == [
        ("cash", 1624, True),
        ("cash", 4330, True),
    ]
    session = drawers.opened()
    assert drawers.move(session, 1, "cash_refund", 5954, refund_id=refund["id"]).status == 201
    (cash_paid, credited) = sorted(doors.see(sold)["payments"], key=lambda one: one["tender"])
    assert (cash_paid["refunded"], credited["refunded"]) == (1624, 4330)
    assert lines(shop.post(), "refund_executed") == sorted(
        ["100 Cr 1010 1624", "100 Cr 1010 4330", "100 Dr 2050 1624", "100 Dr 2050 4330"]
    )
