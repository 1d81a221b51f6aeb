"""Kits in the registry, over HTTP: what they are made of, and what no kit can be."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.dynamodb import Database
from tests.functions.conftest import Answer, Api
from tests.functions.test_registry import stored_events

POT, CUP, TRAY = ({"sku": sku, "description": sku.title()} for sku in ("POT", "CUP", "TRAY"))
SET = {
    "sku": "SET",
    "description": "Tea set",
    "kind": "kit",
    "components": [{"sku": "POT", "quantity": 1}, {"sku": "CUP", "quantity": 4}],
    "when_short": "reject",
}


@pytest.fixture
def api(function) -> Api:
    made = Api(function("registry").handler, ("registry.write", "registry.read"))
    loaded = made.put("/v1/items", {"items": [POT, CUP, TRAY, {"sku": "CARD", "description": "x", "kind": "digital"}]})
    assert loaded.body["accepted"] == 4
    return made


def put(api: Api, version: int = 0, **changes: Any) -> Answer:
    return api.put("/v1/items/SET", {**SET, **changes}, headers={"if-match": str(version)})


def codes(answer: Answer) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.body["errors"]]


@pytest.mark.capability("D13")
def test_a_kit_is_read_as_it_was_put_and_may_be_made_of_other_things_later(api: Api, database: Database):
    made = put(api)
    assert made.status == 201
    assert made.body == SET | {
        "barcodes": [],
        "locations": {},
        "preparation": None,
        "preorder": None,
        "activation": None,
        "unit": "each",
        "weight_grams": None,
        "tax_category": None,
        "minimum_age": None,
        "status": "active",
        "attributes": {},
        "version": 1,
        "available_actions": ["put_item"],
    }
    assert api.get("/v1/items/SET").body == made.body
    other = put(api, 1, components=[{"sku": "TRAY", "quantity": 1}])
    assert (other.status, other.body["version"]) == (200, 2)
    (_, told) = stored_events(database, "ITEM#SET")
    assert (told["meta"]["version"], told["data"]["item"]["components"]) == (6, [{"sku": "TRAY", "quantity": 1}])


def many(count: int) -> list[dict[str, Any]]:
    return [{"sku": f"P-{n}", "quantity": 1} for n in range(count)]


@pytest.mark.capability("D13")
@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"components": [{"sku": "LID", "quantity": 1}]}, [("/components/0/sku", "unknown_sku")]),
        ({"components": [{"sku": "SET", "quantity": 1}]}, [("/components/0/sku", "not_itself")]),
        ({"components": [{"sku": "OTHER", "quantity": 1}]}, [("/components/0/sku", "not_stocked")]),
        ({"components": [{"sku": "CARD", "quantity": 1}]}, [("/components/0/sku", "not_stocked")]),
        ({"components": [*SET["components"], SET["components"][1]]}, [("/components/2/sku", "repeated")]),
        ({"components": []}, [("/components", "required")]),
        ({"components": many(11)}, [("/components", "too_long")]),
        ({"components": [{"sku": "POT", "quantity": 0}]}, [("/components/0/quantity", "greater_than_equal")]),
        ({"components": [{"sku": "POT", "quantity": 1_001}]}, [("/components/0/quantity", "less_than_equal")]),
        ({"components": [{"sku": "POT", "quantity": 1.5}]}, [("/components/0/quantity", "invalid_value")]),
        ({"when_short": None}, [("/when_short", "required")]),
        ({"when_short": "wait"}, [("/when_short", "literal_error")]),
        ({"kind": "stock"}, [("/components", "not_allowed"), ("/when_short", "not_allowed")]),
    ],
)
def test_what_no_kit_can_be_is_refused_and_nothing_is_stored(
    api: Api, database: Database, changes: dict[str, Any], wrong: list[tuple[str, str]]
):
    other = {**SET, "sku": "OTHER", "components": [{"sku": "TRAY", "quantity": 2}]}
    assert api.put("/v1/items", {"items": [other]}).body["accepted"] == 1
    refused = put(api, **changes)
    assert (refused.status, codes(refused)) == (422, wrong)
    assert api.get("/v1/items/SET").status == 404
    assert stored_events(database, "ITEM#SET") == []


@pytest.mark.capability("D13")
def test_a_kit_stays_one_and_an_item_of_stock_never_becomes_one(api: Api):
    put(api)
    refused = put(api, 1, kind="stock", components=[], when_short=None)
    assert (refused.status, codes(refused)) == (422, [("/kind", "fixed")])
    refused = api.put(
        "/v1/items/CUP", {**SET, "sku": "CUP", "components": [{"sku": "POT", "quantity": 1}]}, headers={"if-match": "1"}
    )
    assert (refused.status, codes(refused)) == (422, [("/kind", "fixed")])
    assert [api.get(f"/v1/items/{sku}").body["version"] for sku in ("SET", "CUP")] == [1, 1]


@pytest.mark.capability("D13")
def test_kits_and_their_components_are_loaded_in_one_call_in_any_order(api: Api):
    lid = {"sku": "LID", "description": "Lid"}
    rows = [
        {**SET, "components": [{"sku": "LID", "quantity": 2}]},
        {**SET, "sku": "BAD", "components": [{"sku": "NONE", "quantity": 1}, {"sku": "SET", "quantity": 1}]},
        lid,
        {**lid, "sku": "NOT", "weight_grams": -1},
        {**SET, "sku": "ALSO", "components": [{"sku": "NOT", "quantity": 1}]},
    ]
    loaded = api.put("/v1/items", {"items": rows})
    assert [row["status"] for row in loaded.body["results"]] == [201, 422, 201, 422, 422]
    assert [error["pointer"] for error in loaded.body["results"][1]["problem"]["errors"]] == [
        "/items/1/components/0/sku",
        "/items/1/components/1/sku",
    ]
    assert (loaded.body["accepted"], loaded.body["refused"]) == (2, 3)
    assert api.get("/v1/items/SET").body["components"] == [{"sku": "LID", "quantity": 2}]
    assert [api.get(f"/v1/items/{sku}").status for sku in ("BAD", "ALSO")] == [404, 404]
