"""Parcels that were lost or damaged: what is claimed is sent again or paid back, once, and written off."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.evidence import order_facts
from oms.finance.posting import postings_of
from oms.platform.clock import parse_instant
from oms.registry.store import node_write
from tests.carrier_messages import easypost, hear, scan, shipped, tracker
from tests.order_doors import Doors, doors
from tests.order_nodes import node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

LOST = {"reason": "lost", "resolution": "reship"}
BACK = {"reason": "damaged", "resolution": "refund"}


def sent(doors: Doors, *lines: dict[str, Any], number: str = "1Z1", external_id: str = "o-1") -> str:
    """An order all of which left in one parcel and is paid."""
    order_id = doors.place(document(*(lines or (line("A", 3),)), external_id=external_id))
    (work,) = doors.run_order_workflow(order_id)
    shipped(doors, work, {"tracking_number": number})
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    return order_id


def claim(doors: Doors, what: dict[str, Any], *units: tuple[int, int], number: str = "1Z1", **more: Any) -> Any:
    lines = [{"line_no": line_no, "quantity": quantity} for line_no, quantity in units]
    return doors.api("change_orders").post(f"/v1/parcels/{number}/claims", {**what, "lines": lines}, **more)


def counts(doors: Doors, order_id: str) -> list[dict[str, int]]:
    return [one["quantities"] for one in doors.see(order_id)["lines"]]


def ledger(doors: Doors, order_id: str, kind: str) -> list[tuple[str, int, int]]:
    """What an event of an order posts: account, debit and credit."""
    detail = doors.stored_event(order_id, kind)["detail"]
    at = parse_instant(detail["meta"]["occurred_at"])
    found = postings_of(kind, detail["data"], detail["meta"]["id"], at)
    return [(one.account, one.debit, one.credit) for posting in found for one in posting.entry.lines]


@pytest.mark.capability("H8")
def test_lost_units_are_sent_again_at_no_price(doors: Doors):
    order_id = sent(doors)
    before = doors.see(order_id)
    assert (before["status"], before["payment_status"]) == ("COMPLETED", "CAPTURED")
    made = claim(doors, LOST, (1, 2))
    assert made.status == 201, made.body
    (work,) = made.body["fulfillment_order_ids"]
    assert (made.body["reason"], made.body["resolution"], made.body["refund_id"]) == ("lost", "reship", None)
    assert made.body["lines"] == [{"line_no": 1, "sku": "A", "quantity": 2, "replaced_by": 2}]
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 2}, {"allocated": 2}]
    now = doors.see(order_id)
    assert (now["status"], now["lines"][1]["replaces"], now["lines"][1]["total"]) == ("IN_PROGRESS", 1, 0)
    assert now["groups"][1]["ship_to"] == now["groups"][0]["ship_to"]
    assert (work,) == tuple(doors.run_order_workflow(order_id))
    again = shipped(doors, work, {"tracking_number": "1Z2"})
    assert (again["total"], again["captures"]) == (0, [])
    done = doors.see(order_id)
    assert (done["status"], done["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert [one["captured"] for one in done["payments"]] == [one["captured"] for one in before["payments"]]
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 2}, {"shipped": 2}]
    assert done["shipments"][0]["claims"][0]["id"] == made.body["id"]


@pytest.mark.capability("H8")
def test_what_is_paid_back_is_owed_as_a_return_of_what_never_came(doors: Doors):
    order_id = sent(doors)
    made = claim(doors, BACK, (1, 1))
    assert made.status == 201, made.body
    now = doors.see(order_id)
    (refund,) = now["refunds"]
    assert (refund["id"], refund["amount"]) == (made.body["refund_id"], now["total"] // 3)
    assert counts(doors, order_id) == [{"shipped": 2, "lost": 1}]
    posted = ledger(doors, order_id, "ReturnAccepted")
    assert ("2050", 0, refund["amount"]) in posted
    assert sum(debit - credit for _, debit, credit in posted) == 0
    assert ledger(doors, order_id, "ParcelClaimed") == []
    rest = doors.api("returns").post(
        f"/v1/orders/{order_id}/returns",
        {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 1, "quantity": 3}]},
    )
    assert (rest.status, rest.body["errors"][0]["code"]) == (422, "more_than_delivered")


@pytest.mark.capability("H8")
def test_nothing_is_claimed_twice_nor_more_than_was_in_the_parcel_nor_what_came_back(doors: Doors):
    order_id = sent(doors, line("A", 3), line("B", 1))
    with doors.world.unchanged():
        for units in ([(1, 4)], [(1, 2), (1, 2)], [(3, 1)]):
            refused = claim(doors, LOST, *units)
            assert (refused.status, refused.body["code"]) == (409, "more_than_in_parcel")
            assert refused.body["errors"][0]["pointer"] == "/lines/0/quantity"
            assert refused.body["remedy"]
        assert claim(doors, LOST, (1, 1), number="NOBODYS").status == 404
        assert claim(doors, LOST, (1, 1), tenant="globex").status == 404
        stale = claim(doors, LOST, (1, 1), headers={"if-match": "1"})
        assert (stale.status, stale.body["code"]) == (409, "stale_version")
    back = {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("returns").post(f"/v1/orders/{order_id}/returns", back).status == 201
    assert claim(doors, BACK, (1, 1), key="one").status == 201
    assert claim(doors, LOST, (1, 1), key="two").status == 201
    with doors.world.unchanged():
        assert claim(doors, BACK, (1, 1), key="three").body["code"] == "more_than_in_parcel"
    replayed = claim(doors, BACK, (1, 1), key="one")
    assert (replayed.status, len(doors.see(order_id)["shipments"][0]["claims"])) == (201, 2)


@pytest.mark.capability("H8")
def test_what_replaces_lost_units_may_be_lost_too_and_comes_back_as_the_line_that_was_paid(doors: Doors):
    order_id = sent(doors, line("A", 2))
    (work,) = claim(doors, LOST, (1, 1)).body["fulfillment_order_ids"]
    with doors.world.unchanged():
        early = doors.api("returns").post(
            f"/v1/orders/{order_id}/returns",
            {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 1, "quantity": 2}]},
        )
        assert (early.status, early.body["errors"][0]["code"]) == (422, "more_than_delivered")
    doors.run_order_workflow(order_id)
    shipped(doors, work, {"tracking_number": "1Z2"})
    with doors.world.unchanged():
        wrong = doors.api("returns").post(
            f"/v1/orders/{order_id}/returns",
            {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 2, "quantity": 1}]},
        )
        assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "replacement")
    lost_again = claim(doors, BACK, (2, 1), number="1Z2")
    assert lost_again.status == 201, lost_again.body
    (refund,) = doors.see(order_id)["refunds"]
    assert refund["amount"] == doors.see(order_id)["total"] // 2
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"lost": 1}]
    rest = doors.api("returns").post(
        f"/v1/orders/{order_id}/returns",
        {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 1, "quantity": 1}]},
    )
    assert rest.status == 201, rest.body
    assert counts(doors, order_id) == [{"returned": 1, "lost": 1}, {"lost": 1}]
    assert sum(one["amount"] for one in doors.see(order_id)["refunds"]) == doors.see(order_id)["total"]


@pytest.mark.capability("H8")
def test_where_nobody_has_the_units_nothing_is_done_and_they_can_be_paid_back(doors: Doors):
    doors.world.add_item("RARE", {"DC1": 2})
    order_id = sent(doors, line("RARE", 2))
    with doors.world.unchanged():
        refused = claim(doors, LOST, (1, 1))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
        assert refused.body["errors"][0]["pointer"] == "/lines/0/quantity"
    assert claim(doors, {**BACK, "reason": "lost"}, (1, 1)).status == 201
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}]


@pytest.mark.capability("H8", "D3")
@pytest.mark.parametrize("what", [LOST, BACK], ids=["sent again", "paid back"])
def test_the_stock_ledger_has_the_units_back_and_scrapped_and_the_row_as_it_was(doors: Doors, what: dict[str, Any]):
    order_id = sent(doors)
    before = doors.world.stock("A", "DC1")
    assert claim(doors, what, (1, 2)).status == 201
    now = doors.world.stock("A", "DC1")
    assert (now.on_hand, now.damaged) == (before.on_hand, 0)
    listed = doors.api("inventory").get("/v1/inventory/A/movements?node_id=DC1&limit=50")
    assert listed.status == 200, listed.body
    cause = doors.see(order_id)["shipments"][0]["claims"][0]
    reason = f"parcel_{what['reason']}"
    moved = [(one["kind"], one["quantity"]) for one in listed.body["movements"] if one["reason"] == reason]
    assert sorted(moved) == [("damaged", 2), ("returned", 2), ("scrapped", 2)]
    assert cause["lines"][0]["quantity"] == 2


@pytest.fixture(name="files")
def export_bucket(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExportBucket]:
    """The export bucket, empty."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("EXPORT_BUCKET", "exports")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="exports")
        made = ExportBucket(client)
        monkeypatch.setattr(doors.module("finance_export"), "bucket", made)
        yield made


