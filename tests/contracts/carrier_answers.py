"""Calls about parcels, for the check of every answer."""

from __future__ import annotations

import pytest

from oms.carriers.adapters.label_bucket import LabelBucket
from oms.carriers.events import TrackingReported
from oms.carriers.leaving import note_parcels
from oms.carriers.tracking import record_tracking, take_tracking
from oms.fulfillment.model import ParcelStatus
from oms.platform.consumers import Event
from tests.contracts.described import Gateway
from tests.fake_easypost import FakeEasyPost
from tests.intake_doors import LabelObjects
from tests.order_world import document, line

BY = {"provider": "easypost", "carrier": "USPS", "service": "Priority"}
ZONES = [{"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}]
CARD = {"currency": "USD", "services": [{"id": "labelled", "zones": ZONES, "ships_by": BY}]}
LABEL = {"package_no": 1, "service": "labelled", "weight_grams": 700}


def label_of(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, work_id: str) -> str:
    """The id of a label that is bought for some work."""
    monkeypatch.setattr("oms.carriers.routes.carrier", FakeEasyPost().carrier)
    gateway.send("PUT", "/v1/sourcing/rate-cards/labels", CARD)
    promoted = {"headers": {"if-match": "1"}}
    gateway.send("POST", "/v1/sourcing/rate-cards/labels/promotions", {"number": 1}, **promoted)
    status, label = gateway.send("POST", f"/v1/fulfillment-orders/{work_id}/labels", LABEL)
    assert (status, label["status"]) == (201, "BOUGHT")
    return str(label["id"])


def labels(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label is bought, looked at and given back; one is refused."""
    order_id = gateway.send("POST", "/v1/orders", document(line("B", 1), external_id="labelled"))[1]["id"]
    gateway.world.released(order_id)
    (work,) = gateway.world.order(order_id).fulfillment_orders
    label = label_of(gateway, monkeypatch, work.id)
    assert gateway.send("GET", f"/v1/labels/{label}")[1]["cost"] == 758
    monkeypatch.setenv("INTAKE_BUCKET", "files")
    monkeypatch.setattr("oms.carriers.label_files.LabelBucket", lambda: LabelBucket(LabelObjects()))
    assert gateway.send("GET", f"/v1/labels/{label}/file")[1]["bytes"] == 37
    assert gateway.send("POST", f"/v1/fulfillment-orders/{work.id}/labels", LABEL)[1]["code"] == "label_exists"
    assert gateway.send("POST", f"/v1/fulfillment-orders/{work.id}/rates", {"weight_grams": 1})[1]["rates"]
    assert gateway.send("POST", f"/v1/labels/{label}/void")[1]["status"] == "VOIDED"
    assert gateway.send("POST", f"/v1/fulfillment-orders/{work.id}/labels", LABEL)[1]["status"] == "BOUGHT"
    day = {"carrier": "USPS", "date": "2026-11-23"}
    status, manifest = gateway.send("POST", "/v1/nodes/DC1/manifests", day)
    assert (status, manifest["status"]) == (201, "CLOSED")
    assert gateway.send("GET", f"/v1/nodes/DC1/manifests/{manifest['id']}")[1] == manifest
    assert gateway.send("POST", "/v1/nodes/DC1/manifests", day)[1]["code"] == "nothing_to_manifest"
    window = {"starts_at": "2026-11-23T15:00:00Z", "ends_at": "2026-11-23T17:00:00Z"}
    status, pickup = gateway.send("POST", "/v1/nodes/DC1/carrier-pickups", {"carrier": "USPS", "window": window})
    assert (status, pickup["status"]) == (201, "SCHEDULED")
    path = f"/v1/nodes/DC1/carrier-pickups/{pickup['id']}"
    assert gateway.send("GET", path)[1] == pickup
    assert gateway.send("POST", f"{path}/cancel")[1]["status"] == "CANCELLED"
    assert gateway.send("POST", f"{path}/cancel")[1]["code"] == "action_not_available"


CLAIM = {"reason": "lost", "resolution": "reship", "lines": [{"line_no": 1, "quantity": 1}]}


def parcel_of(gateway: Gateway) -> str:
    """The number of a parcel that has left with two units of an order."""
    order_id = gateway.send("POST", "/v1/orders", document(line("B", 2), external_id="claimed"))[1]["id"]
    gateway.world.released(order_id)
    (work,) = gateway.world.order(order_id).fulfillment_orders
    left = {"shipment": {"tracking_number": "CLAIMED-1"}}
    assert gateway.send("POST", f"/v1/fulfillment-orders/{work.id}/ship", left)[0] == 200
    gateway.world.capture(work.id)
    order = gateway.world.order(order_id)
    note_parcels(gateway.world.runtime, "acme", order, order.shipments[0].id)
    return "CLAIMED-1"


def parcel_claims(gateway: Gateway) -> None:
    """A unit of a parcel is lost and sent again, another is paid back, and more than there was is refused."""
    path = f"/v1/parcels/{parcel_of(gateway)}/claims"
    status, claim = gateway.send("POST", path, CLAIM)
    assert (status, len(claim["fulfillment_order_ids"])) == (201, 1)
    assert gateway.send("POST", path, {**CLAIM, "resolution": "refund"})[0] == 201
    assert gateway.send("POST", path, CLAIM)[1]["code"] == "more_than_in_parcel"


def unknown_parcels(gateway: Gateway) -> None:
    """A carrier tells of a parcel that no shipment has."""
    said = {"provider": "easypost", "message_id": "evt_9", "tracking_number": "1Z9", "status": ParcelStatus.EXCEPTION}
    told = TrackingReported(**said, status_at="2026-11-23T11:00:00.000Z")
    record_tracking(gateway.world.runtime, "acme", told)
    meta = {"id": "evt_9", "tenant": "acme", "occurred_at": "2026-11-23T11:00:00.000Z"}
    take_tracking(gateway.world.runtime, Event("spine", "TrackingReported", meta, told.model_dump(mode="json")))
    assert gateway.send("GET", "/v1/parcels/unknown")[1]["parcels"][0]["tracking_number"] == "1Z9"
