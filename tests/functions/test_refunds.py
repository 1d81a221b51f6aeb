"""Money that goes back by a provider: asked once, pending, in doubt, failed at once or days later, and tried again."""

from __future__ import annotations

from typing import Any

import pytest

from oms.finance.commands import Books
from tests.crashes import crash_points
from tests.functions.test_psp_webhook import hint, send
from tests.order_doors import Doors, doors
from tests.order_sweeper import sweep, unfinished
from tests.order_world import World, document, line, world
from tests.refund_doors import Refunds, lines, net
from tests.single_order import the_order, the_payment
from tests.unit.finance.world import books, finance_cloud
from tests.unit.payments.test_refunding import owe, paid

__all__ = ["books", "doors", "finance_cloud", "world"]


def owing(doors: Doors, books: Books | None = None) -> tuple[Refunds, str]:
    """An order of 50.00 of which 20.00 are owed."""
    shop = Refunds(doors, books)
    order_id = shop.delivered(line("A", 5, 1000))
    shop.taken_back(order_id, {1: 2})
    return shop, order_id


def key(doors: Doors) -> str:
    return next(key for verb, key in reversed(doors.world.provider.calls) if verb == "refund")


def part(shop: Refunds, order_id: str) -> tuple[Any, ...]:
    (one,) = shop.refund(order_id)["parts"]
    return one["state"], one["attempt"], one["failure_code"]


@pytest.mark.capability("K1", "K11")
def test_a_refund_is_asked_for_once_however_often_it_is_told(doors: Doors):
    shop, order_id = owing(doors)
    for _ in range(3):
        assert shop.pay(order_id) == []
    assert doors.world.provider.effects[-1] == ("refund", "psp_1", 2000)
    assert [verb for verb, _ in doors.world.provider.calls].count("refund") == 1
    refund_id = shop.refund(order_id)["id"]
    assert key(doors) == f"{refund_id}:refund:1:2000"
    told = doors.timeline(order_id)[-1]
    assert (told["event"], told["data"]["amount"], told["data"]["paid"]) == ("RefundExecuted", 2000, 2000)
    assert told["data"]["movement_id"] == shop.refund(order_id)["parts"][0]["movement_id"]


@pytest.mark.capability("K1", "K11")
@pytest.mark.parametrize("well", [True, False])
def test_an_accepted_refund_is_pending_until_the_provider_says_how_it_ended(doors: Doors, well: bool):
    shop, order_id = owing(doors)
    doors.world.provider.script["refund"] = ["pending"]
    assert shop.pay(order_id) == []
    assert part(shop, order_id) == ("PENDING", 1, None)
    seen = doors.see(order_id)["payments"][0]
    assert (seen["state"], seen["refunded"], seen["refund_pending"]) == ("CAPTURED", 0, 2000)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, "refund.succeeded")).body == {"done": "looked up"}
        assert shop.pay(order_id) == []
    doors.world.provider.settle(key(doors), well=well)
    assert send(doors, hint(doors, order_id, "refund.succeeded" if well else "refund.failed")).status == 200
    seen = doors.see(order_id)["payments"][0]
    if well:
        assert part(shop, order_id) == ("EXECUTED", 1, None)
        assert (seen["state"], seen["refunded"], seen["refund_pending"]) == ("PARTIALLY_REFUNDED", 2000, 0)
    else:
        assert part(shop, order_id) == ("FAILED", 1, "account_closed")
        assert (seen["state"], seen["refunded"], seen["refund_pending"]) == ("CAPTURED", 0, 2000)
        assert doors.timeline(order_id)[-1]["data"]["executed"] == 0
    with doors.world.unchanged():
        send(doors, hint(doors, order_id, "refund.succeeded"))


@pytest.mark.capability("K1", "N1")
def test_a_refund_that_comes_back_days_later_is_owed_again_and_tried_under_a_new_key(doors: Doors, books: Books):
    shop, order_id = owing(doors, books)
    shop.pay(order_id)
    first = key(doors)
    movement = shop.refund(order_id)["parts"][0]["movement_id"]
    doors.world.clock.advance(days=3)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, "refund.failed")).body == {"done": "looked up"}  # it did not
    doors.world.provider.come_back(movement)
    send(doors, hint(doors, order_id, "refund.failed"))
    assert part(shop, order_id) == ("FAILED", 1, "account_closed")
    seen = doors.see(order_id)["payments"][0]
    assert (seen["state"], seen["refunded"], seen["refund_pending"]) == ("CAPTURED", 0, 2000)
    with doors.world.unchanged():
        assert shop.pay(order_id) == []  # nobody tries by itself

    refund_id, path = shop.refund(order_id)["id"], f"/v1/orders/{order_id}/refunds"
    api = doors.api("returns")
    answer = api.post(f"{path}/{refund_id}/attempts", {"reason": "the customer opened it again"})
    assert (answer.status, answer.body["status"]) == (200, "PLANNED")
    assert shop.pay(order_id, "RefundRetried") == []
    assert (part(shop, order_id), key(doors)) == (("EXECUTED", 2, None), f"{first}:2")
    assert [one for one in doors.world.provider.effects if one[0].startswith("refund")] == [
        ("refund", "psp_1", 2000),
        ("refund_failed", "psp_1", 2000),
        ("refund", "psp_1", 2000),
    ]
    with doors.world.unchanged():
        again = api.post(f"{path}/{refund_id}/attempts", {"reason": "once more"})
        assert (again.status, again.body["code"]) == (409, "action_not_available")
        assert api.post(f"{path}/{refund_id}9/attempts", {"reason": "no such"}).status == 404
        assert api.post(f"/v1/orders/ord_other/refunds/{refund_id}/attempts", {"reason": "no such"}).status == 404
    entries = shop.post()
    assert lines(entries, "refund_failed") == ["100 Cr 2050 2000", "100 Dr 1110 2000"]
    assert lines(entries, "refund_executed") == ["100 Cr 1110 2000"] * 2 + ["100 Dr 2050 2000"] * 2


