"""Segments of one item at several nodes for the first time, what is told of them, and kits, which have none."""

from __future__ import annotations

import json

import pytest

from tests.functions.test_backorders import WAITS
from tests.functions.test_rerouting import act
from tests.functions.test_segments import USED, available, came, name
from tests.functions.test_strategies import hold
from tests.intake_doors import Intake, count, intake
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "intake", "world"]

_HEADER = "node_id,sku,quantity,as_of,source,sequence,reason,condition,owner,lot,serial,expires_on"


@pytest.mark.capability("D12", "D2")
def test_a_new_segment_may_come_to_several_nodes_at_once(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    kind = {"sku": "TV", "kind": "received", "segment": USED}
    moved = [{**kind, "node_id": "S1", "quantity": 1}, {**kind, "node_id": "S2", "quantity": 2}]
    answer = doors.api("inventory").post("/v1/inventory/movements", {"movements": moved})
    assert (answer.status, [one["outcome"] for one in answer.body["movements"]]) == (200, ["recorded", "recorded"])
    doors.world.received |= {(name("TV", USED), "S1"): 1, (name("TV", USED), "S2"): 2}
    assert available(doors, "TV", "&condition=used") == {"S1": 1, "S2": 2}
    (apart,) = doors.api("inventory").get("/v1/inventory/TV").body["segments"]
    assert (apart["segment"], apart["totals"]["on_hand"]) == (USED, 3)


@pytest.mark.capability("D12", "D2")
def test_a_new_segment_may_be_counted_at_several_nodes_at_once(doors: Doors):
    told = {"sku": "A", "segment": USED, "as_of": "2026-11-23T12:00:00Z", "source": "wms", "sequence": 1, "reason": "x"}
    counts = [{**told, "node_id": node_id, "quantity": 3} for node_id in ("DC1", "S1", "S2")]
    assert doors.api("inventory").post("/v1/inventory/snapshots", {"snapshots": counts}).status == 200
    doors.world.received |= {(name("A", USED), node_id): 3 for node_id in ("DC1", "S1", "S2")}
    assert available(doors, "A", "&condition=used") == {"DC1": 3, "S1": 3, "S2": 3}


@pytest.mark.capability("D12", "O4")
def test_a_file_may_count_a_new_segment_at_several_nodes(intake: Intake):
    intake.drop(*(count(node_id, units=2) + ",used,,,," for node_id in ("S1", "S2")), header=_HEADER)
    intake.until_empty()
    assert intake.results()[1:] == ["2,recorded,,", "3,recorded,,"]
    assert available(intake.doors, "A", "&condition=used") == {"S1": 2, "S2": 2}
    intake.doors.world.received |= {(name("A", USED), node_id): 2 for node_id in ("S1", "S2")}
    intake.settle()


@pytest.mark.capability("D12", "D13")
def test_no_kit_can_be_had_in_a_segment(doors: Doors):
    doors.world.add_item("SET", {}, kind="kit", components=[{"sku": "A", "quantity": 2}])
    came(doors, "A", "S2", 4, USED)
    found = doors.api("inventory").get("/v1/availability?skus=SET,A&condition=used").body["items"]
    assert [(one["sku"], one["available"]) for one in found] == [("SET", 0), ("A", 4)]
    assert available(doors, "SET") == {"DC1": 5, "S1": 2, "S2": 2}


@pytest.mark.capability("D12", "I3")
def test_that_there_is_more_of_a_segment_is_told_of_its_item(doors: Doors):
    doors.world.add_item("TV", {})
    hold(doors, WAITS)
    doors.place(document(line("TV", 1, segment=USED)))
    came(doors, "TV", "S2", 1, USED)
    keys = {"pk": {"S": f"T#{TENANT}#SKU#{name('TV', USED)}"}, "sk": {"S": "NODE#S2"}}
    change = {"Keys": keys, "SequenceNumber": "100", "NewImage": {"available": {"N": "1"}}}
    assert doors.module("stock_levels").handler({"Records": [{"dynamodb": change}]}, None) == {"batchItemFailures": []}
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    (fact,) = [json.loads(str(row["detail"])) for row in rows if row["type"] == "StockFreed"]
    assert (fact["meta"]["entity"], fact["data"]) == ("FREED#TV#100", {"sku": "TV", "segment": USED})


@pytest.mark.capability("D12", "F3")
def test_what_a_node_lacks_of_a_segment_is_said_in_words(doors: Doors):
    doors.world.add_item("TV", {})
    came(doors, "TV", "S2", 2, USED)
    order_id = doors.place(document(line("TV", 2, segment=USED)))
    (work,) = doors.run_order_workflow(order_id)
    act(doors, work, "accept")
    lost = {"sku": "TV", "segment": USED, "node_id": "S2", "kind": "adjusted", "quantity": -1, "reason": "lost"}
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": [lost]}).status == 200
    doors.world.received[name("TV", USED), "S2"] = 1
    with doors.world.unchanged():
        answer = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
        said = "The stock of TV (condition used) at this node is less than what leaves."
        assert (answer.status, answer.body["code"], answer.body["detail"]) == (409, "out_of_stock", said)
    # Once it is found again, all of it leaves.
    came(doors, "TV", "S2", 1, USED)
    act(doors, work, "ship")
