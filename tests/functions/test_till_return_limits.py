"""What a till may say that it paid out for a return: whose money it is, by which name, and rounded to which coins."""

from __future__ import annotations

import pytest

from oms.finance.commands import Books
from tests.functions.test_till_returns import SALE, back, receipt
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.pos_doors import Till, card, cash, sold_line
from tests.refund_doors import Refunds, lines
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]


@pytest.mark.capability("J3", "N9")
def test_a_card_that_the_terminal_of_another_company_gives_money_back_to_is_owed_to_that_company(
    doors: Doors, books: Books
):
    """Sold by company 100, taken back by a store of 200: the provider of 200 is short of 86.60, and 100 owes that."""
    shop, till = Refunds(doors, books), Till(doors)
    shop.add_store("S3", "200")
    sold = till.sale(1, *SALE, tenders=[card(8660)])
    wish = back(1, [card(8660, "re_1")], units=2, brought={"order_id": sold["order_id"]}, node_id="S3")
    assert till.tell(wish).status == 201
    assert lines(shop.post(), "refund_executed") == [
        *("100 Cr 2310 8660", "100 Dr 2050 8660", "200 Cr 1110 8660", "200 Dr 1310 8660")
    ]


@pytest.mark.capability("J3")
def test_what_a_marketplace_took_no_terminal_gives_back(doors: Doors):
    paid = [{"provider": "bazaar", "amount": 1000, "captured": True, "reference": "mk_1"}]
    order_id = doors.place(document(line("A", 1, 1000), payments=paid))
    for work in doors.run_order_workflow(order_id):
        doors.world.act(work, "ship")
    till = Till(doors)
    with doors.world.unchanged():
        refused = till.tell(back(1, [card(1000, "re_1")], brought={"order_id": order_id}))
    assert (refused.status, refused.pointers) == (422, ["/tenders/0/amount"])
    assert till.tell(back(1, [], brought={"order_id": order_id})).status == 201


@pytest.mark.capability("J3", "K10")
def test_two_refunds_of_a_card_have_two_names(doors: Doors, books: Books):
    """The ledger knows a refund by its provider's name of it: under one name only the first would be posted."""
    shop, till = Refunds(doors, books), Till(doors)
    sold = till.sale(1, *SALE, tenders=[card(8660)])
    assert till.tell(back(2, [card(4330, "re_1")], brought={"receipt": receipt()})).status == 201
    with doors.world.unchanged():
        same = till.tell(back(3, [card(4330, "re_1")], brought={"receipt": receipt()}))
        assert (same.status, same.pointers) == (422, ["/tenders/0/reference"])
        assert same.body["errors"][0]["code"] == "repeated"
    assert till.tell(back(3, [], brought={"receipt": receipt()})).status == 201
    (owed,) = [one for one in doors.see(sold["order_id"])["refunds"] if one["status"] == "PLANNED"]
    path = f"/v1/orders/{sold['order_id']}/refunds/{owed['id']}/confirmations"
    api = doors.api("returns")
    with doors.world.unchanged():
        confirmed = api.post(path, {"reference": "re_1"})
        assert (confirmed.status, confirmed.pointers) == (422, ["/reference"])
    assert api.post(path, {"reference": "re_2"}).status == 200
    assert lines(shop.post(), "refund_executed") == 2 * ["100 Cr 1110 4330"] + 2 * ["100 Dr 2050 4330"]


@pytest.mark.capability("J3", "K8")
def test_cash_of_a_return_is_rounded_to_a_coin_and_to_nothing_else(doors: Doors):
    """43.33 are owed: 43.35 and 43.30 can be paid in larger coins, and five dollars more are no rounding."""
    till = Till(doors)
    sold = till.sale(1, sold_line("A", 2, 4003, tax=660))
    with doors.world.unchanged():
        for rounding in (-500, -1, 1, 4, 500):
            told = back(2, [cash(4333 + rounding)], brought={"receipt": receipt()}, rounding=rounding)
            refused = till.tell(told)
            assert (refused.status, refused.pointers) == (422, ["/rounding"])
    for number, rounding in ((2, -3), (3, 2)):
        told = back(number, [cash(4333 + rounding)], brought={"receipt": receipt()}, rounding=rounding)
        assert till.tell(told).status == 201
    assert doors.see(sold["order_id"])["payments"][0]["refunded"] == 8666


@pytest.mark.capability("J3")
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"lines": [{"line_no": 1, "quantity": 1}, {"line_no": 9, "quantity": 1}]}, "/brought_back/lines/1/line_no"),
        ({"shipping": 1}, "/brought_back/shipping"),
        ({"fee": 4331}, "/brought_back/fee"),
    ],
)
def test_a_refusal_points_into_what_the_till_said(doors: Doors, changes: dict[str, object], pointer: str):
    till = Till(doors)
    till.sale(1, *SALE)
    with doors.world.unchanged():
        refused = till.tell(back(2, [], brought={"receipt": receipt(), **changes}))
    assert (refused.status, refused.pointers) == (422, [pointer]), refused.body
