"""Returns in a store: what comes back, what is owed for it to the cent, and where the goods and the money go."""

from __future__ import annotations

import pytest

from oms.finance.commands import Books
from tests.drawer_doors import Drawers
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.refund_doors import Refunds, lines, net
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

O1 = (line("A", 1, 4000, tax=330), line("B", 1, 6000, tax=495))


@pytest.mark.capability("J3", "N6")
def test_f06_a_web_order_is_returned_in_a_store_and_refunded_to_the_card(doors: Doors, books: Books):
    shop = Refunds(doors, books)
    order_id = shop.delivered(*O1, shipping=500)
    accepted = shop.taken_back(order_id, {1: 1}, fee=400)
    assert {name: accepted[name] for name in ("state", "goods", "shipping", "tax", "fee", "owed")} == {
        "state": "CLOSED",
        "goods": 4000,
        "shipping": 0,
        "tax": 330,
        "fee": 400,
        "owed": 3930,
    }
    assert (accepted["refund_status"], accepted["node_id"], accepted["lines"][0]["sku"]) == ("PLANNED", "S1", "A")
    assert shop.pay(order_id) == []
    assert doors.world.provider.effects[-1] == ("refund", "psp_1", 3930)
    seen = doors.see(order_id)
    assert seen["lines"][0]["quantities"] == {"returned": 1}
    assert (seen["status"], seen["payment_status"]) == ("COMPLETED", "PARTIALLY_REFUNDED")
    assert (seen["payments"][0]["refunded"], seen["payments"][0]["refund_pending"]) == (3930, 0)
    shown = doors.api("returns").get(f"/v1/returns/{accepted['id']}")
    assert (shown.status, shown.body["refund_status"]) == (200, "EXECUTED")

    entries = shop.post()
    assert lines(entries, "return_accepted") == [
        "100 Cr 2050 3930",
        "100 Cr 4040 400",
        "100 Dr 2040 330",
        "100 Dr 4090 4000",
    ]
    assert lines(entries, "refund_executed") == ["100 Cr 1110 3930", "100 Dr 2050 3930"]
    assert net(entries, "return_accepted", "refund_executed") == {
        "100 1110": -3930,
        "100 2040": 330,
        "100 4040": -400,
        "100 4090": 4000,
    }
    assert lines(entries, "refund_owed") == []


@pytest.mark.capability("K8", whole=True)
def test_f07_a_web_order_is_paid_back_in_cash_by_the_store_of_another_company(doors: Doors, books: Books):
    """Limits, a reason, and the debt between the companies in the books of both."""
    shop = Refunds(doors, books)
    shop.add_store("S3", "200")
    order_id = shop.delivered(*O1, shipping=500)
    cash = {"to": "cash", "to_reason": "the card is lost"}
    with doors.world.unchanged():
        refused = shop.take_back(order_id, {1: 1}, to="cash")
        assert refused.status == 422
        above = shop.take_back(order_id, {1: 1, 2: 1}, **cash)
        assert (above.status, above.body["code"], above.pointers) == (409, "cash_limit_exceeded", ["/to"])
        assert above.body["detail"] == "10825 is above the limit of 10000."
    accepted = shop.taken_back(order_id, {1: 1}, "S3", **cash)
    refund = shop.refund(order_id)
    assert [(p["tender"], p["amount"], p["state"]) for p in refund["parts"]] == [("cash", 4330, "PLANNED")]
    assert shop.pay(order_id) == []  # no provider has anything to do with it
    assert doors.world.provider.amount("refund") == 0

    till = Drawers(doors)
    session = till.opened(node_id="S3")
    assert till.move(session, 1, "cash_refund", 4330, refund_id=refund["id"]).status == 201
    shown = doors.api("returns").get(f"/v1/returns/{accepted['id']}").body
    assert (shown["refund_status"], shown["to"], shown["to_reason"]) == ("EXECUTED", "cash", "the card is lost")
    assert till.see(session)["movements"] == 1

    entries = shop.post()
    assert lines(entries, "return_accepted") == ["100 Cr 2050 4330", "100 Dr 2040 330", "100 Dr 4090 4000"]
    assert lines(entries, "refund_executed") == [
        "100 Cr 2310 4330",
        "100 Dr 2050 4330",
        "200 Cr 1010 4330",
        "200 Dr 1310 4330",
    ]
    assert lines(entries, "drawer_moved") == []
    paid = [entry for entry in entries if entry.rule == "refund_executed" and entry.entity == "200"]
    assert [(one.store, one.drawer_session, one.business_date.isoformat()) for one in paid] == [
        ("S3", session, "2026-11-23")
    ]


@pytest.mark.capability("K8")
def test_who_may_approve_it_pays_more_in_cash(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*O1, shipping=500)
    may = ("returns.write", "returns.approve")
    accepted = shop.taken_back(order_id, {1: 1, 2: 1}, to="cash", to_reason="no card", scopes=may)
    assert accepted["owed"] == 10825


