"""order_files: a file of orders is placed row by row, history is stored without effects, and each row is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.intake_doors import dropped
from tests.order_doors import doors
from tests.order_file_doors import FOLDER, KEY, OrderIntake, order_files, past
from tests.order_world import STOCK, document, line, world

__all__ = ["doors", "order_files", "world"]

PLAIN = ("id", "status", "payment_status", "fulfillment_status", "placed_at", "available_actions", "total")


def untouched(intake: OrderIntake) -> dict[str, Any]:
    """Everything that is not the order itself: stock, ledger, and the mail and money of the provider."""
    rows = intake.doors.world.database.rows
    return {
        "rows": {place: row for place, row in rows.items() if place[0] not in ("orders", "events", "commands")},
        "money": list(intake.doors.world.provider.effects),
    }


@pytest.mark.capability("O4")
def test_each_row_is_placed_or_refused_alone_and_has_its_result(order_files: OrderIntake):
    wrong = document(line("A", 1), external_id="2")
    wrong["lines"][0]["total"] += 1
    card = document(line("A", 1), external_id="3", note="4242 4242 4242 4242")
    order_files.drop_orders(
        document(line("A", 4), external_id="1"),
        wrong,
        card,
        "{not json",
        document(line("A", 17), external_id="4"),
        document(line("NONE", 1), external_id="5"),
        "",
        document(line("A", 1), external_id="6", payments=[]),
    )
    order_files.until_empty()
    first, *refused, last = order_files.rows()
    assert order_files.results(folder=FOLDER)[0] == "row,outcome,code,detail,order_id"
    assert first.startswith("1,placed,,,ord_")
    assert refused == [
        '2,refused,sum_mismatch,"lines/0/total: stated 1001, but the parts add up to 1000",',
        "3,refused,card_number_found,note: A field holds what looks like a card number.,",
        f"4,refused,malformed_json,{refused[2].split(',', 3)[3]}",
        "5,refused,out_of_stock,lines/0/quantity: 1 of A are missing,",
        "6,refused,unknown_sku,lines/0/sku: there is no item NONE,",
    ]
    placed = order_files.doors.see(first.rpartition(",")[2])
    assert (placed["external_id"], placed["status"], placed["lines"][0]["quantities"]) == (
        "1",
        "CONFIRMED",
        {"open": 4},
    )
    # One that fails a business check is kept for a person, as over HTTP.
    assert order_files.doors.see(last.rpartition(",")[2])["status"] == "PENDING_REVIEW"
    assert order_files.doors.world.stock("A", "DC1").reserved == 5
    counts = {"rows": 7, "placed": 2, "imported": 0, "refused": 5}
    assert {name: order_files.manifest(FOLDER)[name] for name in counts} == counts
    about = {"file": KEY, "object_version": "v1", "manifest": f"{FOLDER}/manifest.json"}
    assert order_files.told("OrderFileLoaded") == [{**about, **counts}]
    assert "4242 4242" not in json.dumps(list(order_files.doors.world.tables().values()))


@pytest.mark.capability("A7", whole=True)
def test_history_is_stored_as_told_without_any_effect_and_the_file_run_again_is_a_no_op(order_files: OrderIntake):
    gone = {"status": "CANCELLED", "lines": [{"line_no": 1, "cancelled": 2}]}
    cancelled = past(2, line("A", 2), history=gone)
    live = document(line("B", 1), external_id="live")
    before = untouched(order_files)
    order_files.drop_orders(past(), cancelled)
    order_files.until_empty()
    assert untouched(order_files) == before
    order_id, other_id = order_files.order_ids()
    assert order_files.rows() == [f"1,imported,,,{order_id}", f"2,imported,,,{other_id}"]
    seen = order_files.doors.see(order_id)
    assert {name: seen[name] for name in PLAIN} == {
        "id": order_id,
        "status": "COMPLETED",
        "payment_status": "PARTIALLY_REFUNDED",
        "fulfillment_status": "FULFILLED",
        "placed_at": "2024-02-29T10:00:00.000Z",
        "available_actions": [],
        "total": 5000,
    }
    assert [one["quantities"] for one in seen["lines"]] == [
        {"delivered": 2},
        {"delivered": 1, "returned": 1, "cancelled": 1},
    ]
    assert (seen["shipments"], seen["payments"], seen["fulfillment_orders"], seen["refunds"]) == ([], [], [], [])
    assert seen["history"] == {
        "imported_at": "2026-11-23T12:00:00.000Z",
        "gone": [{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 2}],
        "returned": [{"line_no": 2, "quantity": 1}],
        "payments": [
            {"tender": "card", "provider": "old-psp", "reference": "ch_1", "captured": 4000, "refunded": 1000}
        ],
    }
    other = order_files.doors.see(other_id)
    assert [other[name] for name in ("status", "payment_status", "fulfillment_status")] == [
        "CANCELLED",
        "UNPAID",
        "UNFULFILLED",
    ]
    # It is found on the day on which it was placed, and by the number that its channel knows it by.
    api = order_files.doors.api("read_orders")
    listed = api.get("/v1/orders?placed_from=2024-02-29&placed_to=2024-02-29").body["orders"]
    assert sorted(one["id"] for one in listed) == sorted([order_id, other_id])
    assert [one["id"] for one in api.get("/v1/orders?channel=web&external_id=old-1").body["orders"]] == [order_id]
    assert [row["event"] for row in order_files.doors.timeline(order_id)] == ["OrderImported"]

    order_files.drop_orders(live, past(), cancelled)
    order_files.until_empty()
    again = FOLDER.replace("v1", "v2")
    placed_id = order_files.order_ids(folder=again)[0]
    assert order_files.order_ids(folder=again)[1:] == [order_id, other_id]
    held = order_files.doors.world.stock("B", "DC1").reserved
    orders = order_files.doors.world.order_ids()
    assert (held, set(orders)) == (1, {order_id, other_id, placed_id})
    # The very file once more: no order, no unit, no event but that it was read; and the same answer to the last byte.
    told = len(order_files.told("OrderPlaced")) + len(order_files.told("OrderImported"))
    order_files.drop_orders(live, past(), cancelled)
    order_files.until_empty()
    stored = order_files.objects.stored
    third = FOLDER.replace("v1", "v3")
    assert stored[f"{third}/part-00001.csv"] == stored[f"{again}/part-00001.csv"]
    assert len(order_files.told("OrderPlaced")) + len(order_files.told("OrderImported")) == told == 3
    assert order_files.doors.world.order_ids() == orders
    assert order_files.doors.world.stock("B", "DC1").reserved == held
    assert {node: order_files.doors.world.stock("A", node).available for node in STOCK} == STOCK


@pytest.mark.capability("O4")
def test_a_file_of_csv_names_fields_in_its_header(order_files: OrderIntake):
    header = (
        "channel,external_id,selling_node,taken_by,currency,locale,ship_to/country,ship_to/postal_code,"
        "lines/0/sku,lines/0/quantity,lines/0/unit_price,lines/0/total,lines/1/sku,lines/1/quantity,"
        "lines/1/unit_price,lines/1/total,totals/goods,totals/total,payments/0/provider,payments/0/token,"
        "payments/0/amount,ordered_at,history/status"
    )
    agreed = "WEB,shop,USD,en-US,US,10003"
    rows = (
        f"web,c1,{agreed},A,2,500,1000,B,1,700,700,1700,1700,strict,tok_visa,1700,,",
        f'web,"c,2",{agreed},A,2,500,1000,,,,,1000,1000,,,,2024-02-29T10:00:00Z,COMPLETED',
        f"web,c3,{agreed},A,two,500,1000,,,,,1000,1000,strict,tok_visa,1000,,",
        "web,c4",
    )
    key = "orders/acme/batch.csv"
    order_files.drop(*rows, key=key, header=header)
    order_files.until_empty()
    folder = "results/acme/orders/batch.csv/v1"
    placed, imported, wrong, short = order_files.rows(folder=folder)
    assert placed.startswith("2,placed,,,ord_")
    assert imported.startswith("3,imported,,,ord_")
    assert wrong.startswith("4,refused,int_type,lines/0/quantity: ")
    assert short == "5,refused,malformed_row,The header has 23 columns; this row has 2.,"
    first, second = (order_files.doors.see(row.rpartition(",")[2]) for row in (placed, imported))
    assert (first["total"], len(first["lines"]), first["status"]) == (1700, 2, "CONFIRMED")
    assert (second["external_id"], second["total"], second["status"]) == ("c,2", 1000, "COMPLETED")
    order_files.drop("web,c1", key="orders/acme/wrong.csv", header="channel,channel")
    order_files.until_empty()
    assert order_files.rows(folder="results/acme/orders/wrong.csv/v1") == [
        '1,refused,header_needed,"The first line must name each column once, channel and external_id among them.",'
    ]


@pytest.mark.capability("O4")
@pytest.mark.parametrize("key", ["orders/acme/a.txt", "orders/acme/b/a.jsonl", "stock/acme/a.csv", "orders/a.csv"])
def test_what_is_no_file_of_orders_is_set_aside(order_files: OrderIntake, key: str):
    order_files.objects.drop(key, b"{}")
    with order_files.doors.world.unchanged():
        assert order_files.work_off(dropped(key, "v1")) == ["m0"]
