"""Marks of stock in great demand (table `stock`, partition T#<tenant>#HOT), set by a merchant or by what was measured.

| access pattern | how |
|---|---|
| all marks of a tenant | Query sk begins SKU# |
| one mark | Get SKU#<sku>#NODE#<node> |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from oms.inventory.rows import TABLE
from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put


@dataclass(frozen=True, slots=True)
class Mark:
    """Until when so many claims a second are expected of a stock row; `measured` tells that nobody has said so."""

    sku: str
    node_id: str
    per_second: int
    until: str
    measured: bool = False
    version: int = 0

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        return format_instant(now) < self.until


def mark_key(tenant: str, sku: str, node_id: str) -> Key:
    """Where a mark is kept."""
    return Key(f"{tenant_prefix(tenant)}HOT", f"SKU#{sku}#NODE#{node_id}")


def mark_write(tenant: str, mark: Mark) -> Write:
    """A mark as it is now, held to the version before it."""
    row: Item = asdict(mark)
    key = mark_key(tenant, mark.sku, mark.node_id)
    return create(TABLE, key, row) if mark.version == 1 else put(TABLE, key, row, version=mark.version - 1)


def all_marks(database: Database, tenant: str) -> list[Mark]:
    """Every mark of a tenant, by SKU and node."""
    return [_mark(item) for item in database.query(TABLE, mark_key(tenant, "", "").pk, begins="SKU#")]


def marks_of(database: Database, tenant: str, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Mark]:
    """The marks of some stock rows, as far as there are any."""
    found = database.get_many([(TABLE, mark_key(tenant, *place)) for place in dict.fromkeys(places)])
    marks = [_mark(item) for item in found.values()]
    return {(mark.sku, mark.node_id): mark for mark in marks}


def _mark(item: Item) -> Mark:
    per_second, version = item["per_second"], item["version"]
    assert isinstance(per_second, int)
    assert isinstance(version, int)
    return Mark(str(item["sku"]), str(item["node_id"]), per_second, str(item["until"]), bool(item["measured"]), version)
