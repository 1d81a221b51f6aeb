"""A customer on the way to the counter, or at the curb."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.pickup_doors import Counter

__all__ = ["doors", "world"]
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
        assert seen.body["arrival"] == there | {"at": "2026-11-23T12:10:00.000Z"}
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
