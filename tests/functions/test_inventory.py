"""Stock movements over HTTP: what they do, exactly once, all or nothing, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.inventory.model import StockRow
from oms.inventory.store import rows_of
from oms.platform.dynamodb import Database
from tests.functions.conftest import NOW, Api
from tests.stock_claims import claim

DAY = NOW.date()
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


def stock(database: Database, sku: str = "A") -> dict[str, StockRow]:
    return {row.node_id: row for row in rows_of(database, "acme", sku)}


def events(database: Database) -> list[dict[str, Any]]:
    rows = database.client.scan(TableName="EventsTable")["Items"]
    details = [json.loads(row["detail"]["S"]) for row in rows]
    return [one for one in details if one["meta"]["type"] == "StockMoved"]


@pytest.mark.capability("D1")
def test_movements_fill_the_buckets_and_the_sums_are_shown(api: Api):
    answer = record(
        api,
        moved("A", "n1", "received", 10),
        moved("A", "n1", "damaged", 2, reason="dropped"),
        moved("A", "n1", "safety_changed", 1, reason="season"),
        moved("A", "n2", "received", 4),
        moved("A", "n2", "expected", 20),
    )
    assert answer.status == 200
    assert [row["outcome"] for row in answer.body["movements"]] == ["recorded"] * 5
    read = api.get("/v1/inventory/A")
    assert read.body == {
        "sku": "A",
        "segments": [],
        "nodes": [
            {
                "node_id": "n1",
                "on_hand": 10,
                "reserved": 0,
                "allocated": 0,
                "safety": 1,
                "damaged": 2,
                "quality_control": 0,
                "blocked": 0,
                "in_transit": 0,
                "future": 0,
                "available": 7,
                "deficit": 0,
                "restocked_on": "2026-03-09",
                "version": 1,
            },
            {
                "node_id": "n2",
                "on_hand": 4,
                "reserved": 0,
                "allocated": 0,
                "safety": 0,
                "damaged": 0,
                "quality_control": 0,
                "blocked": 0,
                "in_transit": 0,
                "future": 20,
                "available": 4,
                "deficit": 0,
                "restocked_on": "2026-03-09",
                "version": 1,
            },
        ],
        "totals": {
            "on_hand": 14,
            "reserved": 0,
            "allocated": 0,
            "safety": 1,
            "damaged": 2,
            "quality_control": 0,
            "blocked": 0,
            "in_transit": 0,
            "future": 20,
            "available": 11,
            "deficit": 0,
        },
        "available_actions": ["record_movements"],
    }
    assert api.get("/v1/inventory/B").body["nodes"] == []
    assert api.get("/v1/inventory/unknown").status == 404


def test_a_repeat_is_answered_the_same_and_moves_nothing(api: Api, database: Database):
    first = record(api, moved("A", "n1", "received", 10), key="k1")
    again = record(api, moved("A", "n1", "received", 10), key="k1")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (200, first.body, "true")
    other = record(api, moved("A", "n1", "received", 11), key="k1")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert stock(database)["n1"].on_hand == 10
    assert len(events(database)) == 1


@pytest.mark.capability("D2")
def test_a_source_sequence_makes_repeated_and_late_movements_harmless(api: Api, database: Database):
    def from_pos(number: int, quantity: int) -> dict[str, Any]:
        return moved("A", "n1", "received", quantity, source="pos", sequence=number)

    record(api, from_pos(5, 10))
    answer = record(api, from_pos(5, 10), from_pos(4, 7), from_pos(6, 1))
    assert [row["outcome"] for row in answer.body["movements"]] == ["ignored", "ignored", "recorded"]
    assert stock(database)["n1"].on_hand == 11
    only_repeats = record(api, from_pos(6, 1))
    assert only_repeats.body["movements"][0]["outcome"] == "ignored"
    told_at = "2026-03-09T12:00:00.000Z"
    assert stock(database)["n1"] == StockRow(
        "A", "n1", on_hand=11, available=11, version=2, told_at=told_at, restocked_on=DAY
    )


@pytest.mark.parametrize(
    ("wrong", "pointers", "code"),
    [
        (moved("C", "n1", "received", 1), ["/movements/1/sku"], "unknown_sku"),
        (moved("a", "n1", "received", 1), ["/movements/1/sku"], "unknown_sku"),
        (moved("POST", "n1", "received", 1), ["/movements/1/sku"], "not_stocked"),
        (moved("A", "n3", "received", 1), ["/movements/1/node_id"], "unknown_node"),
        (moved("C", "n3", "received", 1), ["/movements/1/sku", "/movements/1/node_id"], "unknown_sku"),
        (moved("A", "n1", "received", 0), ["/movements/1/quantity"], None),
        (moved("A", "n1", "received", -1), ["/movements/1/quantity"], None),
        (moved("A", "n1", "received", 1.5), ["/movements/1/quantity"], None),
        (moved("A", "n1", "received", 10**9), ["/movements/1/quantity"], None),
        (moved("A", "n1", "received", True), ["/movements/1/quantity"], None),
        (moved("A", "n1", "received", "1"), ["/movements/1/quantity"], None),
        (moved("A", "n1", "shipped", 1), ["/movements/1/kind"], None),
        (moved("A", "n1", "received", 1, sequence=1), ["/movements/1/sequence"], None),
        (moved("A", "n1", "received", 1, colour="red"), ["/movements/1/colour"], "unknown_field"),
    ],
)
def test_one_wrong_row_refuses_the_whole_call(api: Api, database: Database, wrong, pointers, code):
    refused = record(api, moved("A", "n1", "received", 5), wrong)
    assert (refused.status, refused.body["code"], refused.pointers) == (422, "invalid_request", pointers)
    assert code is None or refused.body["errors"][0]["code"] == code
    assert (stock(database), stock(database, "B"), events(database)) == ({}, {}, [])


def test_every_row_that_takes_too_much_is_named_and_nothing_moves(api: Api, database: Database):
    record(api, moved("A", "n1", "received", 5))
    before = stock(database)
    refused = record(
        api,
        moved("B", "n1", "received", 5),
        moved("A", "n1", "damaged", 6, reason="wet"),
        moved("A", "n2", "adjusted", -1, reason="theft"),
    )
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert refused.pointers == ["/movements/1/quantity", "/movements/2/quantity"]
    assert (stock(database), stock(database, "B")) == (before, {})
    assert len(events(database)) == 1


@pytest.mark.capability("D1")
def test_an_adjustment_below_what_is_promised_shows_the_deficit(api: Api, database: Database):
    record(api, moved("A", "n1", "received", 5))
    database.commit(claim("reserve", "acme", "A", "n1", 4))
    assert record(api, moved("A", "n1", "damaged", 6, reason="wet")).status == 409
    answer = record(api, moved("A", "n1", "adjusted", -3, reason="stolen"))
    assert (answer.status, answer.body["movements"][0]["deficit"]) == (200, 2)
    assert api.get("/v1/inventory/A").body["totals"]["deficit"] == 2
    assert [event["data"]["shortages"] for event in events(database) if event["data"]["shortages"]] == [
        [{"sku": "A", "segment": None, "node_id": "n1", "deficit": 2}]
    ]


def test_a_call_too_large_for_one_transaction_is_recorded_once_in_parts(api: Api, database: Database, function):
    rows = [moved("A", f"s{n}", "received", n + 1) for n in range(60)]
    registry = Api(function("registry").handler, SCOPES)
    registry.put("/v1/nodes", {"nodes": [NODE | {"id": f"s{n}"} for n in range(60)]}, key="more")
    answer = record(api, *rows, key="large")
    assert answer.status == 200
    assert [row["node_id"] for row in answer.body["movements"]] == [f"s{n}" for n in range(60)]
    again = record(api, *rows, key="large")
    assert (again.body, again.headers["Idempotency-Replayed"]) == (answer.body, "true")
    assert record(api, *rows[:59], key="large").body["code"] == "idempotency_key_reused"
    assert {node_id: row.on_hand for node_id, row in stock(database).items()} == {f"s{n}": n + 1 for n in range(60)}
    assert len(events(database)) == 2


def test_a_caller_of_one_store_moves_and_sees_its_own_stock_only(api: Api, database: Database):
    record(api, moved("A", "n1", "received", 5), moved("A", "n2", "received", 7))
    own = ("inventory.write", "inventory.read", "node.n1")
    refused = record(api, moved("A", "n2", "received", 1), scopes=own)
    assert (refused.status, refused.pointers) == (422, ["/movements/0/node_id"])
    assert record(api, moved("A", "n1", "received", 1), scopes=own).status == 200
    assert api.get("/v1/inventory/A", scopes=own).body["totals"]["on_hand"] == 6
    assert api.get("/v1/inventory/A").body["totals"]["on_hand"] == 13


def test_scope_tenant_and_key_are_needed(api: Api, database: Database):
    row = moved("A", "n1", "received", 5)
    assert record(api, row, scopes=("inventory.read",)).status == 403
    assert record(api, row, key="").body["code"] == "idempotency_key_missing"
    assert record(api, row, tenant="other").pointers == ["/movements/0/sku", "/movements/0/node_id"]
    assert api.get("/v1/inventory/A", scopes=("inventory.write",)).status == 403
    assert api.get("/v1/inventory/A", tenant="other").status == 404
    assert record(api, *[row] * 501).status == 413
    assert record(api).status == 422
    assert stock(database) == {}


def test_a_node_made_after_the_first_call_can_be_used_at_once(api: Api, function):
    record(api, moved("A", "n1", "received", 5))
    registry = Api(function("registry").handler, SCOPES)
    registry.put("/v1/nodes/n9", NODE, key="n9")
    assert record(api, moved("A", "n9", "received", 5)).status == 200
