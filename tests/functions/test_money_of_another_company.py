"""Money of two companies: what one takes, owes or gives for the other stands on 1310 and 2310, and adds up in each."""

from __future__ import annotations

import pytest

from oms.finance.closing.evidence import order_facts
from oms.finance.commands import Books
from tests.drawer_doors import Drawers
from tests.interruptions import Died, calm, die_at_commit
from tests.money_doors import Money, gift
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.pos_doors import Till, card, cash, later, sold_line, transaction
from tests.refund_doors import Refunds, lines, net
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

# A store of company 200; the retailer's site is of company 100.
STORE = "S3"


@pytest.mark.capability("N9", "K7")
def test_a_card_sold_by_one_company_for_the_other_and_spent_with_it(doors: Doors, books: Books):
    shop, money = Refunds(doors, books), Money(doors)
    shop.add_store(STORE, "200")
    with doors.world.unchanged():
        unknown = money.issue(5000, selling_node=STORE, issuer_node="S9")
        assert (unknown.status, unknown.pointers) == (422, ["/issuer_node"])
    sold = money.sold(5000, selling_node=STORE, issuer_node="WEB")
    assert money.people.get(f"/v1/gift-cards/{sold}").body["legal_entity"] == "100"
    order_id = doors.place(document(line("A", 1, 4000, tax=330), payments=[gift(sold, 4330)]))
    for work in doors.run_order_workflow(order_id):
        assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    entries = shop.post()
    assert lines(entries, "gift_card_issued") == [
        *("100 Cr 2020 5000", "100 Dr 1310 5000", "200 Cr 2310 5000", "200 Dr 1010 5000")
    ]
    # The issuer is the company that sold the goods: what is spent concerns nobody else.
    hold = {"100 9010": -4330, "100 9020": 4330}
    assert net(entries, "payment_captured") == {"100 2010": -4330, "100 2020": 4330, **hold}


@pytest.mark.capability("N9", "K7")
def test_a_card_of_one_company_pays_an_order_of_the_other_and_takes_the_refund(doors: Doors, books: Books):
    shop, money = Refunds(doors, books), Money(doors)
    shop.add_store(STORE, "200")
    sold = money.sold(5000, selling_node=STORE)
    order_id = doors.place(document(line("A", 1, 4000, tax=330), payments=[gift(sold, 4330)]))
    for work in doors.run_order_workflow(order_id):
        assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    captured = doors.stored_event(order_id, "PaymentCaptured")["detail"]["data"]
    assert (captured["legal_entity"], captured["tender_entity"], captured["tender_store"]) == ("100", "200", STORE)
    entries = shop.post()
    hold = {"100 9010": -4330, "100 9020": 4330}
    own = {"100 1310": 4330, "100 2010": -4330, **hold}
    assert net(entries, "payment_captured") == {**own, "200 2020": 4330, "200 2310": -4330}

    shop.taken_back(order_id, {1: 1})
    shop.pay(order_id)
    assert money.people.get(f"/v1/gift-cards/{sold}").body["balance"] == 5000
    assert lines(shop.post(), "refund_executed") == [
        *("100 Cr 2310 4330", "100 Dr 2050 4330", "200 Cr 2020 4330", "200 Dr 1310 4330")
    ]


@pytest.mark.capability("N9", "K8")
@pytest.mark.parametrize(("to", "account"), [("store_credit", "2030"), ("gift_card", "2020")])
def test_a_refund_is_given_as_credit_of_the_company_whose_store_takes_back(
    doors: Doors, books: Books, to: str, account: str
):
    shop, money = Refunds(doors, books), Money(doors)
    shop.add_store(STORE, "200")
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    wish = {"to": to, "to_reason": "no card"}
    with doors.world.unchanged():
        unknown = shop.take_back(order_id, {1: 1}, at=STORE, issuer_node="S9", **wish)
        assert (unknown.status, unknown.pointers) == (422, ["/issuer_node"])
        assert shop.take_back(order_id, {1: 1}, at=STORE, issuer_node=STORE).status == 422
        cash_of = {"to": "cash", "to_reason": "no card", "issuer_node": STORE}
        assert shop.take_back(order_id, {1: 1}, at=STORE, **cash_of).status == 422
    shop.taken_back(order_id, {1: 1}, at=STORE, issuer_node=STORE, **wish)
    shop.pay(order_id)
    shop.pay(order_id)
    account_id = next(part.account_id for part in doors.world.order(order_id).refunds[0].parts)
    made = money.people.get(f"/v1/gift-cards/{account_id}").body
    assert (made["legal_entity"], made["balance"]) == ("200", 4330)
    assert lines(shop.post(), "refund_executed") == [
        *("100 Cr 2310 4330", "100 Dr 2050 4330", f"200 Cr {account} 4330", "200 Dr 1310 4330")
    ]


