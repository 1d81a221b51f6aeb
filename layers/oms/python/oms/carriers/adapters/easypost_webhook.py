"""Messages of EasyPost about trackers, believed by their signature. Pure."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence

from oms.carriers.adapters.news import instant, newest, read_message, tracking_number
from oms.carriers.events import TrackingReported
from oms.fulfillment.model import ParcelStatus
from oms.payments.adapters.messages import part, text
from oms.payments.webhooks import SignatureRefused

PROVIDER = "easypost"
SIGNATURE_HEADER = "x-hmac-signature"
_PREFIX = "hmac-sha256-hex="
# What nobody has moved yet (`unknown`, `pre_transit`) is no news: the shipment says that it left.
_STATUSES: Mapping[str, ParcelStatus] = {
    "in_transit": ParcelStatus.IN_TRANSIT,
    "out_for_delivery": ParcelStatus.OUT_FOR_DELIVERY,
    "available_for_pickup": ParcelStatus.ATTEMPTED,
    "delivered": ParcelStatus.DELIVERED,
    "return_to_sender": ParcelStatus.RETURNING,
    "failure": ParcelStatus.EXCEPTION,
    "cancelled": ParcelStatus.EXCEPTION,
    "error": ParcelStatus.EXCEPTION,
}


def verify(raw: bytes, header: str, secret: str | Sequence[str]) -> None:
    """Let pass a body that was signed with one of our secrets, else raise SignatureRefused.

    The signature is an HMAC-SHA256 over the raw body, by the secret in its NFKD form. It has no time: a message that is
    played again is known by its id.
    """
    believed = False
    for active in [secret] if isinstance(secret, str) else list(secret):
        if not active:
            raise ValueError("an empty webhook secret would let everybody in")
        key = unicodedata.normalize("NFKD", active).encode()
        expected = _PREFIX + hmac.new(key, raw, hashlib.sha256).hexdigest()
        # No early exit: the time taken must not tell which secret came close.
        believed |= hmac.compare_digest(expected.encode(), header.encode())
    if not believed:
        raise SignatureRefused()


def told_by(raw: bytes) -> TrackingReported | None:
    """What an event says of where a parcel is: by the newest of its scans. None where it says nothing of that."""
    event = read_message(raw)
    tracker = part(event, "result")
    number = tracking_number(text(tracker, "tracking_code"))
    if text(tracker, "object") != "Tracker" or not text(event, "id") or number is None:
        return None
    scans = tracker.get("tracking_details")
    scan = newest([part(one) for one in scans], "datetime") if isinstance(scans, list) else {}
    status = _STATUSES.get(text(scan, "status"))
    at = instant(text(scan, "datetime"))
    if status is None or at is None:
        return None
    return TrackingReported(
        provider=PROVIDER,
        message_id=text(event, "id"),
        carrier=text(tracker, "carrier") or None,
        tracking_number=number,
        status=status,
        status_at=at,
        detail=text(scan, "status_detail") or None,
    )
