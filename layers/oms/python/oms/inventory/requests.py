"""What comes in about stock: movements over HTTP and messages of the inventory stream."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from oms.inventory.model import FROM_HELD_BACK, SIGNED_KINDS, MovementKind
from oms.platform.fields import Code, Instant, IsoDate, Label, SignedQuantity
from oms.platform.intake import Request, no_more_than
from oms.registry.model import Journey
from oms.registry.segments import Segment, Tags

MOST_MOVEMENTS = 500
MOST_LISTED = 100
MOST_ASKED = 100
_LARGEST_SEQUENCE = 2**63 - 1


class MovementsQuery(Tags):
    """Whose movements to show: those of one node, newest first; with tags, of the segment that they make."""

    node_id: Code
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 25
    cursor: Annotated[str, Field(max_length=4096)] | None = None


def _listed(text: Any) -> Any:
    return tuple(dict.fromkeys(text.split(","))) if isinstance(text, str) else text


class AvailabilityQuery(Tags):
    """What can be had: of up to 100 SKUs, at up to 100 nodes or at all of them.

    With `method`, only nodes with that journey count; with `postal_code` and `country`, the nearest node comes first.
    With `within_km`, only nodes so far from there count, with `region` only those of a region of the rules of stock.
    With `channel`, the rules of stock are applied as to an order of that channel. `view` base shows every node,
    aggregate only what can be had in all. With `by`, supply that is to arrive by the end of that day counts too.
    With tags (condition, owner, lot, serial, expires_on) only the stock of the segment that they make counts, without
    any only stock in no segment.
    """

    skus: Annotated[tuple[Code, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MOST_ASKED)]
    nodes: Annotated[tuple[Code, ...], BeforeValidator(_listed), Field(max_length=MOST_ASKED)] = ()
    method: Journey | None = None
    channel: Code | None = None
    view: Literal["base", "aggregate"] = "base"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    by: IsoDate | None = None
    within_km: Annotated[int | None, Field(ge=1, le=20_000)] = None
    region: Code | None = None

    @model_validator(mode="after")
    def _a_radius_has_a_centre(self) -> Self:
        if self.within_km is not None and self.postal_code is None:
            raise ValueError("a radius is around a postal_code")
        return self


class LevelsQuery(Request):
    """Of which items the levels are wanted, and of which regions; without any, of the network and of all regions."""

    skus: Annotated[tuple[Code, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MOST_ASKED)]
    regions: Annotated[tuple[Code, ...], BeforeValidator(_listed), Field(max_length=21)] = ()


class Movement(Request):
    """One movement of stock. With `source` and `sequence`, repeated and late ones change nothing.

    A correction (adjusted, damaged, restored, scrapped, safety_changed) needs a `reason`.
    """

    sku: Code
    segment: Segment | None = None
    node_id: Code
    kind: Literal[
        "received",
        "returned",
        "adjusted",
        "damaged",
        "inspected",
        "blocked",
        "restored",
        "scrapped",
        "expected",
        "dispatched",
        "safety_changed",
    ]
    quantity: SignedQuantity
    bucket: Annotated[Literal["damaged", "quality_control", "blocked"] | None, Field(validate_default=True)] = None
    reason: Label | None = None
    source: Code | None = None
    sequence: Annotated[int, Field(strict=True, ge=0, le=_LARGEST_SEQUENCE)] | None = None

    @field_validator("quantity")
    @classmethod
    def _signed_only_where_it_means_something(cls, quantity: int, info: ValidationInfo) -> int:
        kind = info.data.get("kind")
        if quantity == 0:
            raise ValueError("a movement of no units")
        if quantity < 0 and kind is not None and MovementKind(kind) not in SIGNED_KINDS:
            raise ValueError(f"a movement of kind {kind} has a positive quantity")
        return quantity

    @field_validator("bucket")
    @classmethod
    def _bucket_of_held_back(cls, bucket: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if kind is not None and (MovementKind(kind) in FROM_HELD_BACK) != (bucket is not None):
            raise ValueError("the bucket that restored or scrapped units come out of, and of no other movement")
        return bucket

    @field_validator("sequence")
    @classmethod
    def _sequence_of_a_source(cls, sequence: int | None, info: ValidationInfo) -> int | None:
        if sequence is not None and info.data.get("source") is None:
            raise ValueError("a sequence number needs the source that counts it")
        return sequence


class Movements(Request):
    """Up to 500 movements that are taken in together."""

    movements: Annotated[tuple[Movement, ...], Field(min_length=1), no_more_than(MOST_MOVEMENTS)]


class Snapshot(Request):
    """What a source knows to have been on hand at `as_of`; what moved since then, claims too, stays as it is.

    `sequence` counts up per source and stock row, together with that of the source's movements. A count needs a
    `reason`, such as that of a cycle count, unless the rules of stock trust its source.
    """

    sku: Code
    segment: Segment | None = None
    node_id: Code
    quantity: Annotated[SignedQuantity, Field(ge=0)]
    as_of: Instant
    source: Code
    sequence: Annotated[int, Field(strict=True, ge=0, le=_LARGEST_SEQUENCE)]
    reason: Label | None = None


class Snapshots(Request):
    """Up to 500 snapshots that are taken in together."""

    snapshots: Annotated[tuple[Snapshot, ...], Field(min_length=1), no_more_than(MOST_MOVEMENTS)]


class FeedMessage(Request):
    """One message of the inventory stream.

    A `delta` changes on hand by `quantity`; a `snapshot` states what was on hand at `as_of`. `sequence` counts up per
    source and stock row.
    """

    tenant: Code
    source: Code
    sequence: Annotated[int, Field(strict=True, ge=0, le=_LARGEST_SEQUENCE)]
    kind: Literal["delta", "snapshot"]
    node_id: Code
    sku: Code
    segment: Segment | None = None
    quantity: SignedQuantity
    as_of: Instant

    @field_validator("quantity")
    @classmethod
    def _counts_are_not_negative(cls, quantity: int, info: ValidationInfo) -> int:
        if info.data.get("kind") == "snapshot" and quantity < 0:
            raise ValueError("a count of stock is not negative")
        return quantity

    def movement_kind(self) -> MovementKind:
        """The kind under which the stock ledger keeps it."""
        return MovementKind.COUNTED if self.kind == "snapshot" else MovementKind.REPORTED
