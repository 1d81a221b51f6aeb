"""What is told of reservations."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData
from oms.registry.segments import Segment


class ReservedUnits(BaseModel):
    """Units of an item that are, or were, held at a node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str
    segment: Segment | None = None
    node_id: str
    quantity: int


class ReservationMade(EventData):
    """A basket holds units until an instant."""

    version: ClassVar[int] = 2
    reservation_id: str
    channel: str
    expires_at: str
    units: tuple[ReservedUnits, ...]


class ReservationChanged(EventData):
    """A basket holds other units than before, or holds them until another instant."""

    version: ClassVar[int] = 2
    reservation_id: str
    channel: str
    expires_at: str
    units: tuple[ReservedUnits, ...]


class ReservationConverted(EventData):
    """A basket became an order, which has its units."""

    reservation_id: str
    channel: str
    order_id: str


class ReservationClosed(EventData):
    """A basket was given up; its units are available again."""

    version: ClassVar[int] = 2
    reservation_id: str
    channel: str
    units: tuple[ReservedUnits, ...]


class ReservationExpired(EventData):
    """A basket was kept too long. `units` are those that nobody had claimed in the meantime."""

    version: ClassVar[int] = 2
    reservation_id: str
    channel: str
    units: tuple[ReservedUnits, ...]
