"""Reading orders: filters, cursor, field mask, versions and the timeline, through the API."""

from __future__ import annotations

import uuid

import pytest

from tests.journeys.shop import Shop, line, order

DC = "dc-columbus"


@pytest.mark.capability("O3")
def test_a_list_is_filtered_and_paged_without_gaps(shop: Shop) -> None:
    sku = shop.new_item({DC: 20})
    channel_note = {"attributes": {"batch": uuid.uuid4().hex}}
    placed = [shop.place(order(line(sku, 1, 100), **channel_note)) for _ in range(5)]
    for order_id in placed:
        shop.settled(order_id)

    seen: list[str] = []
    cursor = None
    while not set(placed) <= set(seen):
        query = "limit=2&status=COMPLETED&channel=web&payment_status=CAPTURED"
        page = shop.get(f"/v1/orders?{query}" + (f"&cursor={cursor}" if cursor else ""))
        assert len(page["orders"]) <= 2
        assert all(found["status"] == "COMPLETED" for found in page["orders"])
        seen += [found["id"] for found in page["orders"]]
        cursor = page["next_cursor"]
        assert cursor is not None or set(placed) <= set(seen)

    assert len(seen) == len(set(seen))
    assert [found for found in seen if found in placed] == list(reversed(placed))
    none = shop.get("/v1/orders?status=CANCELLED&channel=nobody")
    assert none["orders"] == []


@pytest.mark.capability("O3")
def test_a_field_mask_shows_only_what_was_asked_for(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    document = order(line(sku, 1, 100))
    order_id = shop.place(document)

    assert set(shop.get(f"/v1/orders/{order_id}?fields=id,external_id,totals")) == {"id", "external_id", "totals"}
    refused = shop.running.call("acme-web", "GET", f"/v1/orders/{order_id}?fields=id,secret")
    assert (refused.status, refused.json()["errors"][0]["pointer"]) == (422, "/query/fields")
    found = shop.get(f"/v1/orders?external_id={document['external_id']}&channel=web")["orders"]
    assert [entry["id"] for entry in found] == [order_id]


@pytest.mark.capability("O3")
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=LOST", "/query/status"),
        ("limit=0", "/query/limit"),
        ("limit=x", "/query/limit"),
        ("placed_from=yesterday", "/query/placed_from"),
        ("cursor=nonsense", "/query/cursor"),
        ("colour=red", "/query/colour"),
    ],
)
def test_a_wrong_filter_is_refused_by_name(shop: Shop, query: str, pointer: str) -> None:
    answer = shop.running.call("acme-web", "GET", f"/v1/orders?{query}")
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.capability("B5")
def test_the_timeline_says_who_did_what_when_and_why_and_nothing_is_missing(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    order_id = shop.place(order(line(sku, 1, 100)))
    shop.settled(order_id)

    events = shop.get(f"/v1/orders/{order_id}/timeline")["events"]

    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    for event in events:
        assert event["actor"]
        assert event["role"] in ("client", "system", "node")
        assert event["correlation_id"]
        assert event["causation_id"]
        assert event["channel"] == "web"
        assert "reason" in event
    by_name = {event["event"]: event for event in events}
    assert by_name["OrderPlaced"]["changes"]["status"] == [None, "CONFIRMED"]
    assert by_name["ShipmentShipped"]["changes"]["status"][1] == "COMPLETED"
    assert by_name["ShipmentShipped"]["actor"] == f"node:{DC}"
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        tried = shop.running.call("acme-operator", method, f"/v1/orders/{order_id}/timeline", {}, key="k")
        assert tried.status in (404, 405)
