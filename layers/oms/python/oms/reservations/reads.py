"""What an order may ask about the reservation that it comes from."""

from __future__ import annotations

from oms.inventory.reads import holds_of_reservation
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.principal import Principal
from oms.platform.problems import FieldError, InvalidRequest
from oms.reservations.model import Status, require_active
from oms.reservations.store import load_reservation
from oms.reservations.writes import Conversion


def conversion(runtime: Runtime, principal: Principal, reservation_id: str, channel: str) -> Conversion | None:
    """The reservation with the units that it still holds; None for one that has expired, which holds nothing.

    One that does not exist, or of another channel, raises InvalidRequest; one that was closed or has become an order
    raises ActionNotAvailable.
    """
    found = load_reservation(runtime.database, principal.tenant, reservation_id)
    if found is None or found.channel != channel:
        detail = f"the channel {channel} has no reservation {reservation_id}"
        raise InvalidRequest(errors=[FieldError("/reservation_id", "unknown_reservation", detail)])
    now = format_instant(runtime.clock.now())
    if found.status_at(now) is Status.EXPIRED:
        return None
    require_active(found, now)
    return Conversion(found, holds_of_reservation(runtime.database, principal.tenant, found.id, found.places))
