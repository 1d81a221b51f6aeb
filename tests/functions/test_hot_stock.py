"""Stock in great demand: foretold or measured, laid into shards, claimed there, evened out, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from oms.inventory.shards import following, model
from oms.platform.clock import FixedClock
from oms.platform.dynamodb import to_attributes
from oms.platform.writes import Key
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_segments import USED, came
from tests.order_doors import Doors, doors, message
from tests.order_world import NOW, TENANT, document, line, world

__all__ = ["doors", "world"]

UNTIL = "2026-11-23T13:00:00Z"
ROW = ("stock", Key(f"T#{TENANT}#SKU#A", "NODE#DC1"))


@pytest.fixture(autouse=True)
def _few_units_are_enough() -> Iterator[None]:
    with mock.patch.object(model, "LEAST_UNITS", 2):
        yield


def mark(doors: Doors, key: str = "m1", **more: Any) -> Any:
    wanted = {"sku": "A", "node_ids": ["DC1"], "per_second": 100, "until": UNTIL, **more}
    return doors.api("inventory").put("/v1/hot-stock", {"items": [wanted]}, key=key)


def marks(doors: Doors) -> list[tuple[str, str, int, bool, list[int]]]:
    """What is marked: SKU, node, claims a second, whether that was measured, and the units of each shard."""
    answer = doors.api("inventory").get("/v1/hot-stock")
    assert answer.status == 200
    return [
        (
            one["sku"],
            one["node_id"],
            one["per_second"],
            one["measured"],
            [shard["available"] for shard in one["shards"]],
        )
        for one in answer.body["stock"]
    ]


def stock(doors: Doors) -> tuple[int, int, int]:
    """Reserved, allocated and available units of A at DC1, as everybody sees them."""
    nodes = doors.api("inventory").get("/v1/inventory/A").body["nodes"]
    row = next(node for node in nodes if node["node_id"] == "DC1")
    return row["reserved"], row["allocated"], row["available"]


def follow(doors: Doors, *records: dict[str, Any]) -> None:
    numbered = [{**one, "dynamodb": {"SequenceNumber": str(n), **one["dynamodb"]}} for n, one in enumerate(records)]
    assert doors.module("stock_levels").handler({"Records": numbered}, None) == {"batchItemFailures": []}


def told_of_mark(doors: Doors) -> dict[str, Any]:
    """The record of the stock table's stream about the mark."""
    (image,) = [row for (_, key), row in doors.world.database.rows.items() if key.pk == f"T#{TENANT}#HOT"]
    stored = to_attributes(image)
    return {"dynamodb": {"Keys": {"pk": stored["pk"], "sk": stored["sk"]}, "NewImage": stored}}


def claims(number: int, seconds: float, *, shard: bool = False) -> list[dict[str, Any]]:
    """Records of so many claims of A at DC1 in so many seconds."""
    keys = {"pk": {"S": f"T#{TENANT}#SKU#A"}, "sk": {"S": "NODE#DC1#SHARD#01" if shard else "NODE#DC1"}}
    bucket, step = ("available", -1) if shard else ("reserved", 1)
    return [
        {
            "dynamodb": {
                "Keys": keys,
                "ApproximateCreationDateTime": 1_800_000_000 + seconds * n / number,
                "OldImage": to_attributes({bucket: 100 + step * n}),
                "NewImage": to_attributes({bucket: 100 + step * (n + 1)}),
            }
        }
        for n in range(number)
    ]


