"""What those who carry parcels send to the webhook, signed as each of them signs."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from typing import Any

from tests.functions.conftest import Answer
from tests.order_doors import CARRIER_SECRET, Doors

EASYPOST = CARRIER_SECRET["easypost"]["webhook_secret"][1]


def scan(status: str, at: str, **more: Any) -> dict[str, Any]:
    """One scan of a tracker of EasyPost."""
    return {"object": "TrackingDetail", "status": status, "datetime": at, "message": "told", **more}


def tracker(number: str, *scans: dict[str, Any], event: str = "evt_1", **more: Any) -> str:
    """An event of EasyPost: a tracker with all its scans so far, the status of the last of them as its own."""
    own = {
        "id": "trk_1",
        "object": "Tracker",
        "tracking_code": number,
        "status": scans[-1]["status"] if scans else "unknown",
        "carrier": "USPS",
        "tracking_details": list(scans),
        **more,
    }
    return json.dumps({"id": event, "object": "Event", "description": "tracker.updated", "result": own})


def signed(raw: str, secret: str = EASYPOST) -> str:
    """EasyPost's signature of a body."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return "hmac-sha256-hex=" + hmac.new(key, raw.encode(), hashlib.sha256).hexdigest()


def easypost(doors: Doors, raw: str, signature: str | None = None) -> Answer:
    headers = {"x-hmac-signature": signed(raw) if signature is None else signature}
    return doors.api("psp_webhook").post("/v1/webhooks/easypost", raw, key="", headers=headers, scopes=())


def shippo(doors: Doors, body: dict[str, Any], *, age: int = 0) -> Answer:
    raw, stamp = json.dumps(body), int(doors.world.clock.now().timestamp()) - age
    secret = CARRIER_SECRET["shippo"]["webhook_secret"].encode()
    digest = hmac.new(secret, f"{stamp}.{raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"shippo-auth-signature": f"t={stamp},v1={digest}"}
    return doors.api("psp_webhook").post("/v1/webhooks/shippo", raw, key="", headers=headers, scopes=())


def hear(doors: Doors) -> list[str]:
    """Everything that was recorded reaches who takes it in, again and again; the messages that come again."""
    return doors.queue("psp_events", *doors.told("TrackingReported"))


def shipped(doors: Doors, work: str, shipment: dict[str, Any], **content: Any) -> dict[str, Any]:
    """A node ships, and its parcels become known by their numbers; the shipment as the order shows it."""
    sent = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {"shipment": shipment, **content})
    assert sent.status == 200, sent.body
    order_id = sent.body["order_id"]
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "ShipmentShipped")) == []
    return dict(doors.see(order_id)["shipments"][-1])
