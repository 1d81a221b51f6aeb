"""Where parcels are known by their tracking numbers, in table `orders`.

| what | pk | sk |
|---|---|---|
| shipment under a number, of when its last news are, when it is silent | T#<tenant>#TRACKING#<number> | SHIPMENT#<id> |
| news of a number that no shipment has | T#<tenant>#UNKNOWNPARCELS | <number> |

Index `by_status`: parcels by when they have been silent for too long (T#<tenant>#SILENT), until that was noted.

Numbers are kept without spaces and in capitals. Carriers use them again after some time, so one may have several
shipments; what is told is of those that left last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.ids import parent_id
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Value, Write, create, put

_TABLE, _INDEX = "orders", "by_status"
_MOST_AT_ONCE = 200
_PLACE = ("gsi1pk", "gsi1sk")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A shipment under a tracking number; `told_at` is of when the newest news of it is, empty before the first.

    `silent_at` is when nothing will have been heard of it for `silent_days`; `is_listed` until that was noted. Without
    days nobody waits for news.
    """

    shipment_id: str
    shipped_at: str
    told_at: str = ""
    silent_days: int | None = None
    silent_at: str | None = None
    is_listed: bool = False

    @property
    def order_id(self) -> str:
        return parent_id("ord", self.shipment_id)


def normal(tracking_number: str) -> str:
    """A tracking number as it is compared."""
    return "".join(tracking_number.split()).upper()


def tracked_shipments(database: Database, tenant: str, tracking_number: str, *, every: bool = False) -> list[Tracked]:
    """The shipments that left last under a tracking number: all of one order; or every one that ever did."""
    rows = database.query(_TABLE, _numbers(tenant, tracking_number), begins="SHIPMENT#")
    found = [_tracked(row) for row in rows]
    if every:
        return found
    newest = max(found, key=lambda one: one.shipped_at, default=None)
    return [one for one in found if newest is not None and one.order_id == newest.order_id]


def tracked_write(tenant: str, tracking_number: str, tracked: Tracked) -> Write:
    """A shipment becomes known by a tracking number, once; where it may not be silent, it is listed by until when."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    item: Item = {"shipped_at": tracked.shipped_at, "told_at": tracked.told_at}
    if tracked.silent_days is not None and tracked.silent_at is not None:
        item |= {"silent_days": tracked.silent_days, **_listed(tenant, tracking_number, tracked, tracked.silent_at)}
    return create(_TABLE, key, item)


def told_write(
    tenant: str, tracking_number: str, tracked: Tracked, told_at: str, heard_at: datetime, *, is_last: bool
) -> Write:
    """Newer news of a parcel was taken in; nobody else has meanwhile. After the last news no more are waited for."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    own: Item = {"told_at": tracked.told_at, **({"silent_at": tracked.silent_at} if tracked.silent_at else {})}
    if tracked.silent_days is None or is_last:
        unset = ("silent_at", *_PLACE) if tracked.silent_at else ()
        return Write(Kind.CHANGE, _TABLE, key, set={"told_at": told_at}, unset=unset, equals=own)
    silent_at = format_instant(heard_at + timedelta(days=tracked.silent_days))
    listed = _listed(tenant, tracking_number, tracked, silent_at)
    return Write(Kind.CHANGE, _TABLE, key, set={"told_at": told_at, **listed}, equals=own)


def silence_write(tenant: str, tracking_number: str, tracked: Tracked) -> Write:
    """That nothing was heard of a parcel for too long is noted; nothing was meanwhile."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    own: Item = {"told_at": tracked.told_at, "silent_at": tracked.silent_at}
    return Write(Kind.CHANGE, _TABLE, key, unset=_PLACE, equals=own)


def claimed_write(tenant: str, tracking_number: str, tracked: Tracked) -> Write:
    """Nobody waits for news of a parcel any more; nothing was heard of it meanwhile."""
    key = _tracked_key(tenant, tracking_number, tracked.shipment_id)
    own: Item = {"told_at": tracked.told_at, **({"silent_at": tracked.silent_at} if tracked.silent_at else {})}
    return Write(Kind.CHANGE, _TABLE, key, unset=("silent_days", "silent_at", *_PLACE), equals=own)


def silent_parcels(database: Database, tenant: str, now: str) -> Iterator[tuple[str, Tracked]]:
    """The parcels, by their numbers, that are silent by an instant and of which that was not noted."""
    page = database.query_index(_TABLE, _INDEX, _silent(tenant), limit=_MOST_AT_ONCE)
    for item in page.items:
        if str(item["gsi1sk"]).split("#", 1)[0] > now:
            break
        number = str(item["pk"]).split("#TRACKING#", 1)[1]
        found = database.get(_TABLE, Key(str(item["pk"]), str(item["sk"])))
        if found is not None:
            yield number, _tracked(found)


def _tracked(row: Item) -> Tracked:
    days, at = row.get("silent_days"), row.get("silent_at")
    return Tracked(
        shipment_id=str(row["sk"]).split("#", 1)[1],
        shipped_at=str(row["shipped_at"]),
        told_at=str(row["told_at"]),
        silent_days=None if days is None else int(str(days)),
        silent_at=None if at is None else str(at),
        is_listed="gsi1pk" in row,
    )


def _listed(tenant: str, tracking_number: str, tracked: Tracked, silent_at: str) -> Item:
    place = f"{silent_at}#{tracked.shipment_id}#{normal(tracking_number)}"
    return {"silent_at": silent_at, "gsi1pk": _silent(tenant), "gsi1sk": place}


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


def _silent(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}SILENT"


def _unknown(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}UNKNOWNPARCELS"
