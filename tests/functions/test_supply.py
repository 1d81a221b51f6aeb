"""Supply: what is to arrive moves the buckets of its node, is counted by date, and can be sold once it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.order_doors import Doors, doors, message
from tests.order_world import world

__all__ = ["doors", "world"]


def part(line_no: int, sku: str, quantity: int, day: str = "2026-11-30", **more: Any) -> dict[str, Any]:
    return {"line_no": line_no, "sku": sku, "quantity": quantity, "expected_on": day, **more}


def put(
    doors: Doors, supply_id: str, *lines: dict[str, Any], version: int = 0, key: str | None = None, **more: Any
) -> Answer:
    body = {"kind": "purchase_order", "node_id": "S1", **more, "lines": list(lines)}
    headers = {"if-match": str(version)} if version else {}
    doors.world.calls += 1
    return doors.api("supply").put(
        f"/v1/supply/{supply_id}", body, key=key or f"put-{doors.world.calls}", headers=headers
    )


def post(doors: Doors, path: str, key: str | None = None, **body: Any) -> Answer:
    doors.world.calls += 1
    return doors.api("supply").post(f"/v1/supply/{path}", body, key=key or f"post-{doors.world.calls}")


def buckets(doors: Doors, sku: str, node_id: str) -> tuple[int, int, int, int, int]:
    """On hand, available, allocated, in transit and future."""
    row = doors.world.stock(sku, node_id)
    return (row.on_hand, row.available, row.allocated, row.in_transit, row.future)


def told(doors: Doors) -> list[str]:
    rows = [(row["type"], row["sk"]) for (table, _), row in doors.world.database.rows.items() if table == "events"]
    return [kind for kind, _ in rows if kind.startswith("Supply")]


@pytest.mark.capability("D7", "D1")
def test_what_is_ordered_is_expected_and_what_arrives_can_be_sold(doors: Doors):
    made = put(doors, "po-1", part(1, "A", 4), part(2, "B", 6, "2026-12-02"), supplier="potter")
    assert (made.status, made.body["status"], made.body["available_actions"]) == (
        201,
        "OPEN",
        ["put_supply", "receive", "close"],
    )
    assert buckets(doors, "A", "S1") == (5, 5, 0, 0, 4)
    came = post(doors, "po-1/receipts", lines=[{"line_no": 1, "quantity": 2, "damaged": 1}])
    assert came.body["lines"][0] == {
        "line_no": 1,
        "sku": "A",
        "segment": None,
        "quantity": 4,
        "expected_on": "2026-11-30",
        "order_line_no": None,
        "sent": 0,
        "received": 3,
        "closed": 0,
        "lost": 0,
        "future": 1,
        "in_transit": 0,
    }
    assert buckets(doors, "A", "S1") == (8, 7, 0, 0, 1)
    assert doors.world.stock("A", "S1").damaged == 1
    # The rest comes with two more than were ordered.
    assert post(doors, "po-1/receipts", lines=[{"line_no": 1, "quantity": 3}]).status == 200
    assert buckets(doors, "A", "S1") == (11, 10, 0, 0, 0)
    shut = post(doors, "po-1/close", reason="out_of_production")
    assert (shut.body["status"], shut.body["lines"][1]["closed"]) == ("CLOSED", 6)
    assert buckets(doors, "B", "S1") == (5, 5, 0, 0, 0)
    assert told(doors) == ["SupplyPut", "SupplyReceived", "SupplyReceived", "SupplyClosed"]
    doors.world.received["A", "S1"] += 6


@pytest.mark.capability("D7", "D11")
def test_a_notice_takes_units_over_from_its_order_in_one_transaction(doors: Doors):
    put(doors, "po-1", part(1, "A", 10))
    notice = {"kind": "shipment_notice", "purchase_order": "po-1"}
    assert put(doors, "asn-1", part(1, "A", 6, "2026-11-26", order_line_no=1), **notice).status == 201
    assert buckets(doors, "A", "S1") == (5, 5, 0, 6, 4)
    # More than is left of the order: what is over comes besides.
    assert put(doors, "asn-2", part(1, "A", 5, "2026-11-27", order_line_no=1), **notice).status == 201
    assert buckets(doors, "A", "S1") == (5, 5, 0, 11, 0)
    assert doors.api("supply").get("/v1/supply/po-1").body["lines"][0]["sent"] == 10
    # A notice that is corrected gives back what it took over.
    assert put(doors, "asn-1", part(1, "A", 2, "2026-11-26", order_line_no=1), version=1, **notice).status == 200
    assert buckets(doors, "A", "S1") == (5, 5, 0, 7, 4)
    assert post(doors, "asn-1/receipts").body["status"] == "CLOSED"
    lost = post(doors, "asn-2/close", reason="lost_at_sea")
    assert lost.body["lines"][0]["lost"] == 5
    assert buckets(doors, "A", "S1") == (7, 7, 0, 0, 4)
    sums = dict.fromkeys(("on_hand", "in_transit", "future", "available"), 0)
    ledger = doors.api("inventory").get("/v1/inventory/A/movements?node_id=S1").body["movements"]
    for movement in ledger:
        for bucket, units in movement["changes"].items():
            sums[bucket] += units
    assert sums == {"on_hand": 7, "in_transit": 0, "future": 4, "available": 7}
    doors.world.received["A", "S1"] += 2


@pytest.mark.capability("D14", whole=True)
@pytest.mark.capability("D1")
def test_a_transfer_keeps_its_units_leaves_and_arrives_short(doors: Doors):
    made = put(doors, "tr-1", part(1, "A", 4, "2026-11-25"), kind="transfer", from_node="DC1")
    assert (made.status, made.body["available_actions"]) == (201, ["put_supply", "dispatch", "close"])
    assert buckets(doors, "A", "DC1") == (10, 6, 4, 0, 0)
    assert buckets(doors, "A", "S1") == (5, 5, 0, 0, 4)
    early = post(doors, "tr-1/receipts", lines=[{"line_no": 1, "quantity": 1}])
    assert (early.status, early.body["code"]) == (409, "action_not_available")
    assert post(doors, "tr-1/dispatch", lines=[{"line_no": 1, "quantity": 3}]).body["status"] == "IN_TRANSIT"
    assert buckets(doors, "A", "DC1") == (7, 6, 1, 0, 0)
    assert buckets(doors, "A", "S1") == (5, 5, 0, 3, 1)
    more = post(doors, "tr-1/dispatch", lines=[{"line_no": 1, "quantity": 2}])
    assert (more.status, more.body["code"]) == (409, "action_not_available")
    assert post(doors, "tr-1/receipts", lines=[{"line_no": 1, "quantity": 2}]).status == 200
    assert buckets(doors, "A", "S1") == (7, 7, 0, 1, 1)
    shut = post(doors, "tr-1/close", reason="short_shipped")
    assert [shut.body["lines"][0][name] for name in ("sent", "received", "closed", "lost")] == [3, 2, 1, 1]
    assert buckets(doors, "A", "DC1") == (7, 7, 0, 0, 0)
    assert buckets(doors, "A", "S1") == (7, 7, 0, 0, 0)
    doors.world.received["A", "DC1"] -= 3
    doors.world.received["A", "S1"] += 2


@pytest.mark.capability("D14", "D4")
def test_a_transfer_takes_no_more_than_its_node_has_to_give(doors: Doors):
    with doors.world.unchanged():
        refused = put(doors, "tr-1", part(1, "A", 7), part(2, "A", 4), kind="transfer", from_node="DC1")
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
        assert refused.body["errors"][0]["detail"] == "DC1 has 10 of A to give, not 11"


@pytest.mark.capability("D7", "D8")
def test_what_can_be_had_by_a_day_counts_supply_of_that_day(doors: Doors):
    put(doors, "po-1", part(1, "A", 4, "2026-11-30"), part(2, "A", 6, "2026-12-04"), part(3, "A", 9, "2026-11-22"))
    api = doors.api("inventory")
    for by, units in (("2026-11-29", 20), ("2026-11-30", 24), ("2026-12-04", 30)):
        seen = api.get(f"/v1/availability?skus=A&by={by}").body
        assert (seen["by"], seen["items"][0]["available"]) == (by, units)
    assert {one["node_id"]: one["available"] for one in seen["items"][0]["nodes"]} == {"DC1": 10, "S1": 15, "S2": 5}
    assert api.get("/v1/availability?skus=A").body["items"][0]["available"] == 20
    coming = doors.api("supply").get("/v1/supply?sku=A").body["coming"]
    assert [(one["line_no"], one["expected_on"], one["units"]) for one in coming] == [
        (3, "2026-11-22", 9),
        (1, "2026-11-30", 4),
        (2, "2026-12-04", 6),
    ]


@pytest.mark.capability("D7", "A9")
def test_a_basket_that_lacks_units_is_told_the_first_day_on_which_supply_brings_enough(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    doors.world.add_item("D", {"S1": 1})
    put(doors, "po-1", part(1, "D", 2, "2026-11-25"), part(2, "D", 3, "2026-11-30"))
    (option,) = promised(doors, basket("D", 4)).body["options"]
    assert (option["can"], option["lines"][0]["missing"], option["latest"]) == (False, 3, None)
    # One on hand and Wednesday's two are too few; Monday's are collected on Tuesday and are two or three days away.
    assert option["from_supply"] == {
        "expected_on": "2026-11-30",
        "ship_by": "2026-12-01T22:00:00.000Z",
        "ready_at": None,
        "earliest": "2026-12-03",
        "latest": "2026-12-04",
    }
    (enough,) = promised(doors, basket("D", 1)).body["options"]
    assert (enough["can"], enough["from_supply"]) == (True, None)
    (never,) = promised(doors, basket("D", 9)).body["options"]
    assert (never["can"], never["from_supply"]) == (False, None)


@pytest.mark.capability("D7")
def test_a_later_day_is_told_and_counts_at_once(doors: Doors):
    put(doors, "po-1", part(1, "A", 4, "2026-11-30"), part(2, "B", 1))
    changed = put(doors, "po-1", part(1, "A", 4, "2026-12-05"), part(2, "B", 1), version=1)
    assert (changed.status, changed.body["version"]) == (200, 2)
    assert told(doors) == ["SupplyPut", "SupplyPut"]
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    (late,) = json.loads(str(rows[-1]["detail"]))["data"]["lines"]
    assert (late["expected_before"], late["expected_on"], late["to_come"]) == ("2026-11-30", "2026-12-05", 4)
    assert doors.api("inventory").get("/v1/availability?skus=A&by=2026-12-01").body["items"][0]["available"] == 20
    same = put(doors, "po-1", part(1, "A", 4, "2026-12-05"), part(2, "B", 1), version=2)
    assert same.body["version"] == 2
    # A line that is left out is given up.
    assert put(doors, "po-1", part(2, "B", 1), version=2).body["lines"][0]["quantity"] == 0
    assert buckets(doors, "A", "S1") == (5, 5, 0, 0, 0)


@pytest.mark.capability("D7", "A1")
def test_a_large_order_is_put_and_received_in_parts_once(doors: Doors):
    lines = [part(n, "ABC"[n % 3], n) for n in range(1, 51)]
    made = put(doors, "po-1", *lines, key="big")
    assert (made.status, len(made.body["lines"]), made.body["version"]) == (201, 50, 5)
    again = put(doors, "po-1", *lines, key="big")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, made.body, "true")
    assert sum(doors.world.stock(sku, "S1").future for sku in "ABC") == 1275
    came = post(doors, "po-1/receipts", key="all")
    assert (came.body["status"], came.body["version"]) == ("CLOSED", 10)
    assert post(doors, "po-1/receipts", key="all").body == came.body
    assert sum(doors.world.stock(sku, "S1").on_hand for sku in "ABC") == 1290
    for sku in "ABC":
        doors.world.received[sku, "S1"] = doors.world.stock(sku, "S1").on_hand


@pytest.mark.capability("D7", "D14")
def test_nodes_dispatch_and_receive_over_the_store_bus_and_only_their_own(doors: Doors):
    put(doors, "tr-1", part(1, "A", 4), kind="transfer", from_node="DC1")
    sent = message("wms.DC1", "DispatchSupply", "d-1", supply_id="tr-1")
    assert doors.queue("node_messages", message("store.S2", "DispatchSupply", "d-0", supply_id="tr-1")) == ["m0"]
    assert doors.queue("node_messages", sent, sent) == []
    assert buckets(doors, "A", "DC1") == (6, 6, 0, 0, 0)
    came = message("store.S1", "ReceiveSupply", "r-1", supply_id="tr-1", lines=[{"line_no": 1, "quantity": 4}])
    assert doors.queue("node_messages", message("wms.DC1", "ReceiveSupply", "r-0", supply_id="tr-1")) == ["m0"]
    assert doors.queue("node_messages", came, came) == []
    assert buckets(doors, "A", "S1") == (9, 9, 0, 0, 0)
    doors.world.received["A", "DC1"] -= 4
    doors.world.received["A", "S1"] += 4


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such item": ({"lines": [part(1, "none", 1)]}, 422, "/lines/0/sku"),
    "no such node": ({"node_id": "none", "lines": [part(1, "A", 1)]}, 422, "/node_id"),
    "a line twice": ({"lines": [part(1, "A", 1), part(1, "B", 1)]}, 422, "/"),
    "no such order": (
        {"kind": "shipment_notice", "purchase_order": "none", "lines": [part(1, "A", 1, order_line_no=1)]},
        422,
        "/purchase_order",
    ),
    "a transfer from nowhere": ({"kind": "transfer", "lines": [part(1, "A", 1)]}, 422, "/"),
    "a transfer to itself": ({"kind": "transfer", "from_node": "S1", "lines": [part(1, "A", 1)]}, 422, "/"),
}


@pytest.mark.parametrize("name", BAD)
def test_supply_that_makes_no_sense_changes_nothing(doors: Doors, name: str):
    body, status, pointer = BAD[name]
    with doors.world.unchanged():
        answer = doors.api("supply").put("/v1/supply/bad", {"kind": "purchase_order", "node_id": "S1", **body})
        assert answer.status == status
        assert answer.body["errors"][0]["pointer"] == pointer


def test_what_exists_is_changed_only_by_who_has_read_it_and_keeps_what_it_is(doors: Doors):
    put(doors, "po-1", part(1, "A", 4))
    post(doors, "po-1/receipts", lines=[{"line_no": 1, "quantity": 2}])
    doors.world.received["A", "S1"] += 2
    with doors.world.unchanged():
        assert put(doors, "po-1", part(1, "A", 9)).body["errors"][0]["code"] == "required"
        assert put(doors, "po-1", part(1, "A", 9), version=1).body["code"] == "stale_version"
        assert put(doors, "po-1", part(1, "A", 1), version=2).body["code"] == "action_not_available"
        assert put(doors, "po-1", part(1, "B", 4), version=2).body["errors"][0]["code"] == "fixed"
        assert put(doors, "po-1", part(1, "A", 4), node_id="S2", version=2).body["errors"][0]["pointer"] == "/node_id"
        assert post(doors, "none/receipts").status == 404
        assert post(doors, "po-1/dispatch").body["code"] == "action_not_available"
        assert post(doors, "po-1/receipts", lines=[{"line_no": 9, "quantity": 1}]).status == 422


@pytest.mark.capability("I2", "D5")
def test_stock_that_its_source_has_not_told_of_lately_is_not_for_sale(doors: Doors):
    path, api = "/v1/inventory/rules/fresh", doors.api("rule_sets")
    rule = {"id": "feeds", "where": {"nodes": ["S1"]}, "channels": ["web"], "max_age_minutes": 60}
    assert api.put(path, {"freshness": [rule]}).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200
    stock = doors.api("inventory")

    def seen() -> dict[str, Any]:
        item = stock.get("/v1/availability?skus=A&channel=web&nodes=S1").body["items"][0]
        return {"available": item["available"], "by": [one["rule"] for one in item["nodes"][0]["kept_back"]]}

    assert seen() == {"available": 0, "by": ["feeds"]}
    count = {"sku": "A", "node_id": "S1", "quantity": 5, "source": "till", "sequence": 1, "reason": "count"}
    told_of = {**count, "as_of": "2026-11-23T11:30:00Z"}
    assert stock.post("/v1/inventory/snapshots", {"snapshots": [told_of]}).status == 200
    assert seen() == {"available": 5, "by": []}
    doors.world.clock.advance(minutes=31)
    assert seen() == {"available": 0, "by": ["feeds"]}
    # An older word of another source makes nothing fresher or older.
    other = {**count, "source": "wms", "as_of": "2026-11-23T10:00:00Z"}
    assert stock.post("/v1/inventory/snapshots", {"snapshots": [other]}).status == 200
    assert doors.world.stock("A", "S1").told_at == "2026-11-23T11:30:00.000Z"
