"""Returns at a till: one transaction takes the goods back, owes their money and pays what the till paid out."""

from __future__ import annotations

from typing import Any

import pytest

from oms.finance.commands import Books
from tests.drawer_doors import Drawers, pieces
from tests.interruptions import Died, calm, die_at_commit
from tests.money_doors import Money
from tests.order_doors import Doors, doors, message
from tests.order_world import line, world
from tests.pos_doors import DAY, Till, card, cash, sold_line, transaction
from tests.refund_doors import Refunds, lines, net
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

SALE = (sold_line("A", 2, 4000, tax=660),)


def receipt(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    return {"node_id": "S1", "workstation": "T1", "business_date": DAY, "sequence": sequence, **changes}


def back(sequence: int, tenders: list[dict[str, Any]], units: int = 1, **changes: Any) -> dict[str, Any]:
    """A return of units of line 1 at till T1; `brought` changes what was brought back."""
    brought = {"reason": "too_small", "lines": [{"line_no": 1, "quantity": units}], **changes.pop("brought", {})}
    made = {"node_id": "S1", "workstation": "T1", "business_date": DAY, "sequence": sequence, "cashier": "ann"}
    return {**made, "type": "return", "currency": "USD", "brought_back": brought, "tenders": tenders, **changes}


@pytest.mark.capability("J3", "N2", "K8")
def test_goods_of_a_receipt_come_back_for_cash_of_the_drawer(doors: Doors, books: Books):
    """Two of 40.00 are sold for cash; one comes back at the same drawer: 43.30 out of it, and one unit on the shelf."""
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    session = drawers.opened(opening_float=10000)
    sold = till.sale(1, *SALE, drawer_session_id=session)
    before = doors.world.stock("A", "S1").on_hand
    wish = back(2, [cash(4330)], brought={"receipt": receipt()}, drawer_session_id=session)
    taken = till.tell(wish)
    assert (taken.status, taken.body["order_id"], taken.body["owed"]) == (201, sold["order_id"], 4330)
    assert taken.body["numbers"]["transactions"] == 2
    assert doors.world.stock("A", "S1").on_hand == before + 1
    order = doors.see(sold["order_id"])
    assert (order["payments"][0]["refunded"], order["refunds"][0]["status"]) == (4330, "EXECUTED")
    # Told again it changes nothing; told otherwise it is kept for a person.
    with doors.world.unchanged():
        again = till.tell(wish)
        assert (again.status, again.body["return_id"]) == (200, taken.body["return_id"])
    other = till.tell({**wish, "cashier": "bob"})
    assert (other.status, other.body["code"]) == (409, "transaction_taken")
    assert len(till.workstations()["conflicts"]) == 1

    assert drawers.end(session).status == 200
    assert drawers.count(session, pieces(n10000=1, n2000=2, n100=3, n10=3)).status == 200
    closed = drawers.close(session)
    assert (closed.status, closed.body["expected"], closed.body["variance"]) == (200, 14330, 0)
    entries = shop.post()
    assert lines(entries, "return_accepted") == ["100 Cr 2050 4330", "100 Dr 2040 330", "100 Dr 4090 4000"]
    assert lines(entries, "refund_executed") == ["100 Cr 1010 4330", "100 Dr 2050 4330"]
    assert lines(entries, "drawer_moved") == []
    (paid,) = [one for one in entries if one.rule == "refund_executed"]
    assert (paid.store, paid.drawer_session, paid.business_date.isoformat()) == ("S1", session, DAY)


@pytest.mark.capability("J3", "N3")
def test_a_return_that_is_told_after_its_drawer_was_closed_states_it_anew(doors: Doors):
    till, drawers = Till(doors), Drawers(doors)
    till.sale(1, *SALE)
    session = drawers.counted(pieces(n10000=1), opening_float=10000)
    assert drawers.close(session, api=drawers.manager, by="max").status == 200
    late = back(2, [cash(4330)], brought={"receipt": receipt()}, drawer_session_id=session)
    assert till.tell(late).status == 201
    seen = drawers.see(session)
    assert (seen["state"], seen["expected"], seen["variance"]) == ("RESTATED", 5670, 4330)


@pytest.mark.capability("J3", "K1")
def test_what_a_terminal_took_goes_back_to_the_card_by_the_terminal(doors: Doors, books: Books):
    shop, till = Refunds(doors, books), Till(doors)
    sold = till.sale(1, *SALE, tenders=[card(8660)])
    taken = till.tell(back(2, [card(8660, "re_1")], units=2, brought={"order_id": sold["order_id"]}))
    assert taken.status == 201, taken.body
    assert doors.see(sold["order_id"])["refunds"][0]["status"] == "EXECUTED"
    assert shop.pay(sold["order_id"]) == []
    assert doors.world.provider.amount("refund") == 0
    assert net(shop.post(), "return_accepted", "refund_executed", "sale_recorded") == {
        "100 4010": -8000,
        "100 4090": 8000,
    }


@pytest.mark.capability("J3", "K1")
def test_a_web_order_comes_back_at_a_till_and_its_provider_pays(doors: Doors, books: Books):
    """The card of the site is no card of the terminal: its refund is asked for as after any return."""
    shop, till = Refunds(doors, books), Till(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    with doors.world.unchanged():
        wrong = till.tell(back(1, [card(4330, "re_1")], brought={"order_id": order_id}))
        assert (wrong.status, wrong.pointers) == (422, ["/tenders/0/amount"])
    assert till.tell(back(1, [], brought={"order_id": order_id, "fee": 400})).status == 201
    assert shop.pay(order_id) == []
    assert doors.world.provider.amount("refund") == 3930
    assert lines(shop.post(), "refund_executed") == ["100 Cr 1110 3930", "100 Dr 2050 3930"]


@pytest.mark.capability("J3", "K8", "N9")
def test_a_till_of_another_company_pays_a_web_order_back_in_cash(doors: Doors, books: Books):
    """F07 in one call, rounded to the coins of the store."""
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    shop.add_store("S3", "200")
    session = drawers.opened(node_id="S3")
    order_id = shop.delivered(line("A", 1, 1000, tax=83))
    brought = {"order_id": order_id, "to": "cash", "to_reason": "no card"}
    wish = back(1, [cash(1085)], brought=brought, node_id="S3", rounding=2, drawer_session_id=session)
    assert till.tell(wish).status == 201
    assert lines(shop.post(), "refund_executed") == [
        *("100 Cr 2310 1083", "100 Dr 2050 1083", "200 Cr 1010 1085", "200 Dr 1310 1083", "200 Dr 6070 2")
    ]


@pytest.mark.capability("J3", "K7")
def test_what_a_gift_card_paid_at_a_till_is_on_it_again(doors: Doors):
    money, shop, till = Money(doors), Refunds(doors), Till(doors)
    balance = money.sold(5000)
    paid = [{"tender": "gift_card", "amount": 4330, "reference": balance}]
    sold = till.sale(1, sold_line("A", 1, 4000, tax=330), tenders=paid)
    with doors.world.unchanged():
        named = till.tell(back(2, paid, brought={"receipt": receipt()}))
        assert (named.status, named.pointers) == (422, ["/tenders/0/tender"])
    assert till.tell(back(2, [], brought={"receipt": receipt()})).status == 201
    shop.pay(sold["order_id"])
    assert money.sums(balance)[0] == 5000


@pytest.mark.capability("J3")
def test_what_cannot_be_taken_back_at_a_till_changes_nothing(doors: Doors):
    till, shop = Till(doors), Refunds(doors)
    sold = till.sale(1, *SALE)
    order = {"order_id": sold["order_id"]}
    for wish, status, code, pointers in (
        (back(2, [cash(4330)]), 422, "receipt_required", ["/brought_back"]),
        (back(2, [cash(4330)], brought={"receipt": receipt(9)}), 422, "invalid_request", ["/brought_back/receipt"]),
        (back(2, [cash(4330)], brought={"order_id": "ord_none"}), 422, "invalid_request", ["/brought_back/order_id"]),
        (back(2, [cash(4329)], brought=order), 422, "invalid_request", ["/tenders/0/amount"]),
        (back(2, [cash(4330)], units=3, brought=order), 422, "invalid_request", ["/brought_back/lines/0/quantity"]),
        (back(2, [cash(4330)], brought=order, currency="EUR"), 422, "invalid_request", ["/currency"]),
        (back(2, [cash(4330)], brought=order, drawer_session_id="d"), 422, "invalid_request", ["/drawer_session_id"]),
        (back(2, [], brought=order, rounding=1), 422, "invalid_request", ["/rounding"]),
        (transaction(2, *SALE, brought_back=back(2, [])["brought_back"]), 422, "invalid_request", ["/"]),
    ):
        with doors.world.unchanged():
            refused = till.tell(wish)
        assert (refused.status, refused.body["code"]) == (status, code), refused.body
        assert [one for one in refused.pointers if one] == pointers, refused.body
    assert "cash_refund" in till.tell(back(2, [cash(4330)])).body["remedy"]
    # What was owed above the limit of cash is refused by name, too.
    dear = shop.delivered(line("A", 3, 5000))
    above = {"order_id": dear, "to": "cash", "to_reason": "no card"}
    with doors.world.unchanged():
        refused = till.tell(back(2, [cash(15000)], units=3, brought=above))
    assert (refused.status, refused.body["code"]) == (409, "cash_limit_exceeded")


@pytest.mark.capability("J3")
def test_units_of_an_item_are_of_the_lines_that_still_have_them(doors: Doors):
    """A till that knows only the SKU: two lines of A at 40.00, and three of B of which one cost less."""
    till = Till(doors)
    tenders = [cash(16500)]
    rows = [sold_line("A", 1, 4000), sold_line("A", 1, 4000), sold_line("B", 2, 3000), sold_line("B", 1, 2500)]
    sold = till.sale(1, *rows, tenders=tenders)

    def wish(sequence: int, paid: int, *units: dict[str, Any]) -> dict[str, Any]:
        return back(sequence, [cash(paid)], brought={"receipt": receipt(), "lines": list(units)})

    taken = till.tell(wish(2, 8000, {"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1})).body
    made = doors.api("returns").get(f"/v1/returns/{taken['return_id']}").body
    assert [(row["line_no"], row["quantity"]) for row in made["lines"]] == [(1, 1), (2, 1)]
    for number, (units, error) in enumerate(
        [
            ({"sku": "A", "quantity": 1}, ("/brought_back/lines/0/quantity", "more_than_delivered")),
            ({"sku": "C", "quantity": 1}, ("/brought_back/lines/0/sku", "unknown_line")),
            ({"sku": "B", "quantity": 2}, ("/brought_back/lines/0/sku", "ambiguous_line")),
            ({"sku": "B", "line_no": 3, "quantity": 2}, ("/brought_back/lines/0", "invalid_value")),
            ({"quantity": 2}, ("/brought_back/lines/0", "invalid_value")),
        ]
    ):
        with doors.world.unchanged():
            refused = till.tell(wish(3 + number, 6000, units))
        assert refused.status == 422
        assert [(one["pointer"], one["code"]) for one in refused.body["errors"]] == [error]
    # All of them are the ones of both prices; of a line that is named there is no doubt.
    assert till.tell(wish(3, 3000, {"line_no": 3, "quantity": 1})).status == 201
    assert till.tell(wish(4, 5500, {"sku": "B", "quantity": 2})).status == 201
    assert doors.see(sold["order_id"])["payments"][0]["refunded"] == 16500


@pytest.mark.capability("J3", "D10")
def test_a_return_that_overtakes_its_sale_on_the_bus_is_told_again(doors: Doors):
    till = Till(doors)
    sale = {key: value for key, value in transaction(1, *SALE).items() if key != "node_id"}
    wish = {
        key: value for key, value in back(2, [cash(4330)], brought={"receipt": receipt()}).items() if key != "node_id"
    }
    said = message("store.S1", "RecordPosTransaction", "m-2", **wish)
    with doors.world.unchanged():
        assert doors.queue("node_messages", said) == ["m0"]
    assert doors.queue("node_messages", message("store.S1", "RecordPosTransaction", "m-1", **sale)) == []
    assert doors.queue("node_messages", said, said) == []
    assert till.workstations()["workstations"][0]["transactions"] == 2


@pytest.mark.capability("J3")
def test_a_crash_at_the_commit_leaves_nothing_or_all_of_a_return(doors: Doors):
    till, drawers = Till(doors), Drawers(doors)
    session = drawers.opened()
    sold = till.sale(1, *SALE)
    wish = back(2, [cash(4330)], brought={"receipt": receipt()}, drawer_session_id=session)
    die_at_commit(doors, 1)
    with doors.world.unchanged(), pytest.raises(Died):
        till.tell(wish)
    calm(doors)
    assert till.tell(wish).status == 201
    assert drawers.see(session)["movements"] == 1
    assert doors.see(sold["order_id"])["payments"][0]["refunded"] == 4330
