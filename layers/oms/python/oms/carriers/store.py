"""Where parcels are known by their tracking numbers, in table `orders`.

| what | pk | sk |
|---|---|---|
| shipment that travels under a number, and when its last news are of | T#<tenant>#TRACKING#<number> | SHIPMENT#<id> |
| news of a number that no shipment has | T#<tenant>#UNKNOWNPARCELS | <number> |

Numbers are kept without spaces and in capitals. Carriers use them again after some time, so one may have several
shipments; what is told is of those that left last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from oms.platform.dynamodb import Database
from oms.platform.ids import parent_id
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Kind, Value, Write, create, put

_TABLE = "orders"


@dataclass(frozen=True, slots=True)
class Tracked:
    """A shipment under a tracking number; `told_at` is of when the newest news of it is, empty before the first."""

    shipment_id: str
    shipped_at: str
    told_at: str = ""

    @property
    def order_id(self) -> str:
        return parent_id("ord", self.shipment_id)


def normal(tracking_number: str) -> str:
    """A tracking number as it is compared."""
    return "".join(tracking_number.split()).upper()


def tracked_shipments(database: Database, tenant: str, tracking_number: str) -> list[Tracked]:
    """The shipments that left last under a tracking number: all of one order."""
    rows = database.query(_TABLE, _numbers(tenant, tracking_number), begins="SHIPMENT#")
    found = [Tracked(str(row["sk"]).split("#", 1)[1], str(row["shipped_at"]), str(row["told_at"])) for row in rows]
    newest = max(found, key=lambda one: one.shipped_at, default=None)
    return [one for one in found if newest is not None and one.order_id == newest.order_id]


def tracked_write(tenant: str, tracking_number: str, tracked: Tracked) -> Write:
    """A shipment becomes known by a tracking number, once."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    return create(_TABLE, key, {"shipped_at": tracked.shipped_at, "told_at": tracked.told_at})


def told_write(tenant: str, tracking_number: str, tracked: Tracked, told_at: str) -> Write:
    """Newer news of a parcel was taken in; nobody else has meanwhile."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    return Write(Kind.CHANGE, _TABLE, key, set={"told_at": told_at}, equals={"told_at": tracked.told_at})


def unknown_write(tenant: str, tracking_number: str, news: dict[str, Value]) -> Write:
    """News of a parcel that no shipment has is kept for a person, the last of each number."""
    return put(_TABLE, Key(_unknown(tenant), normal(tracking_number)), {"body": json.dumps(news, ensure_ascii=False)})


def unknown_parcels(database: Database, tenant: str) -> Iterable[dict[str, Value]]:
    """The news of parcels that no shipment has."""
    return (json.loads(str(row["body"])) for row in database.query(_TABLE, _unknown(tenant)))


def _tracked_key(tenant: str, tracking_number: str, shipment_id: str) -> Key:
    return Key(_numbers(tenant, tracking_number), f"SHIPMENT#{shipment_id}")


def _numbers(tenant: str, tracking_number: str) -> str:
    return f"{tenant_prefix(tenant)}TRACKING#{normal(tracking_number)}"


def _unknown(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}UNKNOWNPARCELS"
