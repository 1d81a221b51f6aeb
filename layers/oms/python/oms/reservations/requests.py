"""How calls about reservations are read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oms.platform.fields import Code, Count, Quantity
from oms.platform.intake import Request, no_more_than
from oms.registry.segments import Segment

MOST_LINES = 20
SHORTEST, LONGEST, USUAL = 60, 31 * 86_400, 15 * 60

# How long units are held, in seconds: from a minute to 31 days.
Seconds = Annotated[int, Field(strict=True, ge=SHORTEST, le=LONGEST)]


class WantedLine(Request):
    """Units of an item, or of a segment of its stock, of one node or of whichever is chosen."""

    sku: Code
    segment: Segment | None = None
    quantity: Quantity
    node_id: Code | None = None


class ReservationRequest(Request):
    """Hold the units of a basket for a channel. A line of method pickup names its node."""

    channel: Code
    method: Literal["ship", "pickup", "ship_to_store", "delivery"] = "ship"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    ttl_seconds: Seconds = USUAL
    lines: Annotated[tuple[WantedLine, ...], no_more_than(MOST_LINES), Field(min_length=1)]

    @model_validator(mode="after")
    def _pickup_has_its_node(self) -> Self:
        if self.method == "pickup" and any(line.node_id is None for line in self.lines):
            raise ValueError("a line that is picked up names the node where")
        return self


class ChangedLine(Request):
    """Another quantity of a line; none gives the line up."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=MOST_LINES)]
    quantity: Count


class ReservationChange(Request):
    """Hold the units longer or shorter, counted from now, or other quantities of some lines."""

    ttl_seconds: Seconds | None = None
    lines: Annotated[tuple[ChangedLine, ...], Field(max_length=MOST_LINES)] = ()

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.ttl_seconds is None and not self.lines:
            raise ValueError("either ttl_seconds or lines")
        if len({line.line_no for line in self.lines}) != len(self.lines):
            raise ValueError("a line stands in the call twice")
        return self
