"""A customer on the way to the counter, or at the curb."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.pickup_doors import Counter, collected
from tests.pos_doors import card, sold_line
from tests.reserve_doors import ready, sell, shop

__all__ = ["doors", "shop", "world"]
CHANNEL = ("orders.write", "channel.web")


@pytest.fixture
def counter(doors: Doors) -> Counter:
    return Counter(doors)


def arrive(
    counter: Counter, work: str, key: str | None = None, scopes: tuple[str, ...] = CHANNEL, **body: Any
) -> Answer:
    api = counter.doors.api("fulfillment")
    return api.send("POST", f"/v1/fulfillment-orders/{work}/arrival", body, key=key, scopes=scopes)


@pytest.mark.capability("F6")
def test_the_store_hears_where_the_customer_is_and_hands_over_at_the_curb(counter: Counter):
    order_id, work = counter.ready(external_id="web-7")
    assert arrive(counter, work, state="in_transit").body["arrival"]["state"] == "in_transit"
    there = {"state": "at_curbside", "bay": "3", "vehicle": "blue van"}
    counter.doors.world.clock.advance(minutes=10)
    for key in ("k1", "k1", "k2"):
        seen = arrive(counter, work, key, **there)
        task = {"task_id": seen.body["arrival"]["task_id"]}
        assert seen.body["arrival"] == there | {"at": "2026-11-23T12:10:00.000Z"} | task
        assert seen.body["status"] == "READY"
    told = [one["data"] for one in counter.doors.timeline(order_id) if one["event"] == "FulfillmentOrderArrival"]
    ids = {"order_id": order_id, "fulfillment_order_id": work, "node_id": "S1", "external_id": "web-7"}
    assert told == [ids | {"state": "in_transit", "bay": None, "vehicle": None}, ids | there]
    late = arrive(counter, work, state="in_transit")
    assert (late.status, late.body["code"]) == (409, "already_done")
    assert counter.hand_over(work).status == 200
    with counter.doors.world.unchanged():
        over = arrive(counter, work, state="at_store")
    assert (over.status, over.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("F6")
def test_only_the_channel_of_the_order_says_so_and_only_of_goods_that_are_ready(counter: Counter):
    _, work = counter.opened()
    _, parcel = counter.opened(line("B", 1), external_id="p")
    with counter.doors.world.unchanged():
        for one in (work, parcel):
            assert arrive(counter, one, state="at_store").body["code"] == "action_not_available"
        assert arrive(counter, "ful_none_1", state="at_store").status == 404
        counter_staff = ("fulfillment.write", "node.S1")
        assert arrive(counter, work, state="at_store", scopes=counter_staff).status == 403
        other = ("orders.write", "channel.marketplace")
        assert arrive(counter, work, state="at_store", scopes=other).status == 403
        assert arrive(counter, work, state="nearby").pointers == ["/state"]


@pytest.mark.capability("F6")
def test_a_customer_says_so_by_a_link_that_opens_nothing_else(counter: Counter):
    counter.rules({"id": "all", "open_days": 2, "curbside": True})
    order_id, work = counter.ready()
    link, doors = counter.link(order_id), counter.doors
    api = doors.api("fulfillment")
    assert link.split("/")[-1] not in str([doors.timeline(order_id), doors.see(order_id)])
    page = {"ready": True, "node_id": "S1", "pickup_by": "2026-11-26T05:00:00.000Z", "arrival": None}
    assert api.send("GET", link, scopes=()).body == page
    for _ in range(2):
        said = api.send("POST", link, {"state": "at_curbside", "bay": "1"}, key="k", scopes=())
        there = {"state": "at_curbside", "at": "2026-11-23T12:00:00.000Z", "bay": "1", "vehicle": None}
        there["task_id"] = said.body["arrival"]["task_id"]
        assert (said.status, said.body) == (200, page | {"arrival": there})
    assert counter.told(order_id).count("FulfillmentOrderArrival") == 1
    assert doors.world.work(work).arrival is not None
    with doors.world.unchanged():
        for name in ("acme.arr_0", "acme.", "other", f"{link.split('/')[-1]}0"):
            for method in ("GET", "POST"):
                body = {"state": "at_store"} if method == "POST" else None
                assert api.send(method, f"/v1/arrivals/{name}", body, scopes=()).status == 404
    assert counter.hand_over(work).status == 200
    assert api.send("GET", link, scopes=()).body["ready"] is False
    refused = api.send("POST", link, {"state": "at_store"}, scopes=())
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    doors.world.clock.advance(days=90)
    assert api.send("GET", link, scopes=()).status == 404


TIMED = {"id": "all", "curbside": True, "arrival": {"minutes": 10, "remind_percent": [50], "escalate_percent": 150}}


def tasks_at(counter: Counter, node_id: str = "S1") -> list[tuple[Any, ...]]:
    """Kind, reason, bay, and when it is due, of each task in the store's queue."""
    queue = counter.doors.api("capacity").get(f"/v1/nodes/{node_id}/tasks")
    assert queue.status == 200, queue.body
    found = [one["task"] for one in queue.body["entries"] if one["task"]]
    return [(one["kind"], one["reason"], one["subjects"].get("bay"), one["due_at"]) for one in found]


