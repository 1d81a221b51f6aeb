"""Reading levels of stock (table `stock`).

| access pattern | how |
|---|---|
| the levels of a SKU | Query T#<tenant>#SKU#<sku>, sk begins LEVEL# |
| some levels of many SKUs | BatchGet there, sk LEVEL#<region> |
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.inventory.levels.model import StockLevel
from oms.inventory.rows import TABLE, sku_partition
from oms.platform.dynamodb import Database
from oms.platform.writes import Item, Key, Write, create, put


def level_key(tenant: str, sku: str, region: str) -> Key:
    """Where the level of a SKU in a region is kept."""
    return Key(sku_partition(tenant, sku), f"LEVEL#{region}")


def levels_of(database: Database, tenant: str, sku: str) -> dict[str, StockLevel]:
    """The stored levels of a SKU, by region."""
    items = database.query(TABLE, sku_partition(tenant, sku), begins="LEVEL#")
    return {level.region: level for level in map(_level, items)}


def some_levels(
    database: Database, tenant: str, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], StockLevel]:
    """The stored levels among these SKUs and regions."""
    keys = {level_key(tenant, sku, region): (sku, region) for sku, region in wanted}
    found = database.get_many([(TABLE, key) for key in keys], consistent=False)
    return {keys[key]: _level(item) for (_, key), item in found.items()}


def level_write(tenant: str, sku: str, level: StockLevel) -> Write:
    """A level as it is now, held to the version before it."""
    row: Item = {"units": level.units, "level": level.level.value, "changes": level.changes, "version": level.version}
    key = level_key(tenant, sku, level.region)
    return create(TABLE, key, row) if level.version == 1 else put(TABLE, key, row, version=level.version - 1)


def _level(item: Item) -> StockLevel:
    fields = {name: item[name] for name in ("units", "level", "changes", "version")}
    return StockLevel.model_validate({**fields, "region": str(item["sk"]).partition("#")[2]})
