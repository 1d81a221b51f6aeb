"""Kits for sale: how many there are, promised, held and ordered, always as units of their components."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.kits import BOX, SET, add_kit
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def shop(doors: Doors) -> Doors:
    """The doors to a retailer that sells two kits."""
    add_kit(doors.world, "SET", SET)
    add_kit(doors.world, "BOX", BOX)
    return doors


def available(shop: Doors, *skus: str, query: str = "") -> dict[str, tuple[int, dict[str, int]]]:
    """In all and per node, as the page of availability has it."""
    answer = shop.api("inventory").get(f"/v1/availability?skus={','.join(skus)}{query}")
    assert answer.status == 200, answer.body
    return {
        one["sku"]: (one["available"], {node["node_id"]: node["available"] for node in one["nodes"]})
        for one in answer.body["items"]
    }


def ordered(shop: Doors, *lines: dict[str, Any], **more: Any) -> Answer:
    return shop.api("place_order").post("/v1/orders", document(*lines, **more))


def claimed(shop: Doors, sku: str, node: str = "DC1") -> tuple[int, int, int]:
    """Available, reserved and allocated units of a row."""
    row = shop.world.stock(sku, node)
    return row.available, row.reserved, row.allocated


@pytest.mark.capability("D13", whole=True)
def test_a_node_has_as_many_of_a_kit_as_its_scarcest_component_makes(shop: Doors):
    # Half of ten and of five A; ten and five B; a third of the C.
    assert available(shop, "SET", "BOX", "A") == {
        "SET": (9, {"DC1": 5, "S1": 2, "S2": 2}),
        "BOX": (5, {"DC1": 3, "S1": 1, "S2": 1}),
        "A": (20, {"DC1": 10, "S1": 5, "S2": 5}),
    }
    assert ordered(shop, line("A", 9)).status == 201
    # One A is left at DC1, which makes no SET.
    assert available(shop, "SET") == {"SET": (4, {"S1": 2, "S2": 2})}
    stock = shop.api("inventory").get("/v1/inventory/SET").body
    assert (stock["nodes"], stock["totals"]["on_hand"], stock["available_actions"]) == ([], 0, [])


@pytest.mark.capability("D13", "D5")
def test_what_rules_keep_back_of_a_component_is_kept_back_of_the_kit(shop: Doors):
    rules = {"safety": [{"id": "all", "priority": 1, "units": 4, "where": {"skus": ["B"], "nodes": ["S1", "S2"]}}]}
    pool = {"pools": [{"id": "own", "units": 7, "channels": ["pos"], "where": {"skus": ["A"], "nodes": ["DC1"]}}]}
    api, path = shop.api("rule_sets"), "/v1/inventory/rules/usual"
    assert api.put(path, {**rules, **pool}).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200
    assert available(shop, "SET", query="&channel=web") == {"SET": (3, {"DC1": 1, "S1": 1, "S2": 1})}
    node = shop.api("inventory").get("/v1/availability?skus=SET&channel=web&nodes=DC1").body["items"][0]["nodes"][0]
    assert node["kept_back"] == [{"rule_set": "usual", "number": 1, "rule": "own", "units": 7}]
    with shop.world.unchanged():
        refused = ordered(shop, line("SET", 4))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert refused.body["errors"][0]["detail"] == "1 of SET are missing"
    assert ordered(shop, line("SET", 3)).status == 201


@pytest.mark.capability("D13")
@pytest.mark.capability("D4", whole=True)
def test_lines_that_share_a_component_are_summed_before_the_check(shop: Doors):
    # 4 SET take 8 A and 4 B, 2 BOX take 2 B and 6 C, and 4 B besides: ten B at DC1, and no eleventh.
    wanted = [line("SET", 4), line("BOX", 2), line("B", 4, pickup_node="DC1", method="pickup")]
    counter = [{**one, "method": "pickup", "pickup_node": "DC1"} for one in wanted]
    with shop.world.unchanged():
        refused = ordered(shop, *counter[:2], line("B", 5, method="pickup", pickup_node="DC1"))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert ordered(shop, *counter).status == 201
    assert [claimed(shop, sku) for sku in "ABC"] == [(2, 8, 0), (0, 10, 0), (4, 6, 0)]


@pytest.mark.capability("D13")
def test_a_unit_is_whole_from_one_node_and_units_may_be_spread(shop: Doors):
    shop.world.add_item("X", {"DC1": 3, "S1": 3})
    shop.world.add_item("Y", {"DC1": 1, "S2": 3})
    add_kit(shop.world, "XY", {"X": 1, "Y": 1})
    with shop.world.unchanged():
        # There are six X and four Y, but only DC1 has both.
        assert ordered(shop, line("XY", 2)).status == 409
    shop.world.receive("Y", "S1", 2)
    order_id = shop.place(document(line("XY", 3)))
    assert [(claim.node_id, claim.quantity) for claim in shop.world.order(order_id).lines[0].claims] == [
        ("DC1", 1),
        ("S1", 2),
    ]
    assert [claimed(shop, sku, node) for sku in "XY" for node in ("DC1", "S1")] == [
        (2, 1, 0),
        (1, 2, 0),
        (0, 1, 0),
        (0, 2, 0),
    ]


@pytest.mark.capability("D13", "D3")
def test_a_basket_holds_the_components_and_its_order_takes_them(shop: Doors):
    baskets = shop.api("reservations")
    made = baskets.post(
        "/v1/reservations",
        {
            "channel": "web",
            "postal_code": "10001",
            "lines": [{"sku": "SET", "quantity": 3}, {"sku": "B", "quantity": 2}],
        },
    )
    assert made.status == 201, made.body
    assert made.body["lines"][0]["components"] == [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}]
    assert [claimed(shop, sku) for sku in "AB"] == [(4, 6, 0), (5, 5, 0)]
    path = f"/v1/reservations/{made.body['id']}"
    changed = baskets.send("PATCH", path, {"lines": [{"line_no": 1, "quantity": 2}]}, headers={"if-match": "1"})
    assert changed.status == 200, changed.body
    assert [claimed(shop, sku) for sku in "AB"] == [(6, 4, 0), (6, 4, 0)]
    placed = ordered(shop, line("SET", 2), line("B", 2), reservation_id=made.body["id"])
    assert placed.status == 201, placed.body
    assert [claimed(shop, sku) for sku in "AB"] == [(6, 4, 0), (6, 4, 0)]
    assert [key.sk for (_, key) in shop.world.database.rows if "#HOLD#" in key.sk] == []
    with shop.world.unchanged():
        refused = baskets.post("/v1/reservations", {"channel": "web", "lines": [{"sku": "SET", "quantity": 8}]})
    assert (refused.status, refused.body["errors"][0]["detail"]) == (409, "1 of SET are missing")


@pytest.mark.capability("D13", "A9")
def test_a_kit_is_promised_from_where_its_components_are(shop: Doors):
    made = shop.api("promises").post(
        "/v1/promises",
        {
            "channel": "web",
            "postal_code": "10003",
            "lines": [{"sku": "SET", "quantity": 5}, {"sku": "B", "quantity": 6}],
        },
    )
    (way,) = made.body["options"]
    assert (way["can"], [(one["sku"], one["node_kinds"]) for one in way["lines"]]) == (
        True,
        [("SET", ["dc"]), ("B", ["dc", "store"])],
    )
    placed = ordered(shop, line("SET", 5), line("B", 6), promise_id=made.body["id"])
    assert placed.status == 201, placed.body
    short = shop.api("promises").post("/v1/promises", {"channel": "web", "lines": [{"sku": "SET", "quantity": 5}]})
    assert [one["missing"] for one in short.body["options"][0]["lines"]] == [1]


@pytest.mark.capability("D13", "D7")
def test_supply_of_components_makes_kits_by_its_day(shop: Doors):
    line_of_b = {"line_no": 1, "sku": "B", "quantity": 4, "expected_on": "2026-11-27"}
    supply = {"kind": "purchase_order", "node_id": "S1", "lines": [line_of_b]}
    put = shop.api("supply").put("/v1/supply/po-1", supply, headers={"if-match": "0"})
    assert put.status == 201, put.body
    shop.world.receive("A", "S1", 10)
    # S1 has 15 A and 5 B, and 9 B from Friday on.
    assert available(shop, "SET", query="&nodes=S1")["SET"] == (5, {"S1": 5})
    assert available(shop, "SET", query="&nodes=S1&by=2026-11-26")["SET"] == (5, {"S1": 5})
    assert available(shop, "SET", query="&nodes=S1&by=2026-11-27")["SET"] == (7, {"S1": 7})
    basket = {"channel": "web", "lines": [{"sku": "SET", "quantity": 13}]}
    (way,) = shop.api("promises").post("/v1/promises", basket).body["options"]
    # Five at DC1, seven at S1 by then, and two at S2.
    assert (way["can"], way["lines"][0]["missing"], way["from_supply"]["expected_on"]) == (False, 1, "2026-11-27")


@pytest.mark.capability("D13", "D8")
def test_the_level_of_a_kit_is_worked_out_from_its_components(shop: Doors):
    rules = {"levels": [{"id": "few", "low": 3, "high": 5}], "regions": [{"id": "stores", "node_kinds": ["store"]}]}
    api, path = shop.api("rule_sets"), "/v1/inventory/rules/usual"
    assert api.put(path, rules).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200
    seen = shop.api("inventory").get("/v1/availability/levels?skus=SET,BOX")
    assert {
        one["sku"]: [(region["region"], region["units"], region["level"]) for region in one["regions"]]
        for one in seen.body["items"]
    } == {
        "SET": [("network", 9, "high"), ("stores", 4, "medium")],
        "BOX": [("network", 5, "high"), ("stores", 2, "low")],
    }


@pytest.mark.capability("D13", "D16")
@pytest.mark.parametrize("kind", ["movements", "snapshots"])
def test_a_kit_is_never_counted_itself(shop: Doors, kind: str):
    row = {"sku": "SET", "node_id": "DC1", "quantity": 5}
    more = (
        {"kind": "received"} if kind == "movements" else {"as_of": "2026-11-23T11:00:00Z", "source": "w", "sequence": 1}
    )
    with shop.world.unchanged():
        refused = shop.api("inventory").post(f"/v1/inventory/{kind}", {kind: [{**row, **more}]})
        coming = {"line_no": 1, "sku": "SET", "quantity": 4, "expected_on": "2026-11-27"}
        supply = {"kind": "purchase_order", "node_id": "S1", "lines": [coming]}
        unknown = shop.api("supply").put("/v1/supply/po-1", supply, headers={"if-match": "0"})
    for answer, pointer in ((refused, f"/{kind}/0/sku"), (unknown, "/lines/0/sku")):
        assert (answer.status, [(one["pointer"], one["code"]) for one in answer.body["errors"]]) == (
            422,
            [(pointer, "not_stocked")],
        )
