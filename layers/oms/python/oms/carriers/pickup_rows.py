"""Where carrier pick-ups live in table `orders`.

| what | pk | sk |
|---|---|---|
| pick-up | T#<tenant>#CARRIERPICKUP#<id> | PICKUP |
| its draft at the carrier, written once | T#<tenant>#CARRIERPICKUP#<id> | DRAFT |
| pick-up of which the carrier has the next word | T#<tenant>#OPENPICKUPS | PICKUP#<id> |
"""

from __future__ import annotations

from collections.abc import Iterator

from oms.carriers.pickups import CarrierPickup
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put

TABLE = "orders"


def pickup_draft_key(tenant: str, pickup_id: str) -> Key:
    """Where the draft of a pick-up is kept."""
    return Key(_partition(tenant, pickup_id), "DRAFT")


def load_pickup(database: Database, tenant: str, pickup_id: str) -> CarrierPickup | None:
    """One pick-up as it is stored, or None."""
    row = database.get(TABLE, Key(_partition(tenant, pickup_id), "PICKUP"))
    return CarrierPickup.model_validate_json(str(row["body"])) if row else None


def pickup_writes(tenant: str, pickup: CarrierPickup, now: str) -> list[Write]:
    """A pick-up as it is now, held to the version before it; it is listed while the carrier has the next word."""
    item: Item = {"version": pickup.version, "body": pickup.model_dump_json(exclude_defaults=True)}
    key, listed = Key(_partition(tenant, pickup.id), "PICKUP"), Key(_open(tenant), f"PICKUP#{pickup.id}")
    stored = create(TABLE, key, item) if pickup.version == 1 else put(TABLE, key, item, version=pickup.version - 1)
    return [stored, put(TABLE, listed, {"since": now}) if pickup.is_open else Write(Kind.REMOVE, TABLE, listed)]


def open_pickups(database: Database, tenant: str) -> Iterator[tuple[str, str]]:
    """Every pick-up of which the carrier has the next word, with since when."""
    for row in database.query(TABLE, _open(tenant), begins="PICKUP#"):
        yield str(row["sk"]).split("#", 1)[1], str(row["since"])


def _partition(tenant: str, pickup_id: str) -> str:
    return f"{tenant_prefix(tenant)}CARRIERPICKUP#{pickup_id}"


def _open(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}OPENPICKUPS"
