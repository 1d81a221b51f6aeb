"""Gift cards and store credit as tenders of orders: refusals, races, runs that die, and money that a channel took."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from oms.payments.adapters.stored_value import StoredValue
from oms.payments.port import Approved, Declined, NoTrace, RefundRequest
from tests.interruptions import Died, before_commit, calm, die_at_commit
from tests.money_doors import Money, gift, paid
from tests.order_doors import Doors, doors
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, document, line, world
from tests.refund_doors import Refunds

__all__ = ["doors", "world"]


@pytest.fixture
def money(doors: Doors) -> Money:
    return Money(doors)


def placed(money: Money, *payments: dict[str, Any], price: int = 1000, **changes: Any) -> str:
    total = sum(payment["amount"] for payment in payments)
    return money.doors.place(document(line("A", total // price, price), payments=list(payments), **changes))


def authorize(money: Money, order_id: str) -> str:
    money.doors.task("source_order", order_id=order_id)
    return str(money.doors.task("authorize_payment", order_id=order_id)["outcome"])


@pytest.mark.parametrize(
    ("tender", "code"),
    [
        ({"amount": 6000}, "insufficient_funds"),
        ({"token": "gft_404"}, "not_found"),
        ({"token": "NO-SUCH-NUMBER"}, "not_found"),
        ({"tender": "store_credit"}, "tender_mismatch"),
    ],
)
@pytest.mark.capability("K7")
def test_a_card_that_cannot_pay_sends_the_order_to_a_person(money: Money, tender: dict[str, Any], code: str):
    card = money.sold(5000)
    order_id = placed(money, {**gift(card, 5000), **tender})
    assert authorize(money, order_id) == "DECLINED"
    seen = money.doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("PENDING_REVIEW", "FAILED")
    assert [
        event["data"]["decline_code"] for event in money.doors.timeline(order_id)[1:] if "decline_code" in event["data"]
    ] == [code]
    assert money.sums(card) == (5000, 0, 5000)


@pytest.mark.capability("K7")
def test_an_expired_card_and_one_in_another_currency_do_not_pay(money: Money):
    old, euros = money.sold(5000, expires_on="2026-11-01"), money.sold(5000, currency="EUR")
    for card, code in ((old, "expired_card"), (euros, "currency_mismatch")):
        order_id = placed(money, gift(card, 5000), external_id=card)
        assert authorize(money, order_id) == "DECLINED"
        assert money.doors.stored_event(order_id, "PaymentDeclined")["detail"]["data"]["decline_code"] == code
        assert money.sums(card) == (5000, 0, 5000)


@pytest.mark.capability("K7", "K10")
def test_what_was_held_before_the_last_day_is_redeemed_after_it(money: Money):
    card = money.sold(5000, expires_on="2026-11-24")
    order_id, work = money.ready(line("A", 3), payments=[gift(card, 3000)])
    money.doors.world.clock.instant += timedelta(days=5)
    money.act(work, "ship")
    assert money.capture(order_id, work) == 3000
    assert (money.sums(card), money.see(card)["state"]) == ((2000, 0, 2000), "EXPIRED")


@pytest.mark.parametrize(
    ("payment", "pointer"),
    [
        ({"tender": "gift_card", "provider": "strict", "token": "gft_1"}, "/payments/0/provider"),
        ({"tender": "card", "provider": "stored_value", "token": "gft_1"}, "/payments/0/provider"),
        ({"tender": "cash", "provider": "strict", "token": "x"}, "/payments/0/tender"),
        ({"provider": "strict"}, "/payments/0/token"),
        ({"provider": "elsewhere", "token": "x"}, "/payments/0/provider"),
        ({"provider": "strict", "token": "x", "reference": "cap_1"}, "/payments/0/reference"),
        ({"provider": "elsewhere", "captured": True}, "/payments/0/reference"),
        ({"tender": "gift_card", "provider": "elsewhere", "captured": True, "reference": "1"}, "/payments/0/captured"),
        ({"provider": "stored_value", "captured": True, "reference": "1"}, "/payments/0/captured"),
    ],
)
@pytest.mark.capability("K7")
def test_a_tender_that_makes_no_sense_is_refused(money: Money, payment: dict[str, Any], pointer: str):
    with money.doors.world.unchanged():
        body = document(line("A", 1), payments=[{"amount": 1000, **payment}])
        refused = money.doors.api("place_order").post("/v1/orders", body)
    assert (refused.status, refused.pointers) == (422, [pointer])


@pytest.mark.capability("K7")
def test_two_orders_never_take_a_card_below_zero(money: Money):
    card = money.sold(5000)
    first, second = (placed(money, gift(card, 3000), external_id=name) for name in ("one", "two"))
    outcomes: list[str] = []

    def meanwhile() -> None:
        calm(money.doors)
        outcomes.append(authorize(money, second))

    money.doors.task("source_order", order_id=first)
    before_commit(money.doors, 1, meanwhile)
    outcomes.append(str(money.doors.task("authorize_payment", order_id=first)["outcome"]))
    assert outcomes == ["AUTHORIZED", "DECLINED"]
    assert money.sums(card) == (2000, 3000, 5000)


@pytest.mark.capability("K7")
def test_many_threads_share_one_balance(money: Money):
    card = money.sold(5000)
    provider = StoredValue(money.doors.world.runtime, TENANT)
    orders = [placed(money, gift(card, 1000), external_id=f"order-{number}") for number in range(8)]
    for order_id in orders:
        money.doors.task("source_order", order_id=order_id)
    threads = [
        threading.Thread(target=money.doors.task, args=("authorize_payment",), kwargs={"order_id": order_id})
        for order_id in orders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = [money.doors.world.order(order_id).payments[0].state.value for order_id in orders]
    assert sorted(states) == ["AUTHORIZED"] * 5 + ["FAILED"] * 3
    assert money.sums(card) == (0, 5000, 5000)
    assert provider.find("nobody:asked") == NoTrace()


@pytest.mark.capability("K7")
def test_store_credit_pays_and_is_given_back_when_the_order_is_cancelled(money: Money):
    credit = money.credit(4000)
    order_id, _ = money.ready(line("A", 3), payments=[{**gift(credit, 3000), "tender": "store_credit"}])
    assert money.sums(credit) == (1000, 3000, 4000)
    money.cancel(order_id)
    assert money.sums(credit) == (4000, 0, 4000)
    assert [one["kind"] for one in money.see(credit)["movements"]].count("released") == 1


@pytest.mark.capability("K7")
def test_a_refund_goes_back_to_the_same_card_once_and_never_above_what_was_taken(money: Money):
    card = money.sold(5000, expires_on="2026-12-31")
    order_id, work = money.ready(line("A", 3), payments=[gift(card, 3000)])
    money.act(work, "ship")
    money.capture(order_id, work)
    reference = money.doors.world.order(order_id).payments[0].psp_reference
    assert reference is not None
    provider = StoredValue(money.doors.world.runtime, TENANT)
    back = provider.refund(RefundRequest(reference, 1200, "USD"), key="ref_1:refund:1200")
    assert isinstance(back, Approved)
    assert provider.refund(RefundRequest(reference, 1200, "USD"), key="ref_1:refund:1200") == back
    assert provider.find("ref_1:refund:1200") == back
    assert money.sums(card) == (3200, 0, 3200)
    with money.doors.world.unchanged():
        assert provider.refund(RefundRequest(reference, 1801, "USD"), key="ref_2") == Declined(
            "credit_exceeds_redeemed", by_rule=True
        )
        other = provider.refund(RefundRequest(reference, 100, "USD"), key="ref_1:refund:1200")
        assert other == Declined("idempotency_key_reused", by_rule=True)
        nobody = provider.refund(RefundRequest("gft_1.svh_1", 100, "USD"), key="ref_3")
        assert nobody == Declined("not_found", by_rule=True)
    money.doors.world.clock.instant += timedelta(days=60)
    with money.doors.world.unchanged():
        assert provider.refund(RefundRequest(reference, 100, "USD"), key="ref_4") == Declined(
            "expired_card", by_rule=True
        )


@pytest.mark.capability("K7", "K8")
@pytest.mark.parametrize("asked", ["first", "again"])
def test_what_does_not_go_back_to_an_expired_card_goes_to_a_new_one(money: Money, asked: str):
    card, new = money.sold(5000, expires_on="2026-12-31"), {"to": "gift_card", "to_reason": "the card has expired"}
    order_id, work = money.ready(line("A", 3), payments=[gift(card, 3000)])
    money.act(work, "ship")
    money.capture(order_id, work)
    money.doors.world.clock.instant += timedelta(days=60)
    shop = Refunds(money.doors)
    shop.taken_back(order_id, {1: 1}, **(new if asked == "first" else {}))
    assert shop.pay(order_id) == []
    refund = shop.refund(order_id)
    if asked == "again":
        assert (refund["parts"][0]["state"], refund["parts"][0]["failure_code"]) == ("FAILED", "expired_card")
        path = f"/v1/orders/{order_id}/refunds/{refund['id']}/attempts"
        assert money.doors.api("returns").post(path, {"reason": "it has expired", **new}).status == 200
        assert shop.pay(order_id, "RefundRetried") == []
    (part,) = shop.refund(order_id)["parts"]
    assert (part["state"], money.sums(part["account_id"]), money.sums(card)) == (
        "EXECUTED",
        (1000, 0, 1000),
        (2000, 0, 2000),
    )


@pytest.mark.capability("K6")
@pytest.mark.parametrize("commit", [1, 2])
def test_a_part_that_a_run_released_before_it_died_is_released_once(money: Money, commit: int):
    """Another unit is cancelled before anybody comes back to it: what the first run got is found under its key."""
    card = money.sold(5000)
    order_id, _ = money.ready(line("A", 5), payments=[gift(card, 5000)])
    die_at_commit(money.doors, commit + 1)
    with pytest.raises(Died):
        money.cancel(order_id, {1: 1})
    calm(money.doors)
    assert money.sums(card)[1] == (5000 if commit == 1 else 4000)
    money.cancel(order_id, {1: 2})
    assert money.sums(card) == (3000, 2000, 5000)
    (payment,) = money.doors.world.order(order_id).payments
    assert (payment.authorized, payment.released, payment.waived, payment.capturable) == (5000, 3000, 3000, 2000)
    amounts = [event["detail"]["data"]["amount"] for event in money.told(f"ORDER#{order_id}")][1:]
    assert amounts == ([3000] if commit == 1 else [1000, 2000])


@pytest.mark.capability("K6", "K5")
def test_a_hold_that_cannot_be_let_go_in_part_is_kept_until_the_last_capture(money: Money):
    order_id, work = money.ready(line("A", 5), payments=[paid(5000)])
    money.cancel(order_id, {1: 2})
    assert money.doors.world.provider.amount("void") == 0
    assert unfinished(money.doors.world) == []
    money.act(work, "ship")
    assert money.capture(order_id, work) == 3000
    assert money.doors.world.provider.effects[1:] == [("capture", "psp_1", 3000), ("void", "psp_1", 2000)]


@pytest.mark.capability("K6")
def test_what_nobody_was_told_of_is_released_by_the_sweeper(money: Money):
    card = money.sold(5000)
    order_id, _ = money.ready(line("A", 5), payments=[gift(card, 5000)])
    content = {"reason": "customer", "lines": [{"line_no": 1, "quantity": 2}]}
    assert money.doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", content).status == 200
    assert unfinished(money.doors.world) == [order_id]
    assert money.sums(card) == (0, 5000, 5000)
    sweep(money.doors.world, times=3)
    assert money.sums(card) == (2000, 3000, 5000)
    assert unfinished(money.doors.world) == []


def taken(amount: int, reference: str = "M-77", provider: str = "marketplace") -> dict[str, Any]:
    """A tender whose money the channel took."""
    return {"provider": provider, "amount": amount, "captured": True, "reference": reference}


@pytest.mark.capability("K2", "K4")
def test_what_the_channel_captured_is_used_up_and_nobody_is_asked_for_it(money: Money):
    order_id, work = money.ready(line("A", 5), payments=[taken(2500), paid(2500)])
    assert money.doors.world.provider.calls == [
        ("authorize", f"{money.doors.world.order(order_id).payments[1].id}:authorize:1:2500")
    ]
    told = money.doors.stored_event(order_id, "PaymentCaptured")["detail"]
    payment = money.doors.see(order_id)["payments"][0]
    assert (payment["state"], payment["captured"], payment["released"]) == ("CAPTURED", 2500, 0)
    assert (told["meta"]["sequence"], told["meta"]["version"]) == (2, 3)
    assert {
        name: told["data"][name] for name in ("authorized", "amount", "capture_id", "released", "shipment_ids")
    } == {
        "authorized": False,
        "amount": 2500,
        "capture_id": "M-77",
        "released": 0,
        "shipment_ids": [],
    }
    money.act(work, "ship", {1: 2})
    assert money.capture(order_id, work) == 0
    money.act(work, "ship", {1: 3})
    assert money.capture(order_id, work) == 2500
    first, second = money.doors.world.order(order_id).shipments
    assert [(one.amount, one.capture_id) for one in first.captures] == [(2000, "M-77")]
    assert [(one.amount, one.capture_id is None) for one in second.captures] == [(500, False), (2500, False)]
    assert money.doors.world.provider.amount("capture") == 2500
    assert money.doors.see(order_id)["payment_status"] == "CAPTURED"


@pytest.mark.capability("K2")
def test_an_order_that_the_channel_captured_whole_never_calls_a_provider(money: Money):
    order_id, work = money.ready(line("A", 3), payments=[taken(1000), taken(2000, "M-78")])
    money.cancel(order_id, {1: 1})
    money.act(work, "ship")
    assert money.capture(order_id, work) == 0
    assert money.doors.world.provider.calls == []
    kinds = [event["detail-type"] for event in money.told(f"ORDER#{order_id}")]
    assert kinds == ["PaymentCaptured", "PaymentCaptured", "ShipmentShipped"]
    assert unfinished(money.doors.world) == []
    with money.doors.world.unchanged():
        body = document(line("A", 3), payments=[taken(1000), taken(2000)], external_id="other")
        assert money.doors.api("place_order").post("/v1/orders", body).pointers == ["/payments/1/reference"]
