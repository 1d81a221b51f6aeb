"""What is asked of carriers over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oms.orders.request import LineQuantity
from oms.platform.fields import Code, Instant, IsoDate
from oms.platform.intake import Request

Grams = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Millimetres = Annotated[int, Field(strict=True, ge=1, le=10_000)]


class PackageSize(Request):
    """How heavy and large a package is: whole grams and millimetres, all three sides or none."""

    weight_grams: Grams
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None

    @model_validator(mode="after")
    def _all_sides(self) -> Self:
        if len({side is None for side in (self.length_mm, self.width_mm, self.height_mm)}) != 1:
            raise ValueError("a package has three sides; name all of them or none")
        return self


class RatesRequest(PackageSize):
    """A package for which rates are asked."""

    provider: Code = "easypost"


class LabelRequest(PackageSize):
    """The label of one package: for a service of the rate card, that of the work where none is named."""

    package_no: Annotated[int, Field(ge=1, le=1000)]
    service: Code | None = None
    format: Literal["pdf", "zpl"] = "pdf"


class ClaimRequest(Request):
    """Units of a parcel that were lost or damaged, and whether they are sent again or paid back."""

    reason: Literal["lost", "damaged"]
    resolution: Literal["reship", "refund"]
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=10)]


class ManifestRequest(Request):
    """The manifest of the labels of one carrier that the node asked for on one day of its own."""

    carrier: Code
    date: IsoDate
    provider: Code = "easypost"


class PickupWindow(Request):
    """Between which two instants a carrier is to come, at most a day."""

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        length = self.ends_at - self.starts_at
        if not timedelta(0) < length <= timedelta(days=1):
            raise ValueError("a window ends after it starts, within a day")
        return self


class PickupRequest(Request):
    """A carrier is to come for the parcels of the day on which the window begins."""

    carrier: Code
    window: PickupWindow
    provider: Code = "easypost"
