"""Lists of orders: filters, pages that go on where they stopped, and queries that mean nothing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.functions.conftest import Api
from tests.order_doors import Doors, doors
from tests.order_world import CHANNEL, World, document, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def history(world: World) -> list[str]:
    """Seven orders over three days, oldest first: the third in review, the fifth cancelled, the last in the app."""
    ids = []
    any_channel = replace(CHANNEL, permissions=frozenset({"orders.write"}))
    for number in range(7):
        if number in (3, 5):
            world.clock.advance(days=1)
        more: dict[str, Any] = {"cards": ()} if number == 2 else {"channel": "app"} if number == 6 else {}
        content = document(line("A", 1), external_id=str(number), **more)
        ids.append(str(world.place(content, principal=any_channel).body["id"]))
        world.clock.advance(seconds=1)
    world.cancel(ids[4])
    return ids


@pytest.mark.capability("O3")
def test_a_list_goes_from_new_to_old_page_by_page(doors: Doors, history: list[str]):
    api = doors.api("read_orders")
    whole = api.get("/v1/orders").body
    assert [order["id"] for order in whole["orders"]] == history[::-1]
    assert whole["next_cursor"] is None
    for limit in (1, 2, 3, 7):
        found, url, pages = [], f"/v1/orders?limit={limit}", 0
        while url:
            page = api.get(url).body
            assert len(page["orders"]) <= limit
            found += [order["id"] for order in page["orders"]]
            cursor, pages = page["next_cursor"], pages + 1
            url = f"/v1/orders?limit={limit}&cursor={cursor}" if cursor else ""
        assert found == history[::-1]
        assert pages <= 7 // limit + 2


@pytest.mark.capability("O3")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=PENDING_REVIEW", [2]),
        ("status=CANCELLED", [4]),
        ("status=CONFIRMED&limit=2", [6, 5]),
        ("payment_status=UNPAID", [2]),
        ("fulfillment_status=FULFILLED", []),
        ("channel=app", [6]),
        ("placed_from=2026-11-24&placed_to=2026-11-24", [4, 3]),
        ("placed_to=2026-11-23", [2, 1, 0]),
        ("placed_from=2026-11-26", []),
        ("external_id=4&channel=web", [4]),
        ("external_id=4&channel=app", []),
    ],
)
def test_filters(doors: Doors, history: list[str], query: str, expected: list[int]):
    found = doors.api("read_orders").get(f"/v1/orders?{query}")
    assert found.status == 200
    assert [order["id"] for order in found.body["orders"]] == [history[number] for number in expected]


def cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


KEYS = {"pk": "T#acme#ORDER#1", "sk": "ORDER", "gsi1pk": "T#acme#ORDERS#2026-11-23", "gsi1sk": "x"}


@pytest.mark.capability("O3")
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("status=DONE", "/query/status"),
        ("payment_status=paid", "/query/payment_status"),
        ("placed_from=yesterday", "/query/placed_from"),
        ("placed_to=0001-01-01", "/query/placed_to"),
        ("placed_from=0001-01-01", "/query/placed_from"),
        ("colour=red", "/query/colour"),
        ("channel=web&external_id=4&colour=red", "/query/colour"),
        ("channel=web&external_id=4&status=CONFIRMED", "/query/status"),
        ("external_id=4&limit=5", "/query/limit"),
        ("cursor=nonsense", "/query/cursor"),
        (f"cursor={cursor([1])}", "/query/cursor"),
        (f"cursor={cursor({'day': 5})}", "/query/cursor"),
        (f"cursor={cursor({'day': 'today'})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', 'pk': 5})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', 'pk': 'T#acme#'})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'pk': 'T#other#ORDER#1'})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'gsi1pk': 'T#other#ORDERS#1'})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'gsi1sk': ''})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-22', **KEYS})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'gsi1pk': 'T#acme#WORK#DC1#OPEN'})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'pk': 'T#acme#' + 'x' * 2100})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'gsi1sk': 'é' * 600})}", "/query/cursor"),
        (f"cursor={cursor({'day': '2026-11-23', **KEYS, 'gsi1sk': chr(0xD83D)})}", "/query/cursor"),
        (f"cursor={cursor({'day': '9999-12-31'})}", "/query/cursor"),
        (f"cursor={base64.urlsafe_b64encode(b'[' * 5000).decode()}", "/query/cursor"),
    ],
)
def test_a_query_that_means_nothing_is_refused_by_name(doors: Doors, query: str, pointer: str):
    refused = doors.api("read_orders").get(f"/v1/orders?{query}")
    assert (refused.status, refused.body["code"], refused.pointers) == (422, "invalid_request", [pointer])


@pytest.mark.parametrize("long", ["x" * 2100, "%C3%A9" * 1100])
@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("read_orders", "/v1/orders/{}"),
        ("read_orders", "/v1/orders/{}/timeline"),
        ("read_orders", "/v1/orders?channel=web&external_id={}"),
        ("fulfillment", "/v1/fulfillment-orders/ful_{}_1"),
        ("fulfillment", "/v1/fulfillment-orders?status=OPEN&node={}"),
    ],
)
def test_an_id_longer_than_any_key_names_nothing(function, name: str, url: str, long: str):
    api = Api(function(name).handler, ("orders.read", "fulfillment.read"))
    missing = api.get(url.format(long))
    assert (missing.status, missing.body["code"]) == (404, "not_found")


@pytest.mark.capability("O3", "B4")
def test_every_row_has_its_version_and_what_may_be_done(doors: Doors, history: list[str]):
    doors.world.cancel(history[0], {1: 1})
    (work,) = doors.world.released(history[1])
    doors.world.act(work, "accept")
    listed = {order["id"]: order for order in doors.api("read_orders").get("/v1/orders").body["orders"]}
    for order_id in history:
        whole = doors.see(order_id)
        assert {name: whole[name] for name in listed[order_id]} == listed[order_id]
    assert [listed[order_id]["available_actions"] for order_id in history[:5]] == [
        [],
        ["cancel"],
        ["review", "cancel"],
        ["cancel"],
        [],
    ]
    one = doors.api("read_orders").get("/v1/orders?channel=web&external_id=1").body["orders"][0]
    assert one == listed[history[1]]
