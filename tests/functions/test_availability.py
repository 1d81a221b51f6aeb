"""What can be had where, over HTTP: 100 SKUs at 100 nodes in one call, the nearest first, closed nodes left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from oms.inventory.model import StockRow
from oms.inventory.rows import new_row
from oms.platform.dynamodb import Database, to_attributes
from tests.functions.conftest import Api
from tests.stock_claims import claim

SCOPES = ("availability.read", "inventory.write", "registry.write")
NEWARK = {"latitude": 40.73, "longitude": -74.17, "country": "US"}
RENO = {"latitude": 39.53, "longitude": -119.81, "country": "US"}


def node(node_id: str, place: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": node_id,
        "kind": "dc",
        "name": node_id,
        "legal_entity": "us",
        "address": {"lines": ["1"], "city": "X", "country": place["country"]},
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        "time_zone": "UTC",
        "journeys": ["ship"],
        **more,
    }


@pytest.fixture
def api(function) -> Api:
    registry = Api(function("registry").handler, SCOPES)
    nodes = [node("east", NEWARK), node("west", RENO), node("shop", NEWARK, kind="store", journeys=["pickup"])]
    registry.put("/v1/nodes", {"nodes": [*nodes, node("shut", NEWARK, status="closed")]}, key="nodes")
    registry.put("/v1/items", {"items": [{"sku": sku, "description": sku} for sku in ("A", "B")]}, key="items")
    return Api(function("inventory").handler, SCOPES)


def stocked(api: Api, **units: int) -> None:
    rows = [{"sku": "A", "node_id": name, "kind": "received", "quantity": count} for name, count in units.items()]
    assert api.post("/v1/inventory/movements", {"movements": rows}).status == 200


def seen(api: Api, **query: str) -> dict[str, Any]:
    answer = api.get(f"/v1/availability?{urlencode(query)}")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.capability("D8")
def test_units_that_can_be_had_are_summed_and_shown_per_node(api: Api, database: Database):
    stocked(api, east=5, west=7, shop=2, shut=50)
    database.commit(claim("reserve", "acme", "A", "east", 5))
    body = seen(api, skus="A,B,none")
    a, b = body["items"]
    assert (a["sku"], a["available"]) == ("A", 9)
    assert [(one["node_id"], one["kind"], one["available"], one["metres"]) for one in a["nodes"]] == [
        ("shop", "store", 2, None),
        ("west", "dc", 7, None),
    ]
    assert (b["sku"], b["available"], b["nodes"]) == ("B", 0, [])
    assert body["unknown_skus"] == ["none"]


def test_the_nearest_node_comes_first_and_only_those_that_serve_the_method(api: Api):
    stocked(api, east=5, west=7, shop=2)
    (item,) = seen(api, skus="A", method="ship", postal_code="94105")["items"]
    assert [one["node_id"] for one in item["nodes"]] == ["west", "east"]
    assert 250_000 < item["nodes"][0]["metres"] < 350_000
    assert item["available"] == 12
    (item,) = seen(api, skus="A", nodes="shop")["items"]
    assert [(one["node_id"], one["available"]) for one in item["nodes"]] == [("shop", 2)]


@pytest.mark.capability("D8")
def test_a_hundred_skus_at_a_hundred_nodes_take_one_call(api: Api, function, database: Database):
    registry = Api(function("registry").handler, SCOPES)
    names = [f"n{number:03}" for number in range(100)]
    skus = [f"S{number:03}" for number in range(100)]
    registry.put("/v1/nodes", {"nodes": [node(name, RENO) for name in names]}, key="many nodes")
    registry.put("/v1/items", {"items": [{"sku": sku, "description": sku} for sku in skus]}, key="many items")
    for n, sku in enumerate(skus):
        for place in (n, n + 1):
            row = new_row("acme", StockRow(sku, names[place % 100], on_hand=n + 1, available=n + 1))
            key = {"pk": row.key.pk, "sk": row.key.sk}
            database.client.put_item(TableName="StockTable", Item=to_attributes({**row.set, **key}))
    body = seen(api, skus=",".join(skus), nodes=",".join(names))
    assert [item["available"] for item in body["items"]] == [2 * (n + 1) for n in range(100)]
    assert all(len(item["nodes"]) == 2 for item in body["items"])


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/query/skus"),
        ({"skus": ""}, "/query/skus"),
        ({"skus": ",".join(f"S{n}" for n in range(101))}, "/query/skus"),
        ({"skus": "A", "method": "teleport"}, "/query/method"),
        ({"skus": "A", "country": "usa"}, "/query/country"),
        ({"skus": "A", "colour": "red"}, "/query/colour"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(api: Api, query: dict[str, str], pointer: str):
    answer = api.get(f"/v1/availability?{urlencode(query)}")
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"].startswith(pointer)


def test_who_has_not_the_scope_learns_nothing(function):
    assert Api(function("inventory").handler, ("inventory.read",)).get("/v1/availability?skus=A").status == 403
