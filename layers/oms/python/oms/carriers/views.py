"""What callers see of labels and rates. Response shapes of the API; amounts in minor units of `currency`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.carriers.events import ParcelClaimed
from oms.fulfillment.lines import ParcelClaim
from oms.orders.model import Order
from oms.sourcing.rates import Label, LabelStatus


class LabelView(BaseModel):
    """The label of a package."""

    model_config = ConfigDict(frozen=True)
    id: str
    version: int = Field(description="its order's version, for If-Match")
    package_no: int
    provider: str
    carrier: str
    carrier_service: str
    format: str
    weight_grams: int
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    status: LabelStatus = Field(description="REQUESTED and VOID_REQUESTED come to an end by themselves")
    requested_at: str
    tracking_number: str | None
    cost: int | None
    currency: str | None
    url: str | None = Field(description="where the carrier keeps the label to be printed")
    refused: str | None = Field(description="why the carrier did not sell it, or did not take it back")


class LabelFileView(BaseModel):
    """The file of a label, to be printed; `bytes` is its size."""

    model_config = ConfigDict(frozen=True)
    label_id: str
    format: str = Field(description="`pdf`, or `zpl` for label printers")
    bytes: int
    url: str = Field(description="from which it may be fetched for 15 minutes, without a token")


class RateView(BaseModel):
    """What a carrier asks for one of its services."""

    model_config = ConfigDict(frozen=True)
    carrier: str
    service: str
    amount: int
    currency: str
    days: int | None = Field(description="as the carrier expects them")


class RatesView(BaseModel):
    """What each service would cost, the cheapest first."""

    model_config = ConfigDict(frozen=True)
    rates: list[RateView]


def label_view(label: Label, version: int) -> LabelView:
    """A label as its order has it at a version."""
    return LabelView(version=version, **label.model_dump(include=set(LabelView.model_fields)))


class ClaimView(ParcelClaim):
    """A claim on a parcel, with what became of it."""

    order_id: str
    version: int = Field(description="its order's version, for If-Match")
    shipment_id: str
    refund_id: str | None = Field(description="by which it is paid back, where anything is owed")
    fulfillment_order_ids: list[str] = Field(description="the work that sends it again")


def claim_view(after: Order, claim: ParcelClaim, told: ParcelClaimed) -> ClaimView:
    """A claim as it was made, at the version that its order has then."""
    return ClaimView(
        **claim.model_dump(),
        order_id=told.order_id,
        version=after.header.version,
        shipment_id=told.shipment_id,
        refund_id=told.refund_id,
        fulfillment_order_ids=list(told.fulfillment_order_ids),
    )
