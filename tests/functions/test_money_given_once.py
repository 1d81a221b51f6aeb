"""What was taken from a customer goes back once: goodwill, returns and disputes together never give more."""

from __future__ import annotations

import pytest

from tests.appeasement_doors import People
from tests.drawer_doors import Drawers
from tests.functions.test_disputes import book, captured, dispute, end, tender
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.pos_doors import Till, sold_line, transaction
from tests.refund_doors import Refunds

__all__ = ["doors", "world"]


@pytest.mark.capability("J10")
def test_shipping_that_goodwill_gave_back_is_not_given_back_with_the_goods(doors: Doors):
    """15.05 of shipping with 1.50 of tax: 5.01 as goodwill, the other 10.04 with the last goods, each tax once."""
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 1, 6000, tax=495, freight=1505), line("B", 1, 4000, tax=330))
    granted = people.ask("supervisor", order_id, amount=501, on="shipping")
    assert (granted.body["shipping"], granted.body["tax"], granted.body["total"]) == (501, 50, 551)
    with doors.world.unchanged():
        twice = shop.take_back(order_id, {2: 1}, shipping=1005)
        assert (twice.status, twice.pointers) == (422, ["/shipping"])
        assert twice.body["errors"][0]["detail"] == "1004 of the shipping was charged and not given back"
    first = shop.taken_back(order_id, {2: 1})
    assert (first["owed"], first["shipping"]) == (4330, 0)
    last = shop.taken_back(order_id, {1: 1}, shipping=1004)
    assert (last["goods"], last["shipping"], last["tax"], last["owed"]) == (6000, 1004, 595, 7599)
    (payment,) = doors.see(order_id)["payments"]
    assert payment["captured"] == payment["refunded"] + payment["refund_pending"] == 12480


@pytest.mark.capability("J10")
def test_goodwill_after_a_return_gives_no_more_tax_than_is_left(doors: Doors):
    """Two units of 0.01 with 0.01 of tax, which the first unit took back: the second has none."""
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 2, 1, tax=1), line("B", 1, 1000))
    assert shop.taken_back(order_id, {1: 1})["owed"] == 2
    granted = people.ask("agent", order_id, amount=1, on="lines", lines=[1])
    assert (granted.body["goods"], granted.body["tax"], granted.body["total"]) == (1, 0, 1)
    last = shop.taken_back(order_id, {1: 1, 2: 1})
    assert (last["goods"], last["tax"], last["appeased_goods"], last["appeased_tax"]) == (1001, 0, 1, 0)
    assert last["owed"] == 1000
    (payment,) = doors.see(order_id)["payments"]
    assert payment["captured"] == payment["refunded"] + payment["refund_pending"] == 1003


@pytest.mark.capability("K12")
def test_a_drawer_and_an_exchange_pay_nothing_that_is_in_dispute_or_was_charged_back(doors: Doors):
    order_id, reference = captured(doors)
    shop, drawer, till = Refunds(doors), Drawers(doors), Till(doors)
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="the card is lost")
    refund_id, session = shop.refund(order_id)["id"], drawer.opened()
    credit = {"refund_id": refund_id, "amount": 1083}
    swap = transaction(1, sold_line("B", 1, 1083), exchange_credits=[credit])
    opened = dispute(doors, reference)
    for outcome in ("", "lost"):
        if outcome:
            assert end(doors, opened, outcome).status == 200
        with doors.world.unchanged():
            paid = drawer.move(session, 1, "cash_refund", 1083, refund_id=refund_id)
            assert (paid.status, paid.body["code"], paid.pointers) == (409, "payment_in_dispute", ["/refund_id"])
            sold = till.tell(swap)
            assert (sold.status, sold.pointers) == (422, ["/exchange_credits/0/refund_id"])
            assert sold.body["errors"][0]["code"] == "payment_in_dispute"
    assert (tender(doors, order_id).refunded, tender(doors, order_id).charged_back) == (0, 2165)


@pytest.mark.capability("K12")
def test_a_drawer_pays_what_was_owed_when_the_dispute_is_won(doors: Doors):
    order_id, reference = captured(doors)
    shop, drawer = Refunds(doors), Drawers(doors)
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="the card is lost")
    refund_id, session = shop.refund(order_id)["id"], drawer.opened()
    assert end(doors, dispute(doors, reference), "won").status == 200
    assert drawer.move(session, 1, "cash_refund", 1083, refund_id=refund_id).status == 201
    assert tender(doors, order_id).refunded == 1083


@pytest.mark.capability("K12")
def test_what_the_bank_gave_back_is_not_given_back_by_the_provider_too(doors: Doors):
    order_id, reference = captured(doors)
    shop = Refunds(doors)
    shop.taken_back(order_id, {1: 1})
    opened = dispute(doors, reference)
    assert shop.pay(order_id) == []
    assert shop.refund(order_id)["status"] == "PLANNED"
    assert end(doors, opened, "lost").status == 200
    assert shop.pay(order_id) == []
    (part,) = shop.refund(order_id)["parts"]
    assert (part["state"], part["failure_code"]) == ("FAILED", "charged_back")
    again = doors.api("returns").post(
        f"/v1/orders/{order_id}/refunds/{shop.refund(order_id)['id']}/attempts", {"reason": "the customer asks"}
    )
    assert again.status == 200
    assert shop.pay(order_id, "RefundRetried") == []
    assert shop.refund(order_id)["parts"][0]["failure_code"] == "charged_back"
    assert doors.world.provider.amount("refund") == 0