def wake(counter: Counter, order_id: str, work: str, minutes: int) -> int:
    """What is due some minutes later is taken; for how many minutes the workflow waits then."""
    counter.doors.world.clock.advance(minutes=minutes)
    said = counter.doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work)
    assert said["then"] == "WAIT_ON"
    return int(said["wait_seconds"]) // 60


@pytest.mark.capability("F6", whole=True)
def test_a_customer_at_the_curb_is_a_task_with_a_timer_until_the_goods_are_handed_over(counter: Counter):
    counter.rules(TIMED)
    doors = counter.doors
    order_id, work = counter.ready(collected("A", 2))
    arrived = f"/v1/arrivals/{counter.link(order_id).split('/')[-1]}"
    api = doors.api("fulfillment")
    assert api.send("POST", arrived, {"state": "in_transit"}, scopes=()).status == 200
    assert tasks_at(counter) == []
    there = {"state": "at_curbside", "bay": "3"}
    for key in ("k1", "k1", "k2"):
        assert api.send("POST", arrived, there, key=key, scopes=()).status == 200
    due = "2026-11-23T12:10:00.000Z"
    assert tasks_at(counter) == [("CUSTOMER_ARRIVED", "AT_CURBSIDE", "3", due)]
    seen = doors.see(order_id)["fulfillment_orders"][0]
    assert (seen["arrival"]["state"], seen["deadlines"]) == (
        "at_curbside",
        [{"kind": "ARRIVAL", "at": due, "next_at": None}],
    )
    # Its workflow may sleep for a day: it is woken to sleep until the reminder.
    before = len(doors.world.continued)
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderArrival")) == []
    assert doors.world.continued[before:] == [(f"token-{work}", Outcome.DUE_EARLIER)]
    assert wake(counter, order_id, work, 0) == 5
    assert wake(counter, order_id, work, 5) == 10
    assert wake(counter, order_id, work, 10) == 1_440
    with doors.world.unchanged():
        wake(counter, order_id, work, 0)
    kinds = ("FulfillmentOrderReminded", "FulfillmentOrderEscalated")
    told = [(row["event"], row["data"]) for row in doors.timeline(order_id) if row["event"] in kinds]
    assert [(name, data.get("deadline") or data["reason"]) for name, data in told] == [
        ("FulfillmentOrderReminded", "ARRIVAL"),
        ("FulfillmentOrderEscalated", "ARRIVAL_OVERDUE"),
    ]
    care = doors.api("capacity").get("/v1/tasks").body["tasks"]
    assert [(one["kind"], one["reason"]) for one in care] == [("WORK_OVERDUE", "ARRIVAL_OVERDUE")]
    assert counter.hand_over(work).status == 200
    assert tasks_at(counter) == []
    done = doors.api("capacity").get(f"/v1/tasks/{seen['arrival']['task_id']}").body
    assert (done["state"], done["outcome"], done["done_by"]) == ("DONE", "handed_over", "client-1")
    doors.world.check()


