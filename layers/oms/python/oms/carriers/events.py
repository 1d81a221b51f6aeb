"""Facts about parcels: what a carrier told, and what became of the order by it. Times are RFC 3339 in UTC."""

from __future__ import annotations

from oms.fulfillment.events import EventLine
from oms.fulfillment.lines import ClaimReason, Resolution
from oms.fulfillment.model import ParcelStatus
from oms.platform.events import EventData


class TrackingReported(EventData):
    """A carrier, or who speaks for it, told where a parcel was at an instant; it is taken in by itself.

    `status_at` is when the parcel was there, not when it was told. `detail` is the carrier's own word for it.
    """

    provider: str
    message_id: str
    carrier: str | None = None
    tracking_number: str
    status: ParcelStatus
    status_at: str
    detail: str | None = None


class _Parcel(EventData):
    order_id: str
    fulfillment_order_id: str | None
    shipment_id: str
    node_id: str
    carrier: str | None
    tracking_number: str


class ParcelStatusChanged(_Parcel):
    """A parcel is somewhere else than it was, and has not been delivered; `before` is None for the first news of it."""

    status: ParcelStatus
    before: ParcelStatus | None
    status_at: str


class ParcelDelivered(_Parcel):
    """The customer has a parcel: these units of the order are delivered."""

    delivered_at: str
    lines: tuple[EventLine, ...]


class ClaimedUnits(EventLine):
    """Units that were claimed; `value` is what was agreed for them, less discounts and without tax, in minor units."""

    value: int


class ParcelClaimed(_Parcel):
    """Units of a parcel were lost or damaged: they are sent again, or paid back by a return of what never came.

    `cost` is what a supplier asked for them, in minor units of `currency`; nobody asked anything for our own.
    """

    claim_id: str
    reason: ClaimReason
    resolution: Resolution
    claimed_at: str
    lines: tuple[ClaimedUnits, ...]
    return_id: str | None
    refund_id: str | None
    fulfillment_order_ids: tuple[str, ...]
    cost: int
    currency: str
    legal_entity: str
    store: str
    channel: str


class _Label(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str
    label_id: str
    package_no: int
    provider: str
    carrier: str
    carrier_service: str


class LabelRequested(_Label):
    """A node wants a label for a package; from now on it is bought, once, whoever has to finish it."""

    weight_grams: int
    format: str


class LabelBought(_Label):
    """A carrier sold a label; `cost` in minor units of `currency`."""

    tracking_number: str
    cost: int
    currency: str


class LabelRefused(_Label):
    """A carrier does not sell a label that a node wanted; another may be asked for."""

    refused: str


class LabelVoidRequested(_Label):
    """A label is to be given back to its carrier; no parcel leaves with it any more."""


class LabelVoided(_Label):
    """A carrier took a label back."""


class LabelVoidRefused(_Label):
    """A carrier does not take a label back; it may be used again."""

    refused: str


class _Manifest(EventData):
    manifest_id: str
    node_id: str
    provider: str
    carrier: str
    date: str


class ManifestRequested(_Manifest):
    """A node hands labels of a day to a carrier; from now on their manifest is closed, once, whoever finishes it."""

    label_ids: tuple[str, ...]


class ManifestClosed(_Manifest):
    """A carrier has the manifest of labels; none of them can be given back any more."""

    label_ids: tuple[str, ...]
    reference: str
    url: str | None


class ManifestRefused(_Manifest):
    """A carrier does not take a manifest; its labels wait for another one."""

    refused: str


class _Pickup(EventData):
    pickup_id: str
    node_id: str
    provider: str
    carrier: str


class PickupRequested(_Pickup):
    """A carrier is to come to a node; from now on it is booked, once, whoever has to finish it."""

    starts_at: str
    ends_at: str
    parcels: int


class PickupScheduled(_Pickup):
    """A carrier comes to a node; `cost` in minor units of `currency`."""

    starts_at: str
    ends_at: str
    confirmation: str
    cost: int
    currency: str


class PickupRefused(_Pickup):
    """A carrier does not come."""

    refused: str


class PickupCancelRequested(_Pickup):
    """A carrier that was to come is to be cancelled."""


class PickupCancelled(_Pickup):
    """A carrier that was to come does not come."""


class PickupCancelRefused(_Pickup):
    """A carrier comes although it was to be cancelled."""

    refused: str