@pytest.mark.capability("K8")
def test_a_refused_refund_may_be_paid_in_cash_instead(doors: Doors):
    shop, order_id = owing(doors)
    doors.world.provider.script["refund"] = ["declined"]
    assert shop.pay(order_id) == []
    assert part(shop, order_id) == ("FAILED", 1, "account_closed")
    refund_id = shop.refund(order_id)["id"]
    body = {"reason": "the card is closed", "to": "cash", "to_reason": "the card is closed"}
    answer = doors.api("returns").post(f"/v1/orders/{order_id}/refunds/{refund_id}/attempts", body)
    assert answer.body["parts"] == [{"number": 1, "tender": "cash", "amount": 2000, "state": "PLANNED", "attempt": 2}]
    assert shop.pay(order_id, "RefundRetried") == []
    assert doors.world.provider.amount("refund") == 0


@pytest.mark.capability("K11")
@pytest.mark.parametrize("lost", ["lost_before", "lost_after"])
def test_an_outcome_that_nobody_knows_is_looked_up_and_never_made_twice(doors: Doors, lost: str):
    shop, order_id = owing(doors)
    doors.world.provider.script.update({"refund": [lost], "find": ["lost_before"]})
    assert shop.pay(order_id) == ["m0"]
    assert doors.timeline(order_id)[-1]["event"] == "RefundInDoubt"
    assert unfinished(doors.world) == [order_id]
    sweep(doors.world, times=3)
    assert part(shop, order_id) == ("EXECUTED", 1, None)
    assert doors.world.provider.amount("refund") == 2000
    assert shop.pay(order_id) == []
    sweep(doors.world, times=3)
    assert unfinished(doors.world) == []


@pytest.mark.capability("K11")
def test_a_key_that_the_provider_has_forgotten_is_not_asked_under_blindly(doors: Doors):
    """The refund was made, its answer lost, and the message lay for two days: the provider's payment shows it."""
    shop, order_id = owing(doors)
    doors.world.provider.script.update({"refund": ["lost_after"], "find": ["lost_before"]})
    assert shop.pay(order_id) == ["m0"]
    doors.world.clock.advance(days=2)
    doors.world.provider.forget()
    assert shop.pay(order_id) == []
    assert part(shop, order_id) == ("EXECUTED", 1, None)
    assert doors.world.provider.amount("refund") == 2000


@pytest.mark.capability("K11")
def test_what_was_never_made_is_made_also_after_days(doors: Doors):
    shop, order_id = owing(doors)
    doors.world.clock.advance(days=2)
    assert shop.pay(order_id) == []
    assert part(shop, order_id) == ("EXECUTED", 1, None)
    assert doors.world.provider.amount("refund") == 2000


@pytest.mark.capability("K1")
def test_a_crash_anywhere_gives_the_money_back_once():
    def made() -> World:
        one = World()
        paid(one, [5000])
        owe(one, "ret_1", 2000)
        return one

    points = 0
    for point in crash_points(made, lambda w: w.refund_payment(the_order(w))):
        points += 1
        world = point.world
        world.refund_payment(the_order(world))
        world.check()
        assert world.provider.amount("refund") == 2000
        assert the_payment(world).refunded == 2000
    assert points >= 3


@pytest.mark.capability("N6")
def test_units_cancelled_after_the_channel_took_their_money_are_owed_until_it_gave_it_back(doors: Doors, books: Books):
    shop = Refunds(doors, books)
    taken = {"provider": "marketplace", "amount": 3000, "captured": True, "reference": "M-77"}
    order_id = doors.place(document(line("A", 3, 1000), payments=[taken]))
    units = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", units).status == 200
    refund = shop.refund(order_id)
    assert (refund["cause"], refund["amount"], refund["status"]) == ("cancellation", 1000, "PLANNED")
    assert doors.timeline(order_id)[-1]["event"] == "RefundOwed"
    with doors.world.unchanged():
        assert shop.pay(order_id) == []  # no provider of ours has the money
    assert unfinished(doors.world) == []
    path = f"/v1/orders/{order_id}/refunds/{refund['id']}/confirmations"
    answer = doors.api("returns").post(path, {"reference": "R-5"})
    assert (answer.status, answer.body["status"]) == (200, "EXECUTED")
    with doors.world.unchanged():
        assert doors.api("returns").post(path, {"reference": "R-6"}).body["code"] == "action_not_available"
    assert doors.see(order_id)["payments"][0]["refunded"] == 1000
    # All that is left goes too: once the rest is cancelled, the rest of the money is owed.
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "x"}).status == 200
    assert shop.refund(order_id)["amount"] == 2000
    entries = shop.post()
    assert lines(entries, "refund_owed") == sorted(
        ["100 Cr 2050 1000", "100 Cr 2050 2000", "100 Dr 2010 1000", "100 Dr 2010 2000"]
    )
    assert lines(entries, "refund_executed") == ["100 Cr 1110 1000", "100 Dr 2050 1000"]
    assert net(entries, "payment_captured", "refund_owed") == {"100 1110": 3000, "100 2050": -3000}
