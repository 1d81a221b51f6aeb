"""What callers see of manifests and pick-ups. Response shapes of the API; amounts in minor units of `currency`."""

from __future__ import annotations

from datetime import date as Day

from pydantic import BaseModel, ConfigDict, Field

from oms.carriers.manifests import Manifest, ManifestedLabel, ManifestStatus
from oms.carriers.pickups import CarrierPickup, PickupStatus


class ManifestView(BaseModel):
    """A manifest of a node: what it hands to a carrier of the labels of a day."""

    model_config = ConfigDict(frozen=True)
    id: str
    version: int
    node_id: str
    provider: str
    carrier: str
    date: Day
    status: ManifestStatus = Field(description="REQUESTED comes to an end by itself")
    labels: list[ManifestedLabel]
    requested_at: str
    requested_by: str
    closed_at: str | None
    url: str | None = Field(description="where the carrier keeps the document that its driver signs")
    refused: str | None = Field(description="why the carrier did not take it; its labels wait for another one")


def manifest_view(manifest: Manifest) -> ManifestView:
    """A manifest as it is stored."""
    return ManifestView(**manifest.model_dump(exclude={"reference"}))


class CarrierPickupView(BaseModel):
    """A carrier's pick-up at a node."""

    model_config = ConfigDict(frozen=True)
    id: str
    version: int
    node_id: str
    provider: str
    carrier: str
    starts_at: str
    ends_at: str
    parcels: int = Field(description="labels of the day when it was asked for")
    status: PickupStatus = Field(description="REQUESTED and CANCEL_REQUESTED come to an end by themselves")
    requested_at: str
    requested_by: str
    confirmation: str | None = Field(description="the carrier's own number of it")
    cost: int | None
    currency: str | None
    refused: str | None = Field(description="why the carrier does not come, or comes although it was cancelled")


def pickup_view(pickup: CarrierPickup) -> CarrierPickupView:
    """A pick-up as it is stored."""
    return CarrierPickupView(**pickup.model_dump(exclude={"label"}))
