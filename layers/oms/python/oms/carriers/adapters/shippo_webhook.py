"""Messages of Shippo about tracking, signed as those of payment providers are. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from oms.carriers.adapters.news import instant, read_message, tracking_number
from oms.carriers.events import TrackingReported
from oms.fulfillment.model import ParcelStatus
from oms.payments.adapters.messages import part, text

PROVIDER = "shippo"
# `t=<seconds>,v1=<hex>`, for accounts that Shippo has switched it on for.
SIGNATURE_HEADER = "shippo-auth-signature"
_STATUSES: Mapping[str, ParcelStatus] = {
    "TRANSIT": ParcelStatus.IN_TRANSIT,
    "DELIVERED": ParcelStatus.DELIVERED,
    "RETURNED": ParcelStatus.RETURNING,
    "FAILURE": ParcelStatus.EXCEPTION,
}
# What a finer word says beyond its status.
_FINER: Mapping[str, ParcelStatus] = {
    "out_for_delivery": ParcelStatus.OUT_FOR_DELIVERY,
    "delivery_attempted": ParcelStatus.ATTEMPTED,
    "pickup_available": ParcelStatus.ATTEMPTED,
}


def told_by(raw: bytes) -> TrackingReported | None:
    """What a message says of where a parcel is; None where it says nothing of that.

    Shippo's messages have no id of their own: what they say of a number at an instant is one message.
    """
    message = read_message(raw)
    track = part(message, "data")
    said = part(track, "tracking_status")
    number = tracking_number(text(track, "tracking_number"))
    at = instant(text(said, "status_date"))
    finer = text(part(said, "substatus"), "code")
    coarse = _STATUSES.get(text(said, "status"))
    if text(message, "event") != "track_updated" or number is None or at is None or coarse is None:
        return None
    status = _FINER.get(finer, coarse) if coarse is ParcelStatus.IN_TRANSIT else coarse
    return TrackingReported(
        provider=PROVIDER,
        message_id=f"{number}:{at}:{status.value}",
        carrier=text(track, "carrier") or None,
        tracking_number=number,
        status=status,
        status_at=at,
        detail=finer or None,
    )
