"""The stock ledger over HTTP: every movement with its kind and cause, and their sum is the row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.inventory.model import BUCKETS
from oms.inventory.store import movements_of, rows_of
from oms.platform.cursors import encode_cursor
from oms.platform.dynamodb import Database
from tests.functions.conftest import Api
from tests.stock_claims import AT, claim

SCOPES = (
    *("availability.read", "inventory.write", "inventory.correct", "inventory.read"),
    *("registry.write", "registry.read"),
)
NODE: dict[str, Any] = {
    "kind": "store",
    "name": "A",
    "legal_entity": "us",
    "address": {"lines": ["1"], "city": "X", "country": "US"},
    "latitude": 1,
    "longitude": 2,
    "time_zone": "UTC",
}


@pytest.fixture
def api(function) -> Api:
    """The inventory function, in a tenant with two stores, two items and a service."""
    registry = Api(function("registry").handler, SCOPES)
    registry.put("/v1/nodes", {"nodes": [NODE | {"id": "n1"}, NODE | {"id": "n2"}]}, key="nodes")
    items = [{"sku": "A", "description": "A"}, {"sku": "B", "description": "B"}]
    items.append({"sku": "POST", "description": "Postage", "kind": "non_stock"})
    registry.put("/v1/items", {"items": items}, key="items")
    return Api(function("inventory").handler, SCOPES)


def moved(sku: str, node_id: str, kind: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "node_id": node_id, "kind": kind, "quantity": quantity, **more}


def record(api: Api, *movements: dict[str, Any], **more: Any):
    return api.post("/v1/inventory/movements", {"movements": list(movements)}, **more)


@pytest.mark.capability("D11")
def test_the_stock_ledger_replays_to_the_row(api: Api, database: Database):
    record(api, moved("A", "n1", "received", 10, reason="ASN 7"), moved("A", "n1", "damaged", 3, reason="torn"))
    scrapped = moved("A", "n1", "scrapped", 1, bucket="damaged", reason="torn")
    record(api, scrapped, moved("A", "n1", "adjusted", -2, reason="theft"), moved("A", "n1", "returned", 1))
    entries = list(movements_of(database, "acme", "A", "n1"))
    assert [(entry.kind, entry.quantity, entry.reason) for entry in entries] == [
        ("received", 10, "ASN 7"),
        ("damaged", 3, "torn"),
        ("scrapped", 1, "torn"),
        ("adjusted", -2, "theft"),
        ("returned", 1, None),
    ]
    (row,) = rows_of(database, "acme", "A")
    for bucket in (*BUCKETS, "available"):
        assert row.amount(bucket) == sum(entry.changes.get(bucket, 0) for entry in entries), bucket
    assert all(entry.cause for entry in entries)


@pytest.mark.capability("D11", whole=True)
def test_the_stock_ledger_is_read_newest_first_and_sums_to_the_row(api: Api, database: Database):
    """Every kind of movement, claims included, with its cause, over the API alone."""
    record(api, moved("A", "n1", "received", 10, reason="ASN 7", source="wms", sequence=4))
    damaged, found = moved("A", "n1", "damaged", 3, reason="wet"), moved("A", "n1", "adjusted", -1, reason="theft")
    record(api, damaged, moved("A", "n1", "returned", 2), found)
    database.commit(claim("reserve", "acme", "A", "n1", 4, cause="ord_7", at=AT + timedelta(days=3650)))
    database.commit(claim("allocate", "acme", "A", "n1", 3, cause="ord_7", at=AT + timedelta(days=3651)))
    database.commit(claim("ship", "acme", "A", "n1", 2, cause="shp_7", at=AT + timedelta(days=3652)))
    database.commit(claim("release_reservation", "acme", "A", "n1", 1, cause="ord_7", at=AT + timedelta(days=3653)))
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.get(f"/v1/inventory/A/movements?node_id=n1&limit=2{cursor}").body
        seen += page["movements"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [(one["kind"], one["quantity"]) for one in seen] == [
        ("released", 1),
        ("shipped", 2),
        ("allocated", 3),
        ("reserved", 4),
        ("adjusted", -1),
        ("returned", 2),
        ("damaged", 3),
        ("received", 10),
    ]
    assert [one["cause"] for one in seen[:4]] == ["ord_7", "shp_7", "ord_7", "ord_7"]
    assert (seen[-1]["source"], seen[-1]["sequence"], seen[-1]["reason"]) == ("wms", 4, "ASN 7")
    (row,) = api.get("/v1/inventory/A").body["nodes"]
    for bucket in (*BUCKETS, "available"):
        assert row[bucket] == sum(one["changes"].get(bucket, 0) for one in seen), bucket


def test_a_stock_ledger_is_shown_to_whom_it_belongs(api: Api, function):
    record(api, moved("A", "n1", "received", 10))
    assert api.get("/v1/inventory/A/movements?node_id=n2").body["movements"] == []
    assert api.get("/v1/inventory/nothing/movements?node_id=n1").status == 404
    refused = api.get("/v1/inventory/A/movements")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/query/node_id")
    other = encode_cursor({"sk": "NODE#n2"})
    refused = api.get(f"/v1/inventory/A/movements?node_id=n1&cursor={other}")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/query/cursor")
    store = Api(function("inventory").handler, ("inventory.read", "node.n2"))
    assert store.get("/v1/inventory/A/movements?node_id=n1").status == 404