@pytest.mark.capability("N9", "F1")
def test_a_store_of_one_company_takes_money_for_an_order_of_the_other(doors: Doors, books: Books):
    """B: 54.13 for a delivery, of which 20.00 by card, in a drawer of company 200; the order is company 100's."""
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    shop.add_store(STORE, "200")
    session = drawers.opened(node_id=STORE)
    wanted = later("A", 1, 5000, tax=413)
    paid = [cash(3413), card(2000)]
    sale = transaction(1, wanted, node_id=STORE, selling_node="WEB", tenders=paid, drawer_session_id=session)
    order_id = till.tell(sale).body["order_id"]
    header = doors.world.order(order_id).header
    assert (header.legal_entity, header.selling_node, header.channel) == ("100", "WEB", "store")
    assert drawers.see(session)["movements"] == 1
    assert lines(shop.post(), "sale_recorded") == [
        *("100 Cr 2010 5413", "100 Dr 1310 2000", "100 Dr 1310 3413"),
        *("200 Cr 2310 2000", "200 Cr 2310 3413", "200 Dr 1010 3413", "200 Dr 1110 2000"),
    ]


@pytest.mark.capability("N9")
def test_a_store_takes_cash_for_the_site_of_its_own_company_in_its_own_drawer(doors: Doors, books: Books):
    shop, till = Refunds(doors, books), Till(doors)
    wanted = later("A", 1, 998)
    # There are no small coins: 10.00 for 9.98.
    till.sale(1, wanted, selling_node="WEB", tenders=[cash(1000)], rounding=2)
    entries = [one for one in shop.post() if one.rule == "sale_recorded"]
    assert {one.store for one in entries} == {"S1"}
    assert lines(entries, "sale_recorded") == ["100 Cr 2010 998", "100 Cr 6070 2", "100 Dr 1010 1000"]


@pytest.mark.capability("N9")
def test_what_a_store_cannot_sell_for_a_site_changes_nothing(doors: Doors):
    shop, till = Refunds(doors), Till(doors)
    shop.add_store(STORE, "200")
    wanted = later("A", 1, 1000)
    for changes, pointer, code in (
        ({"selling_node": "S9"}, "/selling_node", "unknown_node"),
        ({"selling_node": "S2"}, "/selling_node", "no_site"),
        ({"selling_node": "WEB", "exchange_credits": [{"refund_id": "r", "amount": 1}]}, "/exchange_credits", None),
    ):
        with doors.world.unchanged():
            refused = till.tell(transaction(1, wanted, node_id=STORE, **changes))
        assert refused.status == 422, refused.body
        assert (pointer, code or "not_allowed") in [(one["pointer"], one["code"]) for one in refused.body["errors"]]
    with doors.world.unchanged():
        carried = till.tell(transaction(1, sold_line("A"), node_id=STORE, selling_node="WEB"))
        assert (carried.status, carried.pointers) == (422, ["/lines/0/method"])


@pytest.mark.capability("N9", "K7")
def test_a_card_of_the_other_company_pays_at_a_till(doors: Doors, books: Books):
    shop, money, till = Refunds(doors, books), Money(doors), Till(doors)
    shop.add_store(STORE, "200")
    sold = money.sold(5000)
    paid = [{"tender": "gift_card", "amount": 4330, "reference": sold}]
    till.sale(1, sold_line("A", 1, 4000, tax=330), node_id=STORE, tenders=paid)
    assert lines(shop.post(), "sale_recorded") == [
        *("100 Cr 2310 4330", "100 Dr 2020 4330"),
        *("200 Cr 2040 330", "200 Cr 4010 4000", "200 Dr 1310 4330"),
    ]


@pytest.mark.capability("J7", "K8")
def test_an_exchange_uses_a_part_of_what_is_owed_and_the_rest_is_paid_out(doors: Doors, books: Books):
    """A: 43.30 back, 21.65 of it for other goods, then 10.83 for more, and the last 10.82 in cash."""
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange")
    refund_id, session = shop.refund(order_id)["id"], drawers.opened()

    def swap(sequence: int, amount: int) -> dict[str, object]:
        return transaction(
            sequence, sold_line("B", 1, amount), exchange_credits=[{"refund_id": refund_id, "amount": amount}]
        )

    with doors.world.unchanged():
        more = till.tell(swap(1, 4331))
        assert (more.status, more.pointers) == (422, ["/exchange_credits/0/amount"])
    assert till.tell(swap(1, 2165)).status == 201
    assert till.tell(swap(1, 2165)).status == 200
    refund = shop.refund(order_id)
    assert [(part["amount"], part["state"]) for part in refund["parts"]] == [(2165, "EXECUTED"), (2165, "PLANNED")]
    with doors.world.unchanged():
        assert till.tell(swap(2, 2166)).status == 422
    assert till.tell(swap(2, 1083)).status == 201
    assert drawers.move(session, 1, "cash_refund", 1082, refund_id=refund_id).status == 201
    assert (shop.refund(order_id)["status"], doors.see(order_id)["payments"][0]["refunded"]) == ("EXECUTED", 4330)
    with doors.world.unchanged():
        used = till.tell(swap(3, 1))
        assert (used.status, used.body["code"]) == (409, "exchange_credit_used")
    entries = shop.post()
    assert net(entries, "return_accepted", "sale_recorded", "refund_executed")["100 1010"] == -1082
    assert "100 2050" not in net(entries, "return_accepted", "sale_recorded", "refund_executed")


