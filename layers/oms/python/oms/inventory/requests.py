"""What comes in about stock: movements over HTTP and messages of the inventory stream."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from oms.inventory.model import SIGNED_KINDS, MovementKind
from oms.platform.fields import Code, Instant, Label, SignedQuantity
from oms.platform.intake import Request
from oms.platform.problems import TooLarge

MOST_MOVEMENTS = 500
_LARGEST_SEQUENCE = 2**63 - 1


def _not_too_many(rows: Any) -> Any:
    if isinstance(rows, list) and len(rows) > MOST_MOVEMENTS:
        raise TooLarge(f"{len(rows)} movements; the limit is {MOST_MOVEMENTS}.", pointer="/movements")
    return rows


class Movement(Request):
    """One movement of stock. With `source` and `sequence`, repeated and late ones change nothing."""

    sku: Code
    node_id: Code
    kind: Literal[
        "received",
        "returned",
        "adjusted",
        "damaged",
        "blocked",
        "restored",
        "scrapped",
        "expected",
        "safety_changed",
    ]
    quantity: SignedQuantity
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

    @field_validator("sequence")
    @classmethod
    def _sequence_of_a_source(cls, sequence: int | None, info: ValidationInfo) -> int | None:
        if sequence is not None and info.data.get("source") is None:
            raise ValueError("a sequence number needs the source that counts it")
        return sequence


class Movements(Request):
    """Up to 500 movements that are taken in together."""

    movements: Annotated[tuple[Movement, ...], Field(min_length=1), BeforeValidator(_not_too_many)]


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
