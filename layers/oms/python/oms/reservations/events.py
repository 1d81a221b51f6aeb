"""What is told of reservations."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class ReservedUnits(BaseModel):
    """Units of an item that are, or were, held at a node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str
    node_id: str
    quantity: int


class ReservationMade(EventData):
    """A basket holds units until an instant."""

    reservation_id: str
    channel: str
    expires_at: str
    units: tuple[ReservedUnits, ...]


class ReservationChanged(EventData):
    """A basket holds other units than before, or holds them until another instant."""

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

    reservation_id: str
    channel: str
    units: tuple[ReservedUnits, ...]


class ReservationExpired(EventData):
    """A basket was kept too long. `units` are those that nobody had claimed in the meantime."""

    reservation_id: str
    channel: str
    units: tuple[ReservedUnits, ...]