@pytest.mark.capability("J3", "N9")
def test_a_terminal_of_one_company_gives_back_what_one_of_the_other_took(doors: Doors, books: Books):
    """The card of a sale at S1 gets its 43.30 from the terminal of another company's store, which is owed them then."""
    shop, till = Refunds(doors, books), Till(doors)
    shop.add_store(STORE, "200")
    sold = till.sale(1, sold_line("A", 1, 4000, tax=330), tenders=[card(4330)])
    brought = {"order_id": sold["order_id"], "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    wish = {
        **transaction(1, node_id=STORE, tenders=[{**card(4330, "re_1"), "provider": "other"}]),
        **{"type": "return", "lines": [], "totals": None, "brought_back": brought},
    }
    taken = till.tell(wish)
    assert taken.status == 201, taken.body
    with doors.world.unchanged():
        assert till.tell(wish).status == 200
    assert shop.pay(sold["order_id"]) == []
    entries = shop.post()
    assert lines(entries, "refund_executed") == [
        *("100 Cr 2310 4330", "100 Dr 2050 4330", "200 Cr 1110 4330", "200 Dr 1310 4330")
    ]
    paid = [one for one in entries if one.rule == "refund_executed" and one.entity == "200"]
    assert [(one.store, one.psp) for one in paid] == [(STORE, "other")]


@pytest.mark.capability("J7", "K8", "N9")
def test_what_one_company_owes_for_a_return_pays_a_sale_of_the_other(doors: Doors, books: Books):
    """A site's goods of 43.30 come back to a store of another company: 30.00 of it and 24.13 in cash pay a sale there.

    What is left is paid out in cash by that store, as F07 posts it; both companies agree on what one owes the other.
    """
    shop, till, drawers = Refunds(doors, books), Till(doors), Drawers(doors)
    shop.add_store(STORE, "200")
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    shop.taken_back(order_id, {1: 1}, node_id=STORE, to="cash", to_reason="exchange")
    refund_id, session = shop.refund(order_id)["id"], drawers.opened(node_id=STORE)
    swap = transaction(
        1,
        sold_line("B", 1, 5000, tax=413),
        node_id=STORE,
        exchange_credits=[{"refund_id": refund_id, "amount": 3000}],
        tenders=[cash(2413)],
        drawer_session_id=session,
    )
    sold = till.tell(swap)
    assert sold.status == 201, sold.body
    with doors.world.unchanged():
        assert till.tell(swap).status == 200
    fact = doors.stored_event(sold.body["order_id"], "SaleRecorded")["detail"]["data"]
    owed = {"refund_id": refund_id, "amount": 3000, "tender_entity": "100", "tender_store": "WEB"}
    assert (fact["legal_entity"], fact["exchange_credit"], fact["exchange_credits"]) == ("200", 3000, [owed])
    assert drawers.move(session, 1, "cash_refund", 1330, refund_id=refund_id).status == 201
    entries = shop.post()
    assert lines(entries, "sale_recorded") == [
        *("100 Cr 2310 3000", "100 Dr 2050 3000"),
        *("200 Cr 2040 413", "200 Cr 4010 5000", "200 Dr 1010 2413", "200 Dr 1310 3000"),
    ]
    whole = net(entries, "return_accepted", "sale_recorded", "refund_executed")
    assert (whole["100 2310"], whole["200 1310"], whole.get("100 2050", 0)) == (-4330, 4330, 0)
    # Each order's own evidence (T12) counts in its own company's books only.
    orders = [doors.world.order(name) for name in (order_id, sold.body["order_id"])]
    assert [(order_facts(one).exchanged_away, order_facts(one).exchanged_for) for one in orders] == [(3000, 0), (0, 0)]


@pytest.mark.capability("J7")
def test_a_crash_in_an_exchange_of_a_part_leaves_all_of_it_or_nothing(doors: Doors):
    shop, till = Refunds(doors), Till(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange")
    credit = [{"refund_id": shop.refund(order_id)["id"], "amount": 1000}]
    swap = transaction(1, sold_line("B", 1, 1000), exchange_credits=credit)
    die_at_commit(doors, 1)
    with doors.world.unchanged(), pytest.raises(Died):
        till.tell(swap)
    calm(doors)
    assert till.tell(swap).status == 201
    assert [part["amount"] for part in shop.refund(order_id)["parts"]] == [1000, 3330]
