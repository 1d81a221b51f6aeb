"""What carriers really send: what our adapters make of it, and that they believe the signatures of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oms.carriers.adapters import easypost_webhook, shippo_webhook
from oms.carriers.events import TrackingReported
from oms.fulfillment.model import ParcelStatus
from oms.payments.webhooks import SignatureRefused

SAMPLES = Path(__file__).parent / "carriers"
# The vendor's scheme over the exact bytes of the files, with the secret of the example.
SECRET = "ep_example_secret"
SIGNED = {
    "easypost_tracker_in_transit": "2eb4f1f087c518cf89bc6473e83d4346d689f74aadeb17a58f95167ff75f6eaf",
    "easypost_tracker_delivered": "1b9307bb32a913316409fbf1dcde76ff75760b1b6652e8d3e7bfe97112f7efbf",
}


def raw(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def event_with(tracker: Any) -> bytes:
    return json.dumps({"id": "evt_1", "object": "Event", "result": tracker}).encode()


@pytest.mark.capability("H5")
@pytest.mark.parametrize(("name", "hexdigest"), sorted(SIGNED.items()))
def test_a_signature_over_the_very_bytes_is_believed_and_no_other(name: str, hexdigest: str):
    header = f"hmac-sha256-hex={hexdigest}"
    easypost_webhook.verify(raw(name), header, SECRET)
    easypost_webhook.verify(raw(name), header, ["older", SECRET])
    for body, secret in ((raw(name) + b" ", SECRET), (raw(name), "another")):
        with pytest.raises(SignatureRefused):
            easypost_webhook.verify(body, header, secret)


@pytest.mark.capability("H5")
@pytest.mark.parametrize(
    ("name", "message_id", "status", "at", "detail"),
    [
        (
            *("easypost_tracker_in_transit", "evt_ep0001", ParcelStatus.IN_TRANSIT),
            *("2026-03-04T02:10:00.000Z", "departed_facility"),
        ),
        (
            *("easypost_tracker_delivered", "evt_ep0002", ParcelStatus.DELIVERED),
            *("2026-03-05T18:42:00.000Z", "arrived_at_destination"),
        ),
    ],
)
def test_the_newest_scan_of_a_tracker_is_its_news(
    name: str, message_id: str, status: ParcelStatus, at: str, detail: str
):
    assert easypost_webhook.told_by(raw(name)) == TrackingReported(
        provider="easypost",
        message_id=message_id,
        carrier="UPS",
        tracking_number="1Z999AA10123450001",
        status=status,
        status_at=at,
        detail=detail,
    )


@pytest.mark.capability("H5")
def test_a_recorded_tracker_that_nobody_has_moved_is_no_news_and_one_that_moves_is():
    tracker = json.loads(raw("easypost_tracker.recorded"))
    assert easypost_webhook.told_by(event_with(tracker)) is None
    scan = {**tracker["tracking_details"][-1], "status": "out_for_delivery", "datetime": "2025-02-08T06:00:00Z"}
    told = easypost_webhook.told_by(event_with({**tracker, "tracking_details": [scan, *tracker["tracking_details"]]}))
    assert told is not None
    assert (told.tracking_number, told.carrier, told.status, told.status_at) == (
        *("EZ1000000001", "USPS", ParcelStatus.OUT_FOR_DELIVERY),
        "2025-02-08T06:00:00.000Z",
    )


@pytest.mark.capability("H5")
def test_a_listed_event_that_bears_no_tracker_is_no_news():
    events = json.loads(raw("easypost_event_list.recorded"))["events"]
    assert [easypost_webhook.told_by(json.dumps(one).encode()) for one in events] == [None, None]


@pytest.mark.capability("H5")
def test_shippo_tells_where_a_parcel_is_now_and_not_where_it_was():
    assert shippo_webhook.told_by(raw("shippo_track_updated")) == TrackingReported(
        provider="shippo",
        message_id="92055901755477000000000001:2026-03-05T19:58:00.000Z:IN_TRANSIT",
        carrier="usps",
        tracking_number="92055901755477000000000001",
        status=ParcelStatus.IN_TRANSIT,
        status_at="2026-03-05T19:58:00.000Z",
        detail="package_arrived",
    )
    later = json.loads(raw("shippo_track_updated"))
    before = later["data"]["tracking_history"][0]
    later["data"]["tracking_status"] = {**before, "status_date": "2026-03-06T09:00:00Z"}
    assert shippo_webhook.told_by(json.dumps(later).encode()) is None
