"""Reservations as writes: the reservation, its holds beside the stock rows, and the note for the sweeper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oms.inventory.model import Hold
from oms.inventory.writes import hold_writes
from oms.platform.events import EventDraft
from oms.platform.writes import Item, Key, Write, create, put
from oms.reservations.events import ReservationConverted
from oms.reservations.model import Reservation, Status, move
from oms.reservations.store import TABLE, expiring_key, partition

Places = Mapping[tuple[str, str], int]


def new_reservation(tenant: str, made: Reservation) -> list[Write]:
    """A reservation that must not exist yet, with its holds."""
    holds = hold_writes(tenant, made.id, {}, made.places, made.expires_at)
    return [create(TABLE, _key(tenant, made), _item(made)), _noted(tenant, made), *holds]


def changed_reservation(tenant: str, before: Reservation, after: Reservation) -> list[Write]:
    """A reservation that goes on, held to the version that was read, with its holds as they are then."""
    held = {place: Hold(before.id, units, before.expires_at) for place, units in before.places.items()}
    writes = [put(TABLE, _key(tenant, after), _item(after), version=before.version)]
    if after.expires_at != before.expires_at:
        writes.append(_noted(tenant, after))
    return [*writes, *hold_writes(tenant, after.id, held, after.places, after.expires_at)]


def ended_reservation(tenant: str, before: Reservation, after: Reservation) -> list[Write]:
    """A reservation that is over; what becomes of its holds is the caller's."""
    return [put(TABLE, _key(tenant, after), _item(after), version=before.version)]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A reservation that becomes an order, with the holds that are still there, by SKU and node."""

    reservation: Reservation
    holds: Mapping[tuple[str, str], Hold]

    def writes(self, tenant: str, order_id: str) -> tuple[list[Write], list[EventDraft]]:
        """That it became the order, and the fact of it; its holds go with the order's claims."""
        before = self.reservation
        after = move(before, Status.CONVERTED, order_id=order_id)
        data = ReservationConverted(reservation_id=before.id, channel=before.channel, order_id=order_id)
        event = EventDraft(f"RESERVATION#{before.id}", after.version, data, channel=before.channel)
        return ended_reservation(tenant, before, after), [event]


def _noted(tenant: str, made: Reservation) -> Write:
    # Two changes may end at the same instant; the note says the same.
    return put(TABLE, expiring_key(tenant, made), {"reservation_id": made.id})


def _key(tenant: str, made: Reservation) -> Key:
    return Key(partition(tenant, made.id), "RESERVATION")


def _item(made: Reservation) -> Item:
    return {"version": made.version, "body": made.model_dump_json()}
