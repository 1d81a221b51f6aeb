"""Goods that nobody collects: until when they wait, who is reminded, who may keep them longer, and how they go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.money_doors import Money, paid
from tests.order_doors import Doors, doors
from tests.order_world import world
from tests.pickup_doors import ANN, OPEN, Counter, collected

__all__ = ["doors", "world"]

# Thanksgiving is the Thursday of this week, and the store is closed on Sundays.
THANKSGIVING = [{"date": "2026-11-26", "hours": []}]


@pytest.fixture
def counter(doors: Doors) -> Counter:
    counter = Counter(doors)
    counter.open_at(hours=OPEN, holidays=THANKSGIVING)
    return counter


def at(doors: Doors, day: int, hour: int, minute: int = 0) -> None:
    """Move the clock to a local time in New York of November 2026."""
    doors.world.clock.instant = datetime(2026, 11, day, hour + 5, minute, tzinfo=UTC)


def wake(doors: Doors, work: str) -> str | None:
    """The wait of the work's workflow is over: when it looks again; None where nothing is left to wait for."""
    order_id = f"ord_{work.split('_')[1]}"
    told = doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work)
    assert told["then"] == "WAIT_ON"
    if doors.world.work(work).is_closed:
        return None
    return (doors.world.clock.now() + timedelta(seconds=told["wait_seconds"])).isoformat()


@pytest.mark.capability("F8", whole=True)
def test_goods_that_nobody_collects_go_back_once_after_a_reminder(counter: Counter):
    """Ready on Monday, kept for three open days: Tuesday, Wednesday and, after the holiday, Friday until 18:00."""
    counter.rules({"id": "all", "open_days": 3, "remind_days": 1})
    doors, money = counter.doors, Money(counter.doors)
    order_id, work = counter.opened(collected("A", 2), payments=[paid(2000, capture_on="ready")])
    money.stage(order_id, work)
    assert doors.world.provider.amount("capture") == 2000
    shown = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body
    assert shown["collection"]["pickup_by"] == "2026-11-27T23:00:00.000Z"
    assert counter.last(order_id, "FulfillmentOrderReady")["pickup_by"] == "2026-11-27T23:00:00.000Z"
    token = doors.world.work(work).task_token
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderReady")) == []
    assert doors.world.continued == [(token, "DUE_EARLIER")]
    with doors.world.unchanged():
        assert wake(doors, work) == "2026-11-25T15:00:00+00:00"
    doors.world.release(work, "again")
    at(doors, 25, 10)
    for _ in range(2):
        assert wake(doors, work) == "2026-11-27T23:00:00+00:00"
    assert counter.last(order_id, "FulfillmentOrderCollectionDue")["pickup_by"] == "2026-11-27T23:00:00.000Z"
    at(doors, 27, 17, 59)
    with doors.world.unchanged():
        wake(doors, work)
    at(doors, 27, 18)
    for _ in range(2):
        assert wake(doors, work) is None
    told = counter.told(order_id)
    assert [told.count(kind) for kind in ("FulfillmentOrderCollectionDue", "FulfillmentOrderNotCollected")] == [1, 1]
    assert counter.last(order_id, "FulfillmentOrderNotCollected")["lines"] == [
        {"line_no": 1, "sku": "A", "quantity": 2}
    ]
    seen = doors.see(order_id)
    assert (seen["status"], seen["fulfillment_orders"][0]["status"]) == ("CANCELLED", "CANCELLED")
    assert [(one["quantity"], one["reason"]) for one in seen["cancellations"]] == [(2, "not_collected")]
    stock = doors.world.stock("A", "S1")
    assert (stock.on_hand, stock.allocated, stock.available) == (5, 0, 5)
    assert counter.last(order_id, "RefundOwed")["amount"] == 2000
    assert doors.queue("refund_payment", doors.stored_event(order_id, "RefundOwed")) == []
    assert doors.world.provider.amount("refund") == 2000
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderCancelled")) == []
    assert doors.world.continued[1:] == [("again", "CANCELLED")]
    assert counter.refused(work)[:2] == (409, "action_not_available")
    doors.world.check()