@pytest.mark.capability("F6")
def test_the_task_ends_with_a_part_and_begins_anew_with_the_next_arrival(counter: Counter):
    counter.rules(TIMED)
    order_id, work = counter.ready(collected("A", 2))
    first = arrive(counter, work, state="at_store").body["arrival"]["task_id"]
    moved = arrive(counter, work, state="at_curbside", bay="1").body
    # Walking from the door to the curb is no second customer, and the timer runs on.
    assert (moved["arrival"]["task_id"], len(tasks_at(counter))) == (first, 1)
    assert counter.hand_over(work, lines=[{"line_no": 1, "quantity": 1}]).body["arrival"] is None
    assert (tasks_at(counter), counter.doors.see(order_id)["fulfillment_orders"][0]["deadlines"]) == ([], [])
    counter.doors.world.clock.advance(minutes=30)
    second = arrive(counter, work, state="at_store").body["arrival"]["task_id"]
    assert tasks_at(counter) == [("CUSTOMER_ARRIVED", "AT_STORE", None, "2026-11-23T12:40:00.000Z")]
    task = counter.doors.api("capacity").post(f"/v1/tasks/{second}/completions", {})
    assert (second != first, task.status) == (True, 200)
    # What a person has said to be done is not done again by the hand-over.
    assert counter.hand_over(work).status == 200
    assert counter.doors.api("capacity").get(f"/v1/tasks/{second}").body["outcome"] == "done"


@pytest.mark.capability("F6")
def test_goods_that_do_not_wait_any_more_are_nobodys_task(counter: Counter):
    counter.rules({**TIMED, "open_days": 1})
    order_id, work = counter.ready(collected("A", 1))
    arrive(counter, work, state="at_store")
    assert counter.act(work, "unstage").body["deadlines"] == []
    assert tasks_at(counter) == []
    assert counter.act(work, "stage").status == 200
    arrive(counter, work, "again", state="at_store")
    assert len(tasks_at(counter)) == 1
    counter.doors.world.clock.advance(days=3)
    counter.doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work)
    assert counter.doors.see(order_id)["status"] == "CANCELLED"
    assert tasks_at(counter) == []
    counter.doors.world.check()


@pytest.mark.capability("F6")
def test_without_a_time_by_rule_the_task_has_no_timer(counter: Counter):
    _, work = counter.ready(collected("A", 1))
    arrive(counter, work, state="at_store")
    assert tasks_at(counter) == [("CUSTOMER_ARRIVED", "AT_STORE", None, None)]
    assert counter.hand_over(work).status == 200
    assert tasks_at(counter) == []


@pytest.mark.capability("F6")
def test_a_reminder_comes_before_a_person_is_told(counter: Counter):
    wrong = {"rules": [{"id": "all", "arrival": {"minutes": 5, "remind_percent": [100]}}]}
    with counter.doors.world.unchanged():
        refused = counter.doors.api("rule_sets").put("/v1/collection-rules/usual", wrong)
    assert (refused.status, refused.body["code"]) == (422, "invalid_request")
    assert refused.pointers == ["/rules/0/arrival"]


@pytest.mark.capability("F6", "F2")
def test_goods_that_a_till_sells_to_who_has_come_end_the_task(shop: Doors):
    order_id, work = ready(shop, line("A", 2, tax=83))
    counter = Counter(shop)
    arrive(counter, work, state="at_store")
    assert len(tasks_at(counter)) == 1
    sold = sell(shop, order_id, sold_line("A", 2, tax=83, order_line_no=1), tenders=[card(2083)])
    assert (sold.status, tasks_at(counter)) == (201, [])
    done = shop.api("capacity").get(f"/v1/tasks/{shop.world.work(work).arrival.task_id}").body
    assert (done["state"], done["outcome"]) == ("DONE", "handed_over")
    shop.world.check()
