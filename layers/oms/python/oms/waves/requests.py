"""What is said to make and close a pick wave; the same over HTTP and over the store bus."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from oms.platform.fields import Code, Quantity
from oms.platform.intake import Request


class WaveKind(StrEnum):
    """How a wave is picked: units of one-unit orders, items of several orders into totes, or order by order."""

    SINGLE = "single"
    MULTI_ORDER = "multi_order"
    NORMAL = "normal"


class WaveRequest(Request):
    """A wave of what is due first: by a `kind`, a way of handing over, services, and limits of orders and units."""

    kind: WaveKind = WaveKind.NORMAL
    handover: Literal["ship", "pickup"] | None = None
    services: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    most_orders: Annotated[Quantity, Field(le=20)] = 10
    most_units: Quantity | None = None


class CloseWaveRequest(Request):
    """Closing a wave; the message of a node names it."""

    wave_id: Code | None = None
