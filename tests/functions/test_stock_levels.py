"""Levels of stock: summed up from the stream for the network and its regions, with a fact for each change of level."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.dynamodb import to_attributes
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

RULES = {
    "regions": [{"id": "coast", "nodes": ["S2"]}, {"id": "stores", "node_kinds": ["store"]}],
    "levels": [
        {"id": "scarce", "skus": ["A"], "regions": ["coast"], "low": 1, "high": 4},
        {"id": "usual", "low": 5, "high": 20},
    ],
}


def rule(doors: Doors, content: dict[str, Any]) -> None:
    path, api = "/v1/inventory/rules/levels", doors.api("rule_sets")
    assert api.put(path, content).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def record(sku: str, node: str, position: int, before: int | None, after: int | None) -> dict[str, Any]:
    """A record of the stock table's stream about one row."""
    keys = {"pk": {"S": f"T#{TENANT}#SKU#{sku}"}, "sk": {"S": f"NODE#{node}"}}
    images = {
        name: {**keys, **to_attributes({"available": units})}
        for name, units in (("OldImage", before), ("NewImage", after))
        if units is not None
    }
    return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": str(position), **images}}


def follow(doors: Doors, *records: dict[str, Any]) -> list[str]:
    answer = doors.module("stock_levels").handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def levels(doors: Doors, sku: str = "A", **query: str) -> dict[str, tuple[int, str]]:
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    answer = doors.api("inventory").get(f"/v1/availability/levels?skus={sku}{asked}")
    assert answer.status == 200, answer.body
    return {one["region"]: (one["units"], one["level"]) for one in answer.body["items"][0]["regions"]}


def told(doors: Doors) -> list[tuple[str, int]]:
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    return [(str(row["sk"]), 1) for row in rows if row["type"] == "StockLevelChanged"]


@pytest.mark.capability("D8", whole=True)
def test_the_network_and_its_regions_are_summed_up_and_each_change_of_level_is_told(doors: Doors):
    rule(doors, RULES)
    assert levels(doors) == {"network": (0, "none"), "coast": (0, "none"), "stores": (0, "none")}
    assert follow(doors, record("A", "DC1", 1, None, 10)) == []
    assert levels(doors) == {"network": (20, "high"), "coast": (5, "high"), "stores": (10, "medium")}
    assert len(told(doors)) == 3
    # A repeat changes nothing, and neither does what was no change of units.
    before = dict(doors.world.database.rows)
    assert follow(doors, record("A", "DC1", 1, None, 10), record("A", "DC1", 2, 10, 10)) == []
    assert dict(doors.world.database.rows) == before
    doors.place(document(line("A", 2, method="pickup", pickup_node="S2")))
    assert follow(doors, record("A", "S2", 3, 5, 3)) == []
    assert levels(doors) == {"network": (18, "medium"), "coast": (3, "medium"), "stores": (8, "medium")}
    assert len(told(doors)) == 5
    assert levels(doors, regions="coast") == {"coast": (3, "medium")}


@pytest.mark.capability("D8", "R8")
def test_new_rules_hold_for_whoever_asks_next(doors: Doors):
    assert follow(doors, record("A", "DC1", 1, None, 10)) == []
    assert levels(doors) == {"network": (20, "medium")}
    rule(doors, RULES)
    assert levels(doors)["network"] == (20, "high")
    # A region is summed up with the next change of the item.
    assert levels(doors)["coast"] == (0, "none")
    assert follow(doors, record("A", "S1", 2, 5, 4)) == []
    assert levels(doors)["coast"] == (5, "high")


def test_what_is_no_stock_row_is_passed_over(doors: Doors):
    keys = {"pk": {"S": f"T#{TENANT}#SKU#A"}, "sk": {"S": "LEVEL#network"}}
    own = {"dynamodb": {"Keys": keys, "SequenceNumber": "1", "NewImage": {"available": {"N": "1"}}}}
    held = {"dynamodb": {**own["dynamodb"], "Keys": {**keys, "sk": {"S": "NODE#DC1#HOLD#rsv_1"}}}}
    moves = {"dynamodb": {**own["dynamodb"], "Keys": {"pk": {"S": f"T#{TENANT}#MOVES#A#DC1"}, "sk": {"S": "MOVE#1"}}}}
    with doors.world.unchanged():
        assert follow(doors, own, held, moves) == []


def test_a_batch_stops_at_the_item_that_fails(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    commit, seen = doors.world.database.commit, []

    def failing(writes: Any) -> None:
        seen.append(writes)
        if any("SKU#B" in write.key.pk for write in writes):
            raise OSError("no table")
        commit(writes)

    monkeypatch.setattr(doors.world.database, "commit", failing)
    records = [record("A", "DC1", 1, None, 10), record("B", "DC1", 2, None, 10), record("C", "DC1", 3, None, 10)]
    assert follow(doors, *records) == ["2"]
    assert (levels(doors, "A")["network"], levels(doors, "C")["network"]) == ((20, "medium"), (0, "none"))


@pytest.mark.capability("D8", whole=True)
def test_what_can_be_had_in_a_region_and_within_a_radius(doors: Doors):
    rule(doors, RULES)
    api = doors.api("inventory")

    def at(query: str) -> dict[str, int]:
        item = api.get(f"/v1/availability?skus=A&{query}").body["items"][0]
        return {one["node_id"]: one["available"] for one in item["nodes"]}

    assert at("region=stores") == {"S1": 5, "S2": 5}
    # New York is 20 km from DC1, 200 km from S1 and 3,900 km from S2.
    assert at("postal_code=10003&within_km=100") == {"DC1": 10}
    assert at("postal_code=10003&within_km=300") == {"DC1": 10, "S1": 5}
    assert at("postal_code=10003&within_km=300&region=stores") == {"S1": 5}


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/availability?skus=A&within_km=10", "/query/"),
        ("/v1/availability?skus=A&region=none", "/query/region"),
        ("/v1/availability/levels?skus=A&regions=none", "/query/regions"),
    ],
)
def test_a_question_about_no_place_is_refused(doors: Doors, path: str, pointer: str):
    answer = doors.api("inventory").get(path)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)


def test_the_network_is_no_region_of_its_own(doors: Doors):
    answer = doors.api("rule_sets").put("/v1/inventory/rules/x", {"regions": [{"id": "network"}]})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/regions/0/id")