@pytest.mark.capability("H8", whole=True)
def test_a_claim_is_sent_again_or_paid_back_written_off_and_a_file_for_the_carrier(doors: Doors, files: ExportBucket):
    """A supplier sent three units at 405 each: one is lost and sent again, one broke and is paid back."""
    doors.world.database.commit([node_write(TENANT, node("SUP", "supplier", 41.0, -74.0))])
    doors.world.add_item("TEA", {"SUP": 9})
    terms = {"node_id": "SUP", "sku": "TEA", "currency": "USD", "unit_cost": 405, "commission_ppm": 0}
    assert doors.api("registry").put("/v1/supplier-items", {"supplier_items": [terms]}).status == 200
    order_id = doors.place(document(line("TEA", 3), external_id="o-1"))
    (work,) = doors.run_order_workflow(order_id)
    shipped(doors, work, {"carrier": "UPS", "tracking_number": "1Z1"})
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    before = doors.world.stock("TEA", "SUP")

    again = claim(doors, LOST, (1, 1), key="one")
    assert ledger(doors, order_id, "ParcelClaimed") == [("6040", 405, 0), ("5010", 0, 405)]
    back = claim(doors, BACK, (1, 1), key="two")
    assert (again.status, back.status) == (201, 201)
    assert ledger(doors, order_id, "ParcelClaimed") == [("6040", 405, 0), ("5010", 0, 405)]
    now = doors.see(order_id)
    assert [(one["id"], one["amount"]) for one in now["refunds"]] == [(back.body["refund_id"], now["total"] // 3)]
    assert ("2050", 0, now["total"] // 3) in ledger(doors, order_id, "ReturnAccepted")
    after = doors.world.stock("TEA", "SUP")
    assert (after.on_hand, after.allocated) == (before.on_hand, before.allocated + 1)
    (again_work,) = again.body["fulfillment_order_ids"]
    assert tuple(doors.run_order_workflow(order_id)) == (again_work,)
    shipped(doors, again_work, {"carrier": "UPS", "tracking_number": "1Z2"})
    facts = order_facts(doors.world.order(order_id))
    assert (facts.supplied_cost, facts.returned_goods, facts.delivered_goods) == (1620, 1000, 3000)

    told = doors.told("ParcelClaimed")
    assert doors.queue("finance_export", *told, *told) == []
    names = [one.key for one in files.objects("")]
    folder = "finance/v1/tenant=acme/carrier_claims/carrier=UPS"
    assert names == sorted(f"{folder}/{one.body['id']}.csv" for one in (again, back))
    rows = list(csv.DictReader(files.read(f"{folder}/{back.body['id']}.csv").decode().splitlines()))
    shipment = now["shipments"][0]["id"]
    assert rows == [
        {
            **{"claim_id": back.body["id"], "claimed_at": "2026-11-23T12:00:00.000Z", "carrier": "UPS"},
            **{"tracking_number": "1Z1", "node_id": "SUP", "order_id": order_id, "shipment_id": shipment},
            **{"reason": "damaged", "resolution": "refund", "line_no": "1", "sku": "TEA", "quantity": "1"},
            **{"value_minor": "1000", "currency": "USD"},
        }
    ]


@pytest.mark.capability("H8")
def test_a_parcel_that_was_delivered_may_hold_damaged_units(doors: Doors):
    order_id = sent(doors)
    easypost(doors, tracker("1Z1", scan("delivered", "2026-11-24T09:00:00Z")))
    assert hear(doors) == []
    assert claim(doors, BACK, (1, 1)).status == 201
    assert counts(doors, order_id) == [{"delivered": 2, "lost": 1}]


@pytest.mark.capability("H8", "B1")
def test_what_replaced_lost_units_comes_back_too_and_every_unit_is_counted_once(doors: Doors):
    order_id = sent(doors, line("A", 3))
    (work,) = claim(doors, LOST, (1, 1)).body["fulfillment_order_ids"]
    doors.run_order_workflow(order_id)
    shipped(doors, work, {"tracking_number": "1Z2"})
    returns = [[{"returned": 2, "lost": 1}, {"shipped": 1}], [{"returned": 2, "lost": 1}, {"returned": 1}]]
    for units, then in zip((2, 1), returns, strict=True):
        back = {"node_id": "DC1", "reason": "unwanted", "lines": [{"line_no": 1, "quantity": units}]}
        assert doors.api("returns").post(f"/v1/orders/{order_id}/returns", back).status == 201
        assert counts(doors, order_id) == then
    assert sum(one["amount"] for one in doors.see(order_id)["refunds"]) == doors.see(order_id)["total"]


@pytest.mark.capability("H8", "F10")
def test_what_replaced_lost_units_and_is_cancelled_on_another_way_may_be_claimed_again(doors: Doors):
    order_id = sent(doors, line("A", 2))
    assert claim(doors, LOST, (1, 1), key="one").status == 201
    api = doors.api("change_orders")
    way = {"reason": "wish", "lines": [{"line_no": 2, "quantity": 1}], "method": "pickup", "pickup_node": "S1"}
    moved = api.post(f"/v1/orders/{order_id}/method-changes", way)
    assert moved.status == 200, moved.body
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"cancelled": 1}, {"allocated": 1}]
    with doors.world.unchanged():
        assert claim(doors, BACK, (1, 2), key="two").body["code"] == "more_than_in_parcel"
    less = {"reason": "wish", "lines": [{"line_no": 3, "quantity": 1}]}
    assert api.post(f"/v1/orders/{order_id}/cancellations", less).status == 200
    assert claim(doors, BACK, (1, 1), key="three").status == 201
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"cancelled": 1}, {"cancelled": 1}]
    (refund,) = doors.see(order_id)["refunds"]
    assert refund["amount"] == doors.see(order_id)["total"] // 2
