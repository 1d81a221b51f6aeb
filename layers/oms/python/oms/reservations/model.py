"""A reservation: the units of a basket, where they are held, and until when. Pure.

That it has expired is seen from the clock by whoever reads it, so nobody waits for a sweeper: from that instant on its
units are available, and the first who claims them takes them away from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.problems import ActionNotAvailable
from oms.registry.kits import Component, exploded
from oms.registry.segments import Segment, stock_name


class Status(StrEnum):
    """The states of a reservation."""

    ACTIVE = "ACTIVE"
    CONVERTED = "CONVERTED"  # it became an order
    CLOSED = "CLOSED"  # it was given up
    EXPIRED = "EXPIRED"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.ACTIVE: frozenset({Status.CONVERTED, Status.CLOSED, Status.EXPIRED}),
}


class Held(BaseModel):
    """Units of a line that are held at a node."""

    model_config = ConfigDict(frozen=True)
    node_id: str
    quantity: int


class ReservedLine(BaseModel):
    """A line of a basket, the one node that was asked for (None: any), and where its units are held."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    segment: Segment | None = None
    quantity: int
    node_id: str | None = None
    held: tuple[Held, ...] = ()
    # What each unit of a kit consists of.
    components: tuple[Component, ...] = ()

    @property
    def stock_sku(self) -> str:
        """The name of the stock that it asks for."""
        return stock_name(self.sku, self.segment)

    def stock(self, units: int) -> dict[str, int]:
        """What so many units of it take of stock."""
        return exploded(self.stock_sku, self.components, units)


class Reservation(BaseModel):
    """A basket's hold. Instants are RFC 3339 in UTC; `version` counts its changes."""

    model_config = ConfigDict(frozen=True)
    id: str
    channel: str
    status: Status = Status.ACTIVE
    method: str
    country: str
    postal_code: str | None = None
    lines: tuple[ReservedLine, ...]
    created_at: str
    expires_at: str
    order_id: str | None = None
    version: int = 1

    @property
    def places(self) -> dict[tuple[str, str], int]:
        """The units of stock that it holds, per SKU and node, summed over lines."""
        found: dict[tuple[str, str], int] = {}
        for line in self.lines:
            for held in line.held:
                for sku, units in line.stock(held.quantity).items():
                    found[sku, held.node_id] = found.get((sku, held.node_id), 0) + units
        return found

    def status_at(self, now: str) -> Status:
        """What it is at an instant."""
        return Status.EXPIRED if self.status is Status.ACTIVE and self.expires_at <= now else self.status

    def available_actions(self, now: str) -> tuple[str, ...]:
        """What can be done with it."""
        return ("change", "close", "convert") if self.status_at(now) is Status.ACTIVE else ()


def move(reservation: Reservation, status: Status, **changes: object) -> Reservation:
    """The reservation in another state, if its transition table allows it."""
    if status not in TRANSITIONS.get(reservation.status, frozenset()):
        raise ActionNotAvailable(f"The reservation is {reservation.status.value}.")
    return reservation.model_copy(update={"status": status, "version": reservation.version + 1, **changes})


def require_active(reservation: Reservation, now: str) -> None:
    """Refuse what only a reservation that still holds its units can do."""
    status = reservation.status_at(now)
    if status is not Status.ACTIVE:
        raise ActionNotAvailable(f"The reservation is {status.value}.")