@pytest.mark.capability("K8")
def test_a_drawer_pays_exactly_what_is_owed_and_once(doors: Doors, books: Books):
    shop, till = Refunds(doors, books), Drawers(doors)
    order_id = shop.delivered(*O1)
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="no card")
    refund_id, session = shop.refund(order_id)["id"], till.opened()
    with doors.world.unchanged():
        other = till.move(session, 1, "cash_refund", 4329, refund_id=refund_id)
        assert (other.status, other.body["code"], other.pointers) == (409, "refund_amount_mismatch", ["/amount"])
        assert other.body["detail"] == "4330 USD are owed in cash, and 4329 USD were told."
        unknown = till.move(session, 1, "cash_refund", 4330, refund_id=f"{refund_id}9")
        assert (unknown.status, unknown.body["code"]) == (404, "not_found")
        assert till.move(session, 1, "drop", 4330, refund_id=refund_id).status == 422
    assert till.move(session, 1, "cash_refund", 4330, refund_id=refund_id).status == 201
    # The till tells it again under its number; then somebody tries under another one.
    assert till.move(session, 1, "cash_refund", 4330, refund_id=refund_id).status == 200
    with doors.world.unchanged():
        again = till.move(session, 2, "cash_refund", 4330, refund_id=refund_id)
        assert (again.status, again.body["code"]) == (409, "action_not_available")
    assert doors.see(order_id)["payments"][0]["refunded"] == 4330
    entries = shop.post()
    assert net(entries, "refund_executed", "return_accepted")["100 1010"] == -4330
    assert [entry.store for entry in entries if entry.rule == "refund_executed"] == ["S1"]


@pytest.mark.capability("K8", "N2")
def test_a_store_without_small_coins_rounds_what_it_pays_in_cash(doors: Doors, books: Books):
    shop, till = Refunds(doors, books), Drawers(doors)
    order_id = shop.delivered(line("A", 1, 1000, tax=83))
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="no card")
    refund_id, session = shop.refund(order_id)["id"], till.opened()
    with doors.world.unchanged():
        # 1086 is no coin nearer to 1083 than 1085, and without saying so nothing is rounded.
        far = till.move(session, 1, "cash_refund", 1086, refund_id=refund_id, rounding=3)
        assert (far.status, far.body["code"], far.pointers) == (409, "refund_amount_mismatch", ["/rounding"])
        silent = till.move(session, 1, "cash_refund", 1085, refund_id=refund_id)
        assert (silent.status, silent.body["code"], silent.pointers) == (409, "refund_amount_mismatch", ["/amount"])
        assert till.move(session, 1, "cash_refund", 1085, rounding=2).status == 422
    paid = till.move(session, 1, "cash_refund", 1085, refund_id=refund_id, rounding=2)
    assert (paid.status, paid.body["rounding"]) == (201, 2)
    assert doors.see(order_id)["payments"][0]["refunded"] == 1083
    assert lines(shop.post(), "refund_executed") == ["100 Cr 1010 1085", "100 Dr 2050 1083", "100 Dr 6070 2"]


@pytest.mark.capability("J10", whole=True)
@pytest.mark.parametrize("parts", [[1, 1, 1], [2, 1], [1, 2], [3]])
def test_returns_in_any_parts_give_back_exactly_what_was_taken(doors: Doors, books: Books, parts: list[int]):
    """By component and by tender, the one charged last first: 3 at 3.33 less 1.00 with 0.10 of tax, and shipping."""
    shop = Refunds(doors, books)
    order_id = shop.delivered(line("A", 3, 333, tax=10, off=100), line("B", 1, 500, freight=50), cards=[1000, 464])
    seen = doors.see(order_id)
    assert [p["captured"] for p in seen["payments"]] == [1000, 464]
    made = [shop.taken_back(order_id, {1: units}) for units in parts]
    made.append(shop.taken_back(order_id, {2: 1}, shipping=50))
    assert sum(one["goods"] for one in made) == 899 + 500
    assert sum(one["tax"] for one in made) == 10 + 5
    assert sum(one["shipping"] for one in made) == 50
    assert sum(one["owed"] for one in made) == 1464
    for row in doors.timeline(order_id):
        if row["event"] == "RefundOwed":
            event = {"source": "spine", "detail-type": "RefundOwed"}
            data = {"order_id": order_id, "refund_id": row["data"]["refund_id"]}
            assert doors.queue("refund_payment", {**event, "detail": {"meta": {"tenant": "acme"}, "data": data}}) == []
    seen = doors.see(order_id)
    assert [(p["refunded"], p["state"]) for p in seen["payments"]] == [(1000, "REFUNDED"), (464, "REFUNDED")]
    assert seen["payment_status"] == "REFUNDED"
    refunds = [(p["payment_id"][-1], p["amount"]) for one in seen["refunds"] for p in one["parts"]]
    assert [tender for tender, _ in refunds] == sorted((tender for tender, _ in refunds), reverse=True)
    with doors.world.unchanged():
        refused = shop.take_back(order_id, {1: 1})
        assert (refused.status, refused.body["errors"][0]["code"]) == (422, "more_than_delivered")
        assert shop.take_back(order_id, {2: 1}, shipping=1).status == 422
    entries = shop.post()
    assert net(entries, "return_accepted", "refund_executed", "goods_transferred", "payment_captured") == {
        "100 4010": -1499,
        "100 4090": 1399,
        "100 4092": 100,
        "100 9010": -1464,
        "100 9020": 1464,
    }


