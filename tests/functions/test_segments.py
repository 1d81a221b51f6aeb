"""Segments: units told apart by condition, owner, lot, serial number or expiry, counted and sold apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.inventory.model import BUCKETS
from oms.inventory.store import movements_of, rows_of
from tests.functions.test_promises import promised
from tests.functions.test_rerouting import act
from tests.functions.test_rule_sets import hold as hold_rules
from tests.functions.test_short_stock import at
from tests.functions.test_strategies import given
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

USED = {"condition": "used"}
LOT = {"lot": "L-7", "expires_on": "2026-12-01"}


def came(doors: Doors, sku: str, node_id: str, quantity: int, segment: dict[str, str] | None, **more: Any) -> Any:
    """Units that a node has received."""
    moved = {"sku": sku, "node_id": node_id, "kind": "received", "quantity": quantity, "segment": segment, **more}
    doors.world.calls += 1
    answer = doors.api("inventory").post(
        "/v1/inventory/movements", {"movements": [moved]}, key=f"came-{doors.world.calls}"
    )
    if answer.status == 200 and answer.body["movements"][0]["outcome"] == "recorded":
        place = (name(sku, segment), node_id)
        doors.world.received[place] = doors.world.received.get(place, 0) + quantity
    return answer


def name(sku: str, segment: dict[str, str] | None) -> str:
    """How such stock is called in the tables."""
    return sku + ("#" + "&".join(f"{tag}={value}" for tag, value in segment.items()) if segment else "")


def available(doors: Doors, sku: str, query: str = "") -> dict[str, int]:
    item = doors.api("inventory").get(f"/v1/availability?skus={sku}{query}").body["items"][0]
    return {node["node_id"]: node["available"] for node in item["nodes"]}


@pytest.mark.capability("D12", whole=True)
@pytest.mark.parametrize(
    "segment",
    [
        {"condition": "used"},
        {"owner": "maker-3"},
        {"lot": "L-7"},
        {"expires_on": "2026-12-01"},
        {"serial": "SN 0001"},
        {"condition": "used", "owner": "maker-3", "lot": "L-7", "serial": "SN 0001", "expires_on": "2026-12-01"},
    ],
)
def test_a_line_gets_units_of_the_segment_that_it_asks_for_and_of_no_other(doors: Doors, segment: dict[str, str]):
    doors.world.add_item("TV", {"DC1": 4})
    assert came(doors, "TV", "S2", 2, segment).body["movements"] == [
        {
            "sku": "TV",
            "segment": segment,
            "node_id": "S2",
            "kind": "received",
            "quantity": 2,
            "outcome": "recorded",
            "deficit": 0,
        }
    ]
    query = "".join(f"&{tag}={value.replace(' ', '%20')}" for tag, value in segment.items())
    assert (available(doors, "TV"), available(doors, "TV", query)) == ({"DC1": 4}, {"S2": 2})
    assert given(doors, line("TV", 2)) == {"DC1": 2}
    assert given(doors, line("TV", 1, segment=segment)) == {"S2": 1}
    with doors.world.unchanged():
        wrong = {**segment, "lot": "L-8"}
        for other, units in ((segment, 2), (wrong, 1), (None, 3)):
            asked = document(line("TV", units, **({"segment": other} if other else {})), external_id="o-x")
            refused = doors.api("place_order").post("/v1/orders", asked)
            assert (refused.status, refused.body["code"], refused.pointers) == (
                409,
                "out_of_stock",
                ["/lines/0/quantity"],
            )
    assert (available(doors, "TV"), available(doors, "TV", query)) == ({"DC1": 2}, {"S2": 1})


@pytest.mark.capability("D12", "D11")
def test_a_segment_goes_with_its_line_to_the_node_and_back_and_its_ledger_is_its_own(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    came(doors, "TV", "S1", 3, USED)
    order_id = doors.place(document(line("TV", 2, segment=USED), line("A", 1)))
    assert [one["segment"] for one in doors.see(order_id)["lines"]] == [USED, None]
    works = doors.run_order_workflow(order_id)
    shown = [
        one
        for work in works
        for one in doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body["lines"]
        if one["sku"] == "TV"
    ]
    assert [(one["quantity"], one["segment"]) for one in shown] == [(2, USED)]
    told = doors.stored_event(order_id, "FulfillmentOrderReleased")["detail"]["data"]["lines"]
    assert ("TV", USED) in [(one["sku"], one["segment"]) for one in told]
    (work,) = [one.id for one in doors.world.order(order_id).fulfillment_orders if one.node_id == "S1"]
    act(doors, work, "accept")
    act(doors, work, "ship", lines=[{"line_no": 1, "quantity": 1}])
    act(doors, work, "close", reason="damaged", short=[{"line_no": 1, "sku": "TV", "quantity": 1}])
    entries = list(movements_of(doors.world.database, TENANT, name("TV", USED), "S1"))
    assert [(one.kind.value, one.quantity) for one in entries] == [
        ("received", 3),
        ("reserved", 2),
        ("allocated", 2),
        ("shipped", 1),
        ("damaged", 1),
    ]
    (row,) = rows_of(doors.world.database, TENANT, name("TV", USED))
    for bucket in (*BUCKETS, "available"):
        assert row.amount(bucket) == sum(entry.changes.get(bucket, 0) for entry in entries), bucket
    page = doors.api("inventory").get("/v1/inventory/TV/movements?node_id=S1&condition=used").body
    assert (page["sku"], page["segment"]) == ("TV", USED)
    assert [one["kind"] for one in page["movements"]] == ["damaged", "shipped", "allocated", "reserved", "received"]
    assert doors.api("inventory").get("/v1/inventory/TV/movements?node_id=S1").body["movements"] == []
    stock = doors.api("inventory").get("/v1/inventory/TV").body
    assert (stock["totals"]["on_hand"], [node["node_id"] for node in stock["nodes"]]) == (4, ["DC1"])
    (apart,) = stock["segments"]
    assert (apart["segment"], apart["totals"]["on_hand"], apart["totals"]["damaged"]) == (USED, 2, 1)
    assert apart["nodes"][0]["node_id"] == "S1"


@pytest.mark.capability("D12")
def test_units_are_sold_until_the_end_of_the_day_on_which_they_expire_where_they_lie(doors: Doors):
    doors.world.add_item("MILK", {})
    came(doors, "MILK", "S2", 5, LOT)
    query = "&lot=L-7&expires_on=2026-12-01"
    # By the calendar of the node, the first of December ends at five in the morning of the second in UTC.
    doors.world.clock.advance(seconds=(8 * 24 + 16) * 3_600)
    assert available(doors, "MILK", query) == {"S2": 5}
    assert given(doors, line("MILK", 1, segment=LOT)) == {"S2": 1}
    doors.world.clock.advance(seconds=3_600)
    assert available(doors, "MILK", query) == {}
    with doors.world.unchanged():
        asked = document(line("MILK", 1, segment=LOT), external_id="o-x")
        refused = doors.api("place_order").post("/v1/orders", asked)
        assert (refused.status, refused.body["errors"][0]["detail"]) == (
            409,
            "1 of MILK (lot L-7, expires_on 2026-12-01) are missing",
        )


@pytest.mark.capability("D12", "D3")
def test_a_basket_does_not_sell_what_has_expired_meanwhile(doors: Doors):
    doors.world.add_item("MILK", {"DC1": 1})
    came(doors, "MILK", "S2", 5, LOT)
    lines = [{"sku": "MILK", "quantity": 2, "segment": LOT}, {"sku": "MILK", "quantity": 1}]
    basket = {"channel": "web", "ttl_seconds": 30 * 86_400, "lines": lines}
    made = doors.api("reservations").post("/v1/reservations", basket)
    doors.world.clock.advance(seconds=10 * 86_400)
    with doors.world.unchanged():
        asked = document(line("MILK", 2, segment=LOT), line("MILK", 1), reservation_id=made.body["id"])
        refused = doors.api("place_order").post("/v1/orders", asked)
        assert (refused.status, refused.body["code"], refused.pointers) == (409, "out_of_stock", ["/lines/0/quantity"])
    order_id = doors.place(document(line("MILK", 1), reservation_id=made.body["id"]))
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1}
    row = doors.world.stock(name("MILK", LOT), "S2")
    assert (row.on_hand, row.reserved) == (5, 0), "the basket has become the order, and keeps nothing"


@pytest.mark.capability("D12", "D17", "E8")
def test_a_lot_that_is_recalled_is_not_sold_and_its_open_work_leaves_the_node(doors: Doors):
    doors.world.add_item("MILK", {"S1": 5})
    for node_id in ("S1", "S2"):
        came(doors, "MILK", node_id, 2, {"lot": "L-7"})
    hold_rules(doors.api("rule_sets"), {"exclusions": []})
    order_id = doors.place(document(line("MILK", 2, segment={"lot": "L-7"})))
    doors.run_order_workflow(order_id)
    assert at(doors, order_id) == [("S1", "OPEN")]
    blocked = {"sku": "MILK", "node_id": "S1", "segment": {"lot": "L-7"}, "kind": "blocked", "quantity": 2}
    sent = message("wms.S1", "RecordMovements", "m-1", movements=[{**blocked, "reason": "recall"}])
    assert doors.queue("node_messages", sent) == []
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    fact = next(json.loads(str(row["detail"])) for row in reversed(rows) if row["type"] == "StockMoved")
    assert fact["data"]["shortages"] == [{"sku": "MILK", "segment": {"lot": "L-7"}, "node_id": "S1", "deficit": 2}]
    assert doors.queue("vacate_nodes", {"source": "spine", "detail-type": "StockMoved", "detail": fact}) == []
    assert at(doors, order_id) == [("S1", "REJECTED"), ("S2", "SCHEDULED")]
    assert doors.world.stock(name("MILK", {"lot": "L-7"}), "S1").available == 0
    assert available(doors, "MILK") == {"S1": 5}, "the rest of the item is as it was"


@pytest.mark.capability("D12", "D17", "D5")
def test_a_rule_may_speak_of_a_lot_wherever_it_lies_and_whatever_else_is_said_of_it(doors: Doors):
    doors.world.add_item("MILK", {"DC1": 3})
    for segment in ({"lot": "L-7"}, LOT, {"lot": "L-8"}):
        came(doors, "MILK", "S1", 2, segment)
    recall = {"id": "recall-7", "where": {"skus": ["MILK"], "segment": {"lot": "L-7"}}}
    hold_rules(doors.api("rule_sets"), {"exclusions": [recall]})
    assert given(doors, line("MILK", 1)) == {"DC1": 1}
    assert given(doors, line("MILK", 1, segment={"lot": "L-8"})) == {"S1": 1}
    with doors.world.unchanged():
        for segment in ({"lot": "L-7"}, LOT):
            asked = document(line("MILK", 1, segment=segment), external_id="o-x")
            assert doors.api("place_order").post("/v1/orders", asked).status == 409
    (node,) = doors.api("inventory").get("/v1/availability?skus=MILK&lot=L-7&channel=web").body["items"][0]["nodes"]
    assert (node["available"], node["kept_back"][0]["rule"]) == (0, "recall-7")


@pytest.mark.capability("D12", "D5", "D6")
def test_a_buffer_of_an_item_is_none_of_its_segments_unless_it_names_them(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    for segment in (USED, {"condition": "open box"}):
        came(doors, "TV", "S1", 3, segment)
    usual = {"id": "usual", "priority": 1, "units": 4}
    of_used = {"id": "used", "priority": 1, "units": 2, "where": {"segment": USED}}
    pool = {"id": "shop", "units": 3, "channels": ["store"]}
    hold_rules(doors.api("rule_sets"), {"safety": [usual, of_used], "pools": [pool]})
    asked = [("TV", ""), ("TV", "&condition=used"), ("TV", "&condition=open%20box")]
    assert [available(doors, sku, f"{query}&channel=web").get("S1", 0) for sku, query in asked] == [0, 1, 3]
    assert available(doors, "TV", "&channel=web") == {"DC1": 0}
    assert given(doors, line("TV", 3, segment={"condition": "open box"})) == {"S1": 3}
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("TV", 2, segment=USED), external_id="o-x"))
        assert refused.status == 409
    assert given(doors, line("TV", 1, segment=USED)) == {"S1": 1}


@pytest.mark.capability("D12", "D3", "D9")
def test_baskets_and_promises_ask_for_segments_too(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    came(doors, "TV", "S1", 2, USED)
    wanted = {"sku": "TV", "quantity": 2, "segment": USED}
    made = doors.api("reservations").post("/v1/reservations", {"channel": "web", "lines": [wanted]})
    assert (made.status, made.body["lines"][0]["segment"], made.body["lines"][0]["held"]) == (
        201,
        USED,
        [{"node_id": "S1", "quantity": 2}],
    )
    told = [row for (table, _), row in doors.world.database.rows.items() if table == "events"][-1]
    assert json.loads(str(told["detail"]))["data"]["units"] == [
        {"sku": "TV", "segment": USED, "node_id": "S1", "quantity": 2}
    ]
    with doors.world.unchanged():
        again = doors.api("reservations").post("/v1/reservations", {"channel": "web", "lines": [wanted]})
        assert (again.status, again.body["errors"][0]["detail"]) == (409, "2 of TV (condition used) are missing")
    asked = document(line("TV", 2, segment=USED), reservation_id=made.body["id"])
    order_id = doors.place(asked)
    assert doors.world.stock(name("TV", USED), "S1").reserved == 2
    assert doors.see(order_id)["lines"][0]["segment"] == USED
    came(doors, "TV", "S1", 1, USED)
    option = promised(doors, {"sku": "TV", "quantity": 1, "segment": USED}).body["options"][0]
    assert (option["can"], option["lines"][0]["segment"], option["lines"][0]["node_kinds"]) == (True, USED, ["store"])
    option = promised(doors, {"sku": "TV", "quantity": 2, "segment": USED}).body["options"][0]
    assert (option["can"], option["lines"][0]["missing"]) == (False, 1)