@pytest.mark.capability("D4", whole=True)
def test_an_order_takes_from_a_shard_and_everybody_sees_the_same_stock_as_ever(doors: Doors):
    assert mark(doors).body["stock"] == [
        {"sku": "A", "node_id": "DC1", "per_second": 100, "until": "2026-11-23T13:00:00.000Z"}
        | {"segment": None, "measured": False, "version": 1}
    ]
    follow(doors, told_of_mark(doors))
    assert marks(doors) == [("A", "DC1", 100, False, [2, 2, 2, 2, 2])]
    assert stock(doors) == (0, 0, 10)
    row = dict(doors.world.database.rows[ROW])
    orders = [doors.place(document(line("A", 2), external_id=f"o-{n}"), key=f"o-{n}") for n in range(2)]
    assert doors.world.database.rows[ROW] == row
    assert stock(doors) == (4, 0, 6)
    doors.run_order_workflow(orders[0])
    assert stock(doors) == (2, 2, 6)
    cancelled = doors.api("change_orders").post(f"/v1/orders/{orders[1]}/cancellations", {"reason": "late"}, key="c")
    assert cancelled.status == 200
    assert stock(doors) == (0, 2, 8)
    # What was given back lies in the row, until somebody evens it out.
    assert doors.queue("balance_stock", message("spine.schedule", "StockBalanceRequested", "1")) == []
    assert marks(doors)[0][4] == [2, 2, 2, 2]
    assert stock(doors) == (0, 2, 8)


@pytest.mark.capability("D4")
def test_all_units_are_sold_and_not_one_more(doors: Doors):
    mark(doors)
    follow(doors, told_of_mark(doors))
    for number in range(3):
        doors.place(document(line("A", 3), external_id=f"o-{number}"), key=f"o-{number}")
    doors.place(document(line("A", 11), external_id="rest"), key="rest")
    before = dict(doors.world.database.rows)
    refused = doors.api("place_order").post("/v1/orders", document(line("A", 1), external_id="late"), key="late")
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert dict(doors.world.database.rows) == before
    assert stock(doors)[2] == 0


@pytest.mark.capability("D4")
@pytest.mark.parametrize("shard", [False, True])
def test_demand_is_measured_on_the_stream(doors: Doors, shard: bool):
    follow(doors, *claims(9, 0.1, shard=shard))
    follow(doors, *claims(15, 1.0, shard=shard))
    assert marks(doors) == []
    follow(doors, *claims(50, 0.5, shard=shard))
    assert marks(doors) == [("A", "DC1", 102, True, [2, 2, 2, 2, 2])]
    # More of it raises the mark, less leaves it.
    follow(doors, *claims(30, 0.5, shard=shard))
    assert marks(doors)[0][2] == 102
    doors.world.runtime.clock = FixedClock(NOW + following.MEASURED_FOR)
    assert doors.queue("balance_stock", message("spine.schedule", "StockBalanceRequested", "1")) == []
    assert marks(doors) == []
    assert stock(doors) == (0, 0, 10)


@pytest.mark.capability("D4", "D12")
def test_a_segment_in_demand_is_shown_by_its_item_and_its_tags(doors: Doors):
    came(doors, "A", "S1", 20, USED)
    found = claims(50, 0.5)
    for record in found:
        record["dynamodb"]["Keys"] = {"pk": {"S": f"T#{TENANT}#SKU#A#condition=used"}, "sk": {"S": "NODE#S1"}}
    follow(doors, *found)
    (one,) = doors.api("inventory").get("/v1/hot-stock").body["stock"]
    assert (one["sku"], one["segment"], one["node_id"], one["measured"], one["available"]) == (
        "A",
        USED,
        "S1",
        True,
        20,
    )
    assert [shard["available"] for shard in one["shards"]] == [3] * 6
    assert mark(doors).body["stock"][0]["segment"] is None


@pytest.mark.capability("D4")
def test_units_that_only_change_their_place_are_no_demand(doors: Doors):
    moved = claims(50, 0.5)
    for number, record in enumerate(moved):
        record["dynamodb"]["NewImage"]["moves"] = {"N": str(number + 1)}
        record["dynamodb"]["OldImage"]["moves"] = {"N": str(number)}
    follow(doors, *moved)
    assert marks(doors) == []


@pytest.mark.capability("D4")
def test_a_demand_that_is_over_takes_its_shards_away(doors: Doors):
    mark(doors)
    follow(doors, told_of_mark(doors))
    ended = mark(doors, "m2", per_second=0)
    assert (ended.status, ended.body["stock"][0]["until"]) == (200, "2026-11-23T12:00:00.000Z")
    follow(doors, told_of_mark(doors))
    assert marks(doors) == []
    assert doors.world.database.rows[ROW]["shards"] == 0
    assert not [key for _, key in doors.world.database.rows if "#SHARD#" in key.sk]
    assert stock(doors) == (0, 0, 10)