@pytest.mark.capability("K7", "K8")
@pytest.mark.parametrize(("to", "begins", "account"), [("store_credit", "crd_", "2030"), ("gift_card", "gft_", "2020")])
def test_money_may_be_given_as_store_credit_or_on_a_new_gift_card(
    doors: Doors, books: Books, to: str, begins: str, account: str
):
    shop = Refunds(doors, books)
    order_id = shop.delivered(*O1)
    shop.taken_back(order_id, {1: 1}, to=to, to_reason="the customer prefers it")
    for _ in range(2):
        assert shop.pay(order_id) == []
    (part,) = shop.refund(order_id)["parts"]
    assert (part["state"], part["tender"], part["account_id"][:4]) == ("EXECUTED", to, begins)
    assert doors.world.provider.amount("refund") == 0
    card = doors.api("gift_cards").get(f"/v1/gift-cards/{part['account_id']}").body
    assert (card["kind"], card["available"], card["currency"]) == (to, 4330, "USD")
    entries = shop.post()
    assert lines(entries, "refund_executed") == [f"100 Cr {account} 4330", "100 Dr 2050 4330"]
    assert lines(entries, "gift_card_issued") == []


@pytest.mark.capability("J10", "L3", "N6")
def test_what_goodwill_gave_for_a_line_is_not_given_a_second_time(doors: Doors, books: Books):
    shop = Refunds(doors, books)
    order_id = shop.delivered(line("A", 2, 4000, tax=660))
    wish = {"amount": 800, "reason": "LATE", "on": "lines", "lines": [1]}
    granted = doors.api("appeasements").post(f"/v1/orders/{order_id}/appeasements", wish)
    assert (granted.status, granted.body["state"]) == (201, "GRANTED")
    first, second = (shop.taken_back(order_id, {1: 1}) for _ in range(2))
    assert (first["goods"], first["tax"], first["appeased_goods"], first["appeased_tax"]) == (4000, 330, 400, 33)
    assert (first["owed"], second["owed"]) == (3897, 3897)
    doors.world.refund_payment(order_id)
    assert doors.see(order_id)["payments"][0]["refunded"] == 8660
    with doors.world.unchanged():
        assert shop.take_back(order_id, {1: 1}).status == 422
    entries = shop.post()
    assert lines(entries, "return_accepted") == sorted(
        ["100 Cr 2050 3897", "100 Cr 4091 400", "100 Dr 2040 297", "100 Dr 4090 4000"] * 2
    )


def test_what_cannot_be_taken_back_changes_nothing(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*O1, shipping=500)
    with doors.world.unchanged():
        for units, more, pointer in (
            ({1: 2}, {}, "/lines/0/quantity"),
            ({3: 1}, {}, "/lines/0/line_no"),
            ({1: 1}, {"fee": 4331}, "/fee"),
            ({1: 1}, {"shipping": 501}, "/shipping"),
            ({1: 1}, {"at": "S9"}, "/node_id"),
        ):
            answer = shop.take_back(order_id, units, **more)
            assert (answer.status, answer.pointers) == (422, [pointer])
        assert shop.take_back("ord_none", {1: 1}).status == 404
        assert shop.take_back(order_id, {1: 1}, scopes=("returns.read",)).status == 403
        assert shop.take_back(order_id, {1: 1}, scopes=("returns.write", "node.S2")).status == 404
        assert shop.take_back(order_id, {1: 1}, headers={"if-match": '"1"'}).body["code"] == "stale_version"
        assert doors.api("returns").get(f"/v1/returns/ret_{order_id[4:]}_1").status == 404
    # A fee of all that is given back leaves nothing to refund.
    accepted = shop.taken_back(order_id, {1: 1}, fee=4330)
    assert (accepted["owed"], accepted["refund_id"], accepted["refund_status"]) == (0, None, None)
    assert doors.see(order_id)["refunds"] == []


def test_a_repeated_call_is_one_return(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*O1)
    first = shop.taken_back(order_id, {1: 1}, key="once")
    with doors.world.unchanged():
        assert shop.taken_back(order_id, {1: 1}, key="once") == first
    assert len(doors.see(order_id)["refunds"]) == 1


@pytest.mark.capability("J3")
def test_the_goods_are_stock_of_the_store_that_took_them(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(line("A", 3, 1000))
    before = doors.world.stock("A", "S1")
    shop.taken_back(order_id, {1: 2})
    shop.taken_back(order_id, {1: 1}, disposition="damaged")
    after = doors.world.stock("A", "S1")
    assert (after.on_hand - before.on_hand, after.available - before.available, after.damaged) == (3, 2, 1)
