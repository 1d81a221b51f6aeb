"""Reading reservations (table `stock`).

| access pattern | how |
|---|---|
| a reservation | GetItem T#<tenant>#RESERVATION#<id>, sk RESERVATION |
| what is held of a row | beside the row, see inventory/store.py |
| what expires in an hour | Query T#<tenant>#EXPIRING#<hour> |
| up to which hour was swept | GetItem T#<tenant>#SWEEP, sk RESERVATIONS of table `commands` |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key
from oms.reservations.model import Reservation

TABLE = "stock"
_HOUR = len("2026-11-26T17")


def partition(tenant: str, reservation_id: str) -> str:
    """Where a reservation is kept."""
    return f"{tenant_prefix(tenant)}RESERVATION#{reservation_id}"


def load_reservation(database: Database, tenant: str, reservation_id: str) -> Reservation | None:
    """One reservation as it is stored, or None."""
    item = database.get(TABLE, Key(partition(tenant, reservation_id), "RESERVATION"))
    return Reservation.model_validate_json(str(item["body"])) if item else None


def expiring_key(tenant: str, reservation: Reservation) -> Key:
    """Where the sweeper finds a reservation when its time has come."""
    hour = reservation.expires_at[:_HOUR]
    return Key(f"{tenant_prefix(tenant)}EXPIRING#{hour}", f"{reservation.expires_at}#{reservation.id}")


def expiring(database: Database, tenant: str, hour: datetime) -> Iterator[tuple[Key, str, str]]:
    """What was to expire in an hour, soonest first: the note's key, the instant and the reservation."""
    for item in database.query(TABLE, f"{tenant_prefix(tenant)}EXPIRING#{format_instant(hour)[:_HOUR]}"):
        expires_at, _, reservation_id = str(item["sk"]).partition("#")
        yield Key(str(item["pk"]), str(item["sk"])), expires_at, reservation_id


def swept_key(tenant: str) -> Key:
    """Where it is written up to which hour was swept."""
    return Key(f"{tenant_prefix(tenant)}SWEEP", "RESERVATIONS")