@pytest.mark.capability("F8")
def test_money_that_was_only_held_is_let_go_and_what_was_collected_stays_paid(counter: Counter):
    counter.rules({"id": "all", "open_days": 1})
    doors, money = counter.doors, Money(counter.doors)
    order_id, work = counter.ready(collected("A", 3), payments=[paid(3000)])
    assert counter.hand_over(work, lines=[{"line_no": 1, "quantity": 1}]).status == 200
    assert money.capture(order_id, work) == 1000
    at(doors, 24, 18)
    wake(doors, work)
    assert doors.world.work(work).status == "COMPLETED"
    assert doors.queue("release_payment", doors.stored_event(order_id, "OrderLinesCancelled")) == []
    assert (doors.world.provider.amount("capture"), doors.world.provider.amount("void")) == (1000, 2000)
    assert doors.see(order_id)["status"] == "COMPLETED"
    assert doors.world.stock("A", "S1").available == 4
    doors.world.check()


@pytest.mark.capability("F8")
@pytest.mark.parametrize(("late", "status"), [("allow", 200), ("refuse", 409)])
def test_who_comes_too_late_but_before_the_goods_are_back_is_served_by_the_rule(
    counter: Counter, late: str, status: int
):
    counter.rules({"id": "all", "open_days": 1, "late": late})
    order_id, work = counter.ready()
    at(counter.doors, 24, 18)
    if status == 409:
        assert counter.refused(work) == (409, "collection_over", [])
        assert counter.act(work, "extend", {"days": 1, "reason": "customer_called"}).status == 200
    assert counter.hand_over(work).status == 200
    assert wake(counter.doors, work) is None
    assert counter.doors.see(order_id)["status"] == "COMPLETED"
    assert "FulfillmentOrderNotCollected" not in counter.told(order_id)


@pytest.mark.capability("F8")
def test_a_store_keeps_goods_longer_and_says_why(counter: Counter):
    counter.rules({"id": "all", "open_days": 2, "remind_days": 1, "most_extensions": 1})
    doors = counter.doors
    order_id, work = counter.ready(customer=ANN)
    at(doors, 24, 11)
    assert wake(doors, work) == "2026-11-25T23:00:00+00:00"
    with doors.world.unchanged():
        assert counter.act(work, "extend", {"days": 2}).pointers == ["/reason"]
        assert counter.act(work, "extend", {"days": 0, "reason": "x"}).pointers == ["/days"]
        other = ("fulfillment.write", "node.S2")
        body = {"days": 2, "reason": "x"}
        path = f"/v1/fulfillment-orders/{work}/extend"
        assert doors.api("fulfillment").send("POST", path, body, scopes=other).status == 404
    for _ in range(2):
        answer = counter.act(work, "extend", {"days": 2, "reason": "ill"}, key="once")
        assert answer.body["collection"]["extensions"] == [
            {
                "before": "2026-11-25T23:00:00.000Z",
                "pickup_by": "2026-11-28T23:00:00.000Z",
                "reason": "ill",
                "by": "client-1",
            }
        ]
    assert counter.told(order_id).count("FulfillmentOrderCollectionExtended") == 1
    with doors.world.unchanged():
        refused = counter.act(work, "extend", {"days": 1, "reason": "again"})
        assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    at(doors, 25, 18)
    assert wake(doors, work) == "2026-11-27T15:00:00+00:00"
    at(doors, 27, 10)
    assert wake(doors, work) == "2026-11-28T23:00:00+00:00"
    assert counter.told(order_id).count("FulfillmentOrderCollectionDue") == 2
    at(doors, 28, 18)
    assert wake(doors, work) is None
    assert doors.see(order_id)["status"] == "CANCELLED"


@pytest.mark.capability("F8")
def test_only_goods_that_wait_until_some_day_are_kept_longer(counter: Counter):
    _, work = counter.opened()
    for _ in range(2):
        with counter.doors.world.unchanged():
            answer = counter.act(work, "extend", {"days": 1, "reason": "x"})
            assert (answer.status, answer.body["code"]) == (409, "action_not_available")
        counter.act(work, "stage")


@pytest.mark.capability("F8")
def test_what_the_node_was_asked_to_cancel_goes_with_the_rest(counter: Counter):
    counter.rules({"id": "all", "open_days": 1})
    doors = counter.doors
    order_id, work = counter.ready(collected("A", 2))
    doors.world.cancel(order_id, {1: 1})
    at(doors, 24, 18)
    wake(doors, work)
    assert doors.see(order_id)["status"] == "CANCELLED"
    assert doors.world.work(work).asked == {}
    doors.world.check()