@pytest.mark.capability("K12")
def test_of_a_part_that_was_charged_back_the_rest_can_be_given_back(doors: Doors):
    order_id, reference = captured(doors)
    shop = Refunds(doors)
    shop.taken_back(order_id, {1: 1})
    assert end(doors, dispute(doors, reference, amount=1082), "lost").status == 200
    assert shop.pay(order_id) == []
    assert doors.world.provider.amount("refund") == 1083
    assert tender(doors, order_id).refundable == 0


@pytest.mark.capability("K12")
@pytest.mark.parametrize(("outcome", "amount", "owed"), [("won", 3000, 1000), ("lost", 400, 600), ("lost", 2500, 0)])
def test_what_is_cancelled_during_a_dispute_is_owed_when_it_is_over(doors: Doors, outcome: str, amount: int, owed: int):
    """The channel took 30.00; one of three units of 10.00 is cancelled while the customer's bank disputes."""
    taken = {"provider": "marketplace", "amount": 3000, "captured": True, "reference": "M-77"}
    order_id = doors.place(document(line("A", 3), payments=[taken]))
    opened = dispute(doors, book(doors, order_id), amount=amount, provider="marketplace")
    units = {"reason": "customer", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", units).status == 200
    assert doors.see(order_id)["refunds"] == []
    assert end(doors, opened, outcome).status == 200
    refunds = [(one["cause"], one["amount"], one["status"]) for one in doors.see(order_id)["refunds"]]
    assert refunds == ([("cancellation", owed, "PLANNED")] if owed else [])


@pytest.mark.capability("L3")
def test_goodwill_that_waited_is_not_granted_on_goods_that_came_back_meanwhile(doors: Doors):
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330), line("B", 1, 6000, tax=495))
    waits = people.ask("agent", order_id, amount=1200, on="lines", lines=[1]).body
    assert waits["state"] == "PENDING_APPROVAL"
    assert shop.taken_back(order_id, {1: 1})["owed"] == 4330
    with doors.world.unchanged():
        approved = people.decide("supervisor", waits["id"])
        assert (approved.status, approved.body["code"]) == (409, "undelivered")
    assert people.decide("supervisor", waits["id"], "reject").status == 200


@pytest.mark.capability("L3")
def test_goodwill_that_waited_is_granted_on_what_is_left_only(doors: Doors):
    """12.00 for two units of 8.00 each, of which one comes back before it is approved."""
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 2, 800), line("B", 1, 6000))
    waits = people.ask("agent", order_id, amount=1200, on="lines", lines=[1]).body
    assert shop.taken_back(order_id, {1: 1})["owed"] == 800
    with doors.world.unchanged():
        approved = people.decide("supervisor", waits["id"])
        assert (approved.status, approved.body["code"], approved.pointers) == (
            409,
            "refund_exceeds_captured",
            ["/decision"],
        )
        assert approved.body["detail"] == "1200 was asked for line 1, and 800 is left of it."


@pytest.mark.capability("K8")
def test_the_limit_of_cash_is_for_all_returns_of_an_order(doors: Doors):
    """100.00 in all, whether in one return or in many; who may approve pays more."""
    shop = Refunds(doors)
    order_id = shop.delivered(line("A", 4, 4000))
    why = {"to": "cash", "to_reason": "the card is lost"}
    assert [shop.take_back(order_id, {1: 1}, **why).status for _ in range(2)] == [201, 201]
    with doors.world.unchanged():
        third = shop.take_back(order_id, {1: 1}, **why)
        assert (third.status, third.body["code"], third.pointers) == (409, "cash_limit_exceeded", ["/to"])
        assert third.body["detail"] == "4000 is above the limit of 10000, and 8000 was before."
    may = ("returns.write", "returns.approve")
    assert shop.take_back(order_id, {1: 1}, scopes=may, **why).status == 201
    # By card there is no limit.
    assert shop.take_back(order_id, {1: 1}).status == 201


@pytest.mark.capability("J10", "L3")
def test_returns_and_goodwill_give_back_the_tax_of_shipping_to_the_last_cent(doors: Doors):
    """Of one unit of three 0.17 of shipping were charged with 0.02 of tax; they go back as 0.03, 0.13 and 0.01."""
    shop, people = Refunds(doors), People(doors)
    order_id = doors.place(document(line("A", 3, 333, tax=64, freight=51), line("B", 1, 1999)))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.act(work, "ship", {1: 1})
    doors.world.capture(work)
    assert shop.taken_back(order_id, {1: 1}, shipping=3)["tax"] == 21
    given = [people.ask("manager", order_id, amount=amount, on="shipping").body for amount in (13, 1)]
    assert [(one["shipping"], one["tax"]) for one in given] == [(13, 2), (1, 0)]
    (payment,) = doors.see(order_id)["payments"]
    assert payment["captured"] == payment["refund_pending"] == 373
