"""Nodes over HTTP: effective dates, bulk loads; and what every call of the registry refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oms.platform.dynamodb import Database
from oms.platform.events import events_partition
from oms.registry.model import Node
from oms.registry.store import load_items, load_nodes
from tests.functions.conftest import NOW, Api

STORE: dict[str, Any] = {
    "kind": "store",
    "name": "Fifth Avenue",
    "legal_entity": "us",
    "address": {"lines": ["1 Fifth Ave"], "city": "New York", "postal_code": "10003", "country": "US"},
    "latitude": 40.731,
    "longitude": -73.996512,
    "time_zone": "America/New_York",
    "hours": {"monday": [["09:00", "21:00"]], "saturday": [["20:00", "02:00"]]},
    "holidays": [{"date": "2026-12-25"}, {"date": "2026-12-24", "hours": [["09:00", "14:00"]], "name": "Eve"}],
    "skills": ["gift_wrap"],
    "journeys": ["ship", "pickup", "returns"],
    "contact": {"name": "Ann", "phone": "+1 212 555 0100", "email": "ann@example.com"},
    "attributes": {"floor": 2, "tags": ["flagship"]},
}
HEART: dict[str, Any] = {"description": "White heart", "weight_grams": 120, "tax_category": "standard"}


@pytest.fixture
def api(function) -> Api:
    return Api(function("registry").handler, ("registry.write", "registry.read"))


def in_days(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def nothing_stored(database: Database) -> bool:
    return load_nodes(database, "acme", NOW + timedelta(days=9999)) == [] and not load_items(
        database, "acme", ["85123A", "22423"]
    )


def stored_events(database: Database, entity: str) -> list[dict[str, Any]]:
    rows = database.query("events", events_partition("acme", entity))
    return [json.loads(str(row["detail"])) for row in rows]


@pytest.mark.capability("R7")
def test_a_node_is_read_as_it_was_put(api: Api):
    put = api.put("/v1/nodes/store-1", STORE)
    assert put.status == 201
    read = api.get("/v1/nodes/store-1")
    assert read.status == 200
    assert read.body == put.body
    assert {name: read.body[name] for name in STORE} == STORE | {
        "address": {**STORE["address"], "region": None},
        "hours": {
            day: STORE["hours"].get(day, [])
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        },
        "holidays": [{"date": "2026-12-25", "hours": [], "name": None}, STORE["holidays"][1]],
    }
    assert (read.body["id"], read.body["version"], read.body["in_force"]) == ("store-1", 1, 1)
    assert read.body["effective_from"] == "2026-03-09T12:00:00.000Z"
    assert read.body["available_actions"] == ["put_node"]
    assert read.body["upcoming"] == []


def test_coordinates_are_stored_as_integers(api: Api, database: Database):
    api.put("/v1/nodes/store-1", STORE)
    (node,) = load_nodes(database, "acme", NOW)
    assert (node.latitude_microdegrees, node.longitude_microdegrees) == (40731000, -73996512)


@pytest.mark.capability("R7")
def test_a_planned_change_holds_from_its_instant_and_may_be_replaced_until_then(api: Api, clock):
    api.put("/v1/nodes/store-1", STORE)
    later = STORE | {"name": "Renovated", "effective_from": in_days(10)}
    planned = api.put("/v1/nodes/store-1", later, headers={"if-match": "1"})
    assert planned.status == 200
    assert (planned.body["name"], planned.body["version"], planned.body["in_force"]) == ("Fifth Avenue", 2, 1)
    assert [(one["name"], one["effective_from"]) for one in planned.body["upcoming"]] == [
        ("Renovated", "2026-03-19T12:00:00.000Z")
    ]
    replaced = api.put("/v1/nodes/store-1", later | {"name": "Rebuilt"}, headers={"if-match": '"2"'})
    assert [one["name"] for one in replaced.body["upcoming"]] == ["Rebuilt"]

    assert api.get(f"/v1/nodes/store-1?at={in_days(9)}").body["name"] == "Fifth Avenue"
    assert api.get(f"/v1/nodes/store-1?at={in_days(10)}").body["name"] == "Rebuilt"
    clock.advance(days=11)
    now = api.get("/v1/nodes/store-1")
    assert (now.body["name"], now.body["version"], now.body["in_force"], now.body["upcoming"]) == ("Rebuilt", 3, 3, [])
    assert api.get(f"/v1/nodes/store-1?at={in_days(1)}").body["name"] == "Fifth Avenue"


def test_a_change_that_would_alter_the_past_is_refused(api: Api):
    api.put("/v1/nodes/store-1", STORE | {"effective_from": in_days(-30)})
    refused = api.put(
        "/v1/nodes/store-1", STORE | {"name": "X", "effective_from": in_days(-1)}, headers={"if-match": "1"}
    )
    assert (refused.status, refused.pointers) == (422, ["/effective_from"])
    assert api.get(f"/v1/nodes/store-1?at={in_days(-1)}").body["name"] == "Fifth Avenue"


def test_a_node_that_begins_later_is_shown_as_planned(api: Api):
    put = api.put("/v1/nodes/store-9", STORE | {"effective_from": in_days(5)})
    assert (put.status, put.body["in_force"], put.body["version"]) == (201, None, 1)
    assert api.get("/v1/nodes").body["nodes"] == []
    assert [one["id"] for one in api.get(f"/v1/nodes?at={in_days(5)}").body["nodes"]] == ["store-9"]


def test_a_change_names_the_version_it_was_made_from(api: Api):
    api.put("/v1/nodes/store-1", STORE)
    missing = api.put("/v1/nodes/store-1", STORE | {"name": "B"})
    assert (missing.status, missing.body["code"], missing.pointers) == (422, "invalid_request", ["/header/If-Match"])
    stale = api.put("/v1/nodes/store-1", STORE | {"name": "B"}, headers={"if-match": "7"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert api.put("/v1/nodes/new", STORE, headers={"if-match": "1"}).status == 409
    assert api.put("/v1/nodes/store-1", STORE, headers={"if-match": "one"}).pointers == ["/header/If-Match"]
    assert api.get("/v1/nodes/store-1").body["version"] == 1


def test_the_same_call_twice_is_answered_the_same_and_stored_once(api: Api, database: Database):
    first = api.put("/v1/nodes/store-1", STORE, key="k1")
    again = api.put("/v1/nodes/store-1", STORE, key="k1")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, first.body, "true")
    other = api.put("/v1/nodes/store-1", STORE | {"name": "B"}, key="k1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    other_target = api.put("/v1/nodes/store-2", STORE, key="k1")
    assert (other_target.status, other_target.body["code"]) == (422, "idempotency_key_reused")
    assert [node.id for node in load_nodes(database, "acme", NOW)] == ["store-1"]
    assert len(stored_events(database, "NODE#store-1")) == 1


def test_putting_what_is_there_already_makes_no_version(api: Api, database: Database):
    api.put("/v1/nodes/store-1", STORE)
    again = api.put("/v1/nodes/store-1", STORE, headers={"if-match": "1"})
    assert (again.status, again.body["version"]) == (200, 1)
    assert len(stored_events(database, "NODE#store-1")) == 1


def test_each_change_of_a_node_is_an_event(api: Api, database: Database):
    api.put("/v1/nodes/store-1", STORE)
    api.put("/v1/nodes/store-1", STORE | {"status": "closed"}, headers={"if-match": "1", "x-reason": "lease ended"})
    first, second = stored_events(database, "NODE#store-1")
    assert [one["meta"]["sequence"] for one in (first, second)] == [1, 2]
    assert (second["meta"]["type"], second["meta"]["tenant"], second["meta"]["legal_entity"]) == (
        "NodeChanged",
        "acme",
        "us",
    )
    assert second["meta"]["reason"] == "lease ended"
    assert Node.model_validate(second["data"]["node"]).status == "closed"
    assert second["data"]["node"]["effective_from"] == "2026-03-09T12:00:00.000Z"


@pytest.mark.capability("R7")
def test_a_bulk_load_accepts_and_refuses_row_by_row(api: Api, database: Database):
    rows = [
        STORE | {"id": "store-1"},
        STORE | {"id": "store-2", "time_zone": "Nowhere/City"},
        STORE | {"id": "store-3", "surprise": 1},
        "not a node",
        STORE | {"id": "dc-1", "kind": "dc", "hours": None},
    ]
    loaded = api.put("/v1/nodes", {"nodes": rows}, key="bulk-1")
    assert loaded.status == 200
    assert (loaded.body["accepted"], loaded.body["refused"]) == (2, 3)
    assert [(row["row"], row["id"], row["status"]) for row in loaded.body["results"]] == [
        (0, "store-1", 201),
        (1, "store-2", 422),
        (2, "store-3", 422),
        (3, None, 422),
        (4, "dc-1", 201),
    ]
    assert [row["problem"]["errors"][0]["pointer"] for row in loaded.body["results"] if "problem" in row] == [
        "/nodes/1/time_zone",
        "/nodes/2/surprise",
        "/nodes/3",
    ]
    again = api.put("/v1/nodes", {"nodes": rows}, key="bulk-1")
    assert (again.body, again.headers["Idempotency-Replayed"]) == (loaded.body, "true")
    changed = api.put("/v1/nodes", {"nodes": rows[:1]}, key="bulk-1")
    assert (changed.status, changed.body["code"]) == (422, "idempotency_key_reused")
    # Bulk rows overwrite without naming a version.
    upsert = api.put("/v1/nodes", {"nodes": [STORE | {"id": "dc-1", "kind": "dc", "name": "Big"}]})
    assert [(row["status"], row["version"]) for row in upsert.body["results"]] == [(200, 2)]
    assert [(node.id, node.name) for node in load_nodes(database, "acme", NOW)] == [
        ("dc-1", "Big"),
        ("store-1", "Fifth Avenue"),
    ]


@pytest.mark.capability("R7", whole=True)
def test_the_registry_holds_every_kind_of_node_as_it_is_and_as_it_will_be(api: Api, clock):
    kinds = ("dc", "store", "supplier", "pickup_point")
    rows = [STORE | {"id": f"{kind}-1", "kind": kind} for kind in kinds]
    assert api.put("/v1/nodes", {"nodes": rows}).body["accepted"] == 4
    for row in rows:
        read = api.get(f"/v1/nodes/{row['id']}").body
        for name in ("kind", "latitude", "longitude", "time_zone", "skills", "journeys", "contact", "legal_entity"):
            assert read[name] == row[name]
        assert (read["hours"]["saturday"], read["holidays"][0]["date"]) == ([["20:00", "02:00"]], "2026-12-25")
    moved = rows[1] | {"latitude": 41, "longitude": -73.5, "effective_from": in_days(3)}
    assert api.put("/v1/nodes/store-1", moved, headers={"if-match": "1"}).status == 200
    assert api.get("/v1/nodes/store-1").body["latitude"] == 40.731
    assert [node["latitude"] for node in api.get("/v1/nodes?kind=store").body["nodes"]] == [40.731]
    clock.advance(days=3)
    assert api.get("/v1/nodes/store-1").body["latitude"] == 41
    assert [node["latitude"] for node in api.get("/v1/nodes?kind=store").body["nodes"]] == [41]


@pytest.mark.parametrize("long", ["x" * 2100, "%C3%A9" * 1100])
@pytest.mark.parametrize("kind", ["nodes", "items"])
def test_an_id_longer_than_any_key_names_nothing(api: Api, kind: str, long: str):
    assert api.get(f"/v1/{kind}/{long}").body["code"] == "not_found"
    assert api.put(f"/v1/{kind}/{long}", STORE if kind == "nodes" else HEART).body["code"] == "invalid_request"


def test_too_many_rows_are_refused_whole(api: Api, database: Database):
    small = {"id": "x"}
    assert api.put("/v1/nodes", {"nodes": [small] * 201}).status == 413
    assert api.put("/v1/items", {"items": [{"sku": "x"}] * 501}).status == 413
    assert api.put("/v1/nodes", {"nodes": []}).status == 422
    assert nothing_stored(database)


@pytest.mark.capability("R7")
def test_nodes_are_listed_by_kind_and_page(api: Api):
    rows = [STORE | {"id": f"store-{n}"} for n in range(3)] + [STORE | {"id": "dc-1", "kind": "dc"}]
    api.put("/v1/nodes", {"nodes": rows})
    first = api.get("/v1/nodes?limit=3").body
    assert [node["id"] for node in first["nodes"]] == ["dc-1", "store-0", "store-1"]
    second = api.get(f"/v1/nodes?limit=3&cursor={first['next_cursor']}").body
    assert ([node["id"] for node in second["nodes"]], second["next_cursor"]) == (["store-2"], None)
    assert [node["id"] for node in api.get("/v1/nodes?kind=dc").body["nodes"]] == ["dc-1"]
    assert first["nodes"][0]["version"] == 1
    wrong = api.get("/v1/nodes?limit=0&kind=ship&at=yesterday&page=2")
    assert (wrong.status, sorted(wrong.pointers)) == (422, ["/query/at", "/query/kind", "/query/limit", "/query/page"])


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PUT", "/v1/nodes", {"nodes": []}),
        ("PUT", "/v1/nodes/store-1", STORE),
        ("PUT", "/v1/items", {"items": []}),
        ("PUT", "/v1/items/A", HEART),
        ("GET", "/v1/nodes", None),
        ("GET", "/v1/nodes/store-1", None),
        ("GET", "/v1/items/A", None),
    ],
)
def test_without_the_scope_nothing_is_told(api: Api, database: Database, method: str, url: str, body: Any):
    other = "registry.read" if method == "PUT" else "registry.write"
    assert api.send(method, url, body, scopes=(other,)).status == 403
    assert api.send(method, url, body, scopes=()).status == 401
    assert nothing_stored(database)


def test_one_tenant_sees_nothing_of_another(api: Api):
    api.put("/v1/nodes/store-1", STORE)
    api.put("/v1/items/85123A", HEART)
    for url in ("/v1/nodes/store-1", "/v1/items/85123A"):
        assert api.get(url, tenant="other").status == 404
    assert api.get("/v1/nodes", tenant="other").body["nodes"] == []
    assert api.put("/v1/nodes/store-1", STORE, tenant="other").status == 201


@pytest.mark.parametrize(
    ("body", "headers", "key", "status", "code"),
    [
        ("{not json", {}, None, 400, "malformed_json"),
        (STORE, {}, "", 400, "idempotency_key_missing"),
        ("[]", {}, None, 422, "invalid_request"),
        (json.dumps(STORE).replace("40.731", "1e999999"), {}, None, 422, "invalid_request"),
        (json.dumps(STORE).replace("40.731", "-1e99999999999999999999"), {}, None, 400, "malformed_json"),
        (STORE | {"effective_from": "0001-01-01T00:00:00+14:00"}, {}, None, 422, "invalid_request"),
        (STORE | {"attributes": {"a": 1.5}}, {}, None, 422, "invalid_request"),
        (STORE | {"name": "4111 1111 1111 1111"}, {}, None, 422, "card_number_found"),
        (STORE | {"id": "store-2"}, {}, None, 422, "invalid_request"),
        (STORE | {"attributes": {"x": "y" * 262_144}}, {}, None, 413, "too_large"),
    ],
)
def test_a_bad_put_stores_nothing(api: Api, database: Database, body: Any, headers, key, status: int, code: str):
    refused = api.put("/v1/nodes/store-1", body, headers=headers, key=key)
    assert (refused.status, refused.body["code"]) == (status, code)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert nothing_stored(database)
