"""Goods that are collected, paid for when they are ready by the tenders that say so."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import CAPTURE_FAILED
from tests.money_doors import Money, gift, paid
from tests.order_doors import Doors, doors
from tests.order_sweeper import sweep, unfinished
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def money(doors: Doors) -> Money:
    return Money(doors)


def collected(quantity: int, **more: Any) -> dict[str, Any]:
    return line("A", quantity, method="pickup", pickup_node="S1", **more)


@pytest.mark.capability("K4")
def test_only_tenders_that_say_so_pay_when_goods_are_ready_and_each_cent_is_taken_once(money: Money):
    card = money.sold(1000)
    payments = [gift(card, 1000), paid(2000, capture_on="ready")]
    order_id, work = money.ready(collected(3), payments=payments)
    money.stage(order_id, work)
    told = money.doors.stored_event(order_id, "FulfillmentOrderReady")
    assert money.doors.queue("release_payment", told) == []
    assert (money.sums(card), money.doors.world.provider.amount("capture")) == ((0, 1000, 1000), 2000)
    (captured,) = [event for event in money.told(f"ORDER#{order_id}") if event["detail-type"] == "PaymentCaptured"]
    assert captured["detail"]["data"]["shipment_ids"] == []
    money.act(work, "hand-over", {1: 1})
    assert money.capture(order_id, work) == 0
    money.act(work, "hand-over")
    assert money.capture(order_id, work) == 1000
    assert money.sums(card) == (0, 0, 0)
    assert money.doors.world.provider.amount("capture") == 2000
    assert money.doors.see(order_id)["payment_status"] == "CAPTURED"
    assert unfinished(money.doors.world) == []


@pytest.mark.capability("K4")
def test_money_that_is_refused_when_goods_are_ready_is_told_to_a_person(money: Money):
    order_id, work = money.ready(collected(2), payments=[paid(2000, capture_on="ready")])
    money.doors.world.provider.script["capture"] = ["declined"]
    money.stage(order_id, work)
    assert money.doors.world.work(work).escalated_reason == CAPTURE_FAILED
    assert money.doors.stored_event(order_id, "PaymentCaptureFailed")["detail"]["data"]["shipment_ids"] == []
    money.act(work, "hand-over")
    assert money.capture(order_id, work) == 0
    assert money.doors.world.provider.amount("capture") == 0


@pytest.mark.capability("K4", "K8")
@pytest.mark.parametrize("taken_first", [True, False])
def test_what_was_taken_for_goods_that_are_cancelled_is_owed_back(money: Money, taken_first: bool):
    """Nobody collects them; whether the money is taken before or after the order is cancelled makes no difference."""
    order_id, work = money.ready(collected(2), payments=[paid(2000, capture_on="ready")])
    money.act(work, "stage")
    told = money.doors.stored_event(order_id, "FulfillmentOrderReady")
    money.act(work, "close", reason="not_collected")
    steps = [lambda: money.doors.queue("release_payment", told), lambda: money.cancel(order_id)]
    for step in steps if taken_first else steps[::-1]:
        step()
    assert money.doors.world.provider.amount("capture") == 2000
    owed = money.doors.stored_event(order_id, "RefundOwed")["detail"]["data"]
    assert (owed["amount"], owed["cause"]) == (2000, "cancellation")
    assert [row["event"] for row in money.doors.timeline(order_id)].count("RefundOwed") == 1


@pytest.mark.capability("K4")
def test_money_that_was_taken_for_goods_that_stay_pays_those_that_leave(money: Money):
    """What was to be collected is given up; the parcel needs no money of its own, and nothing is owed."""
    payments = [paid(2000, capture_on="ready")]
    order_id = money.doors.place(document(collected(1), line("B", 1), payments=payments))
    money.doors.run_order_workflow(order_id)
    works = {one.method: one.id for one in money.doors.world.order(order_id).fulfillment_orders}
    money.stage(order_id, works["pickup"])
    assert money.doors.world.provider.effects[1:] == [("capture", "psp_1", 1000)]
    money.act(works["pickup"], "close", reason="not_collected")
    money.act(works["ship"], "ship")
    assert money.capture(order_id, works["ship"]) == 0
    money.cancel(order_id)
    assert money.doors.see(order_id)["status"] == "COMPLETED"
    assert money.doors.world.provider.effects[1:] == [("capture", "psp_1", 1000), ("void", "psp_1", 1000)]
    assert "RefundOwed" not in [row["event"] for row in money.doors.timeline(order_id)]
    sweep(money.doors.world, times=2)
    assert unfinished(money.doors.world) == []
