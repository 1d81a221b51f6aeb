"""Reservations as they are shown."""

from __future__ import annotations

from typing import Any

from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.reservations.model import Reservation
from oms.reservations.store import load_reservation, partition


def read_reservation(runtime: Runtime, principal: Principal, reservation_id: str) -> dict[str, Any]:
    """One reservation as it is now; one that does not exist, or of another channel, raises NotFound."""
    found = load_reservation(runtime.database, principal.tenant, reservation_id)
    if found is None or (principal.channels and found.channel not in principal.channels):
        raise NotFound()
    authorize(principal, "reservations.read", partition(principal.tenant, reservation_id))
    return reservation_document(found, format_instant(runtime.clock.now()))


def reservation_document(found: Reservation, now: str) -> dict[str, Any]:
    """A reservation at an instant: what it holds where, until when, and what can be done with it."""
    return {
        "id": found.id,
        "channel": found.channel,
        "status": found.status_at(now).value,
        "method": found.method,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "order_id": found.order_id,
        "lines": [line.model_dump(mode="json") for line in found.lines],
        "version": found.version,
        "available_actions": list(found.available_actions(now)),
    }
