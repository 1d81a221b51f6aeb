"""Items over HTTP: one by one and in bulk."""

from __future__ import annotations

import json

import pytest

from oms.platform.dynamodb import Database
from oms.registry.store import load_items
from tests.functions.conftest import Api
from tests.functions.test_registry import HEART, stored_events


@pytest.fixture
def api(function) -> Api:
    return Api(function("registry").handler, ("registry.write", "registry.read"))


def test_an_item_is_read_as_it_was_put_with_its_sku_as_written(api: Api, database: Database):
    put = api.put("/v1/items/85123a", HEART)
    assert put.status == 201
    assert put.body == HEART | {
        "sku": "85123a",
        "kind": "stock",
        "unit": "each",
        "minimum_age": None,
        "components": [],
        "when_short": None,
        "preorder": None,
        "activation": None,
        "barcodes": [],
        "locations": {},
        "preparation": None,
        "status": "active",
        "attributes": {},
        "version": 1,
        "available_actions": ["put_item"],
    }
    assert api.get("/v1/items/85123a").body == put.body
    assert api.get("/v1/items/85123A").status == 404
    changed = api.put("/v1/items/85123a", HEART | {"sku": "85123a", "kind": "digital"}, headers={"if-match": "1"})
    assert (changed.status, changed.body["version"]) == (200, 2)
    assert api.put("/v1/items/85123a", HEART).pointers == ["/header/If-Match"]
    assert api.put("/v1/items/85123a", HEART, headers={"if-match": "1"}).status == 409
    assert api.put("/v1/items/85123a", HEART | {"sku": "other"}).pointers == ["/sku"]
    assert [one["meta"]["sequence"] for one in stored_events(database, "ITEM#85123a")] == [1, 2]


@pytest.mark.parametrize("sku", ["gift_0001_20", "BANK CHARGES", "a+b&c=d", "naïve-é", "50%"])
def test_a_sku_may_hold_what_real_files_hold(api: Api, sku: str):
    assert api.put("/v1/items", {"items": [HEART | {"sku": sku}]}).body["accepted"] == 1
    assert api.get(f"/v1/items/{sku}").body["sku"] == sku


def test_items_are_loaded_many_at_a_time_and_each_row_is_answered(api: Api, database: Database):
    rows = [HEART | {"sku": f"SKU-{n:03}"} for n in range(100)]
    rows[7] = HEART | {"sku": "SKU-007", "weight_grams": 1.5}
    rows[9] = rows[8]
    loaded = api.put("/v1/items", {"items": rows}, key="bulk")
    assert (loaded.status, loaded.body["accepted"], loaded.body["refused"]) == (200, 98, 2)
    results = loaded.body["results"]
    assert [result["row"] for result in results] == list(range(100))
    assert [result["row"] for result in results if result["status"] != 201] == [7, 9]
    assert [results[n]["problem"]["errors"][0]["pointer"] for n in (7, 9)] == ["/items/7/weight_grams", "/items/9/sku"]
    items = load_items(database, "acme", [row["sku"] for row in rows])
    assert len(items) == 98
    assert {item.version for item in items.values()} == {1}
    again = api.put("/v1/items", {"items": rows}, key="bulk")
    assert (again.body, again.headers["Idempotency-Replayed"]) == (loaded.body, "true")


def test_a_load_of_known_items_changes_only_what_differs(api: Api, database: Database):
    api.put("/v1/items", {"items": [HEART | {"sku": "A"}, HEART | {"sku": "B"}]})
    loaded = api.put("/v1/items", {"items": [HEART | {"sku": "A"}, HEART | {"sku": "B", "unit": "set"}]})
    assert [(row["sku"], row["status"], row["version"]) for row in loaded.body["results"]] == [
        ("A", 200, 1),
        ("B", 200, 2),
    ]
    # An event of its own continues the item's own count, whatever bulk loads happened in between.
    api.put("/v1/items/B", HEART | {"unit": "box"}, headers={"if-match": "2"})
    (event,) = stored_events(database, "ITEM#B")
    assert (event["meta"]["sequence"], event["data"]["item"]["version"]) == (1, 3)


def test_a_load_of_items_is_one_event_with_what_changed(api: Api, database: Database):
    api.put("/v1/items", {"items": [HEART | {"sku": "A"}]})
    api.put("/v1/items", {"items": [HEART | {"sku": "A"}, HEART | {"sku": "B"}]})
    rows = database.client.scan(TableName="EventsTable")["Items"]
    details = [json.loads(row["detail"]["S"]) for row in rows]
    assert sorted((one["meta"]["type"], [item["sku"] for item in one["data"]["items"]]) for one in details) == [
        ("ItemsLoaded", ["A"]),
        ("ItemsLoaded", ["B"]),
    ]


@pytest.mark.capability("G4")
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"barcodes": [{"barcode": "96385074"}, {"barcode": "0000096385074"}]}, "/barcodes"),
        ({"barcodes": [{"barcode": "96385074", "quantity": 0}]}, "/barcodes/0/quantity"),
        ({"barcodes": [{"barcode": ""}]}, "/barcodes/0/barcode"),
        ({"barcodes": ["96385074"]}, "/barcodes/0"),
        ({"locations": {"store-1": ""}}, "/locations/store-1"),
        ({"preparation": ""}, "/preparation"),
    ],
)
def test_codes_and_places_of_an_item_are_checked_before_anything_is_stored(api: Api, changes, pointer: str):
    assert api.put("/v1/items/85123a", HEART | changes).pointers == [pointer]
    assert api.get("/v1/items/85123a").status == 404


@pytest.mark.capability("G4")
def test_an_item_keeps_its_codes_and_where_it_lies(api: Api):
    told = {
        "barcodes": [{"barcode": "96385074", "quantity": 1}, {"barcode": "4006381333931", "quantity": 12}],
        "locations": {"store-1": "A-03-07"},
        "preparation": "assembly",
    }
    assert api.put("/v1/items/85123a", HEART | told).status == 201
    seen = api.get("/v1/items/85123a").body
    assert {name: seen[name] for name in told} == told