@pytest.mark.capability("D8")
def test_that_balancing_fails_does_not_keep_levels_from_being_summed_up(doors: Doors):
    changed = claims(1, 1.0)[0]
    changed["dynamodb"]["NewImage"]["available"] = {"N": "9"}
    mark(doors)
    with mock.patch.object(following, "balance", side_effect=RuntimeError("no")):
        follow(doors, told_of_mark(doors), changed)
    levels = doors.api("inventory").get("/v1/availability/levels?skus=A").body["items"][0]["regions"]
    assert [(one["region"], one["units"]) for one in levels] == [("network", 20)]


@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        ({"sku": "none"}, "/items/0/sku", "unknown_sku"),
        ({"node_ids": ["S7"]}, "/items/0/node_ids/0", "unknown_node"),
        ({"until": "2026-11-23T12:00:00Z"}, "/items/0/until", "out_of_range"),
        ({"until": "2027-11-23T12:00:00Z"}, "/items/0/until", "out_of_range"),
        ({"node_ids": ["DC1", "DC1"]}, "/items/0", "repeated"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_and_nothing_is_marked(
    doors: Doors, wanted: dict[str, Any], pointer: str, code: str
):
    before = dict(doors.world.database.rows)
    refused = mark(doors, **wanted)
    assert refused.status == 422, refused.body
    assert [(error["pointer"], error["code"]) for error in refused.body["errors"]] == [(pointer, code)]
    assert dict(doors.world.database.rows) == before


def test_without_nodes_every_node_that_has_the_item_is_meant(doors: Doors):
    assert [one["node_id"] for one in mark(doors, node_ids=[]).body["stock"]] == ["DC1", "S1", "S2"]
    doors.world.runtime.clock = FixedClock(NOW + timedelta(minutes=1))
    assert [one["version"] for one in mark(doors, "m2", node_ids=[]).body["stock"]] == [2, 2, 2]


@pytest.mark.capability("D4", "E8")
def test_given_up_units_are_found_in_shards_of_another_node(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    mark(doors, node_ids=["S1"])
    follow(doors, told_of_mark(doors))
    # All five units of S1 lie in shards now, and DC1 has lost its own.
    assert doors.world.database.rows["stock", Key(f"T#{TENANT}#SKU#A", "NODE#S1")]["available"] == 1
    act(doors, work, "reject", reason="damaged")
    reroute(doors, order_id, work, "REJECTED")
    nodes = doors.api("inventory").get("/v1/inventory/A").body["nodes"]
    found = {node["node_id"]: (node["allocated"], node["available"]) for node in nodes}
    assert found["S1"] == (3, 2), found


@pytest.mark.capability("D4", "D14")
def test_a_transfer_takes_what_lies_in_the_shards_of_many_items(doors: Doors):
    skus = [f"H{number:02d}" for number in range(12)]
    for sku in skus:
        doors.world.add_item(sku, {"DC1": 50})
        mark(doors, key=f"m-{sku}", sku=sku, per_second=500)
    assert doors.queue("balance_stock", message("spine.schedule", "StockBalanceRequested", "1")) == []
    assert {sum(found[4]) > 40 for found in marks(doors)} == {True}
    lines = [{"line_no": n, "sku": sku, "quantity": 40, "expected_on": "2026-11-30"} for n, sku in enumerate(skus, 1)]
    body = {"kind": "transfer", "node_id": "S1", "from_node": "DC1", "lines": lines}
    made = doors.api("supply").put("/v1/supply/t-1", body)
    assert (made.status, made.body["status"]) == (201, "OPEN")
    rows = [doors.world.stock(sku, "DC1") for sku in skus]
    assert {(row.on_hand, row.reserved, row.allocated, row.available) for row in rows} == {(50, 0, 40, 10)}
