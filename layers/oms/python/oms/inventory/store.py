"""Reading stock (table `stock`, partition T#<tenant>#SKU#<sku>).

| access pattern | how |
|---|---|
| all nodes of a SKU | Query sk begins NODE# |
| some rows of many SKUs | BatchGet NODE#<node> |
| last sequence of a feed | BatchGet FEED#<node>#<source> |
| movements of a row since an instant | Query sk begins MOVE#<node>#<what both ends of the time span share> |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from oms.inventory.model import BUCKETS, MovementKind, StockRow
from oms.inventory.writes import TABLE, LedgerEntry, feed_key, sku_partition, stock_key
from oms.platform.clock import format_instant, parse_instant
from oms.platform.dynamodb import Database
from oms.platform.writes import Item

RowName = tuple[str, str]  # SKU and node id
FeedName = tuple[str, str, str]  # SKU, node id and source


def snapshot(
    database: Database, tenant: str, skus: Iterable[str], *, consistent: bool = True
) -> dict[str, list[StockRow]]:
    """The stock rows of each SKU at every node, by node id; a SKU without stock has an empty list."""
    return {sku: rows_of(database, tenant, sku, consistent=consistent) for sku in dict.fromkeys(skus)}


def rows_of(database: Database, tenant: str, sku: str, *, consistent: bool = True) -> list[StockRow]:
    """The stock rows of one SKU, by node id."""
    items = database.query(TABLE, sku_partition(tenant, sku), begins="NODE#", consistent=consistent)
    return [row_from_item(sku, item) for item in items]


def rows_and_marks(
    database: Database, tenant: str, rows: Iterable[RowName], feeds: Iterable[FeedName]
) -> tuple[dict[RowName, StockRow], dict[FeedName, int]]:
    """The named stock rows and feed marks that exist."""
    row_keys = {stock_key(tenant, *name): name for name in rows}
    feed_keys = {feed_key(tenant, *name): name for name in feeds}
    found = database.get_many([(TABLE, key) for key in (*row_keys, *feed_keys)])
    stock = {
        row_keys[key]: row_from_item(row_keys[key][0], item) for (_, key), item in found.items() if key in row_keys
    }
    marks = {feed_keys[key]: _units(item, "sequence") for (_, key), item in found.items() if key in feed_keys}
    return stock, marks


def movements_of(
    database: Database,
    tenant: str,
    sku: str,
    node_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[LedgerEntry]:
    """The movements of a row, oldest first: all of them, or those after one instant and up to another."""
    begins = f"MOVE#{node_id}#"
    if since is not None and until is not None:
        begins += _shared_beginning(format_instant(since), format_instant(until))
    for item in database.query(TABLE, sku_partition(tenant, sku), begins=begins):
        for entry in json.loads(str(item["body"])):
            at = parse_instant(entry["at"])
            if since is None or at > since:
                yield LedgerEntry(
                    MovementKind(entry["kind"]),
                    entry["quantity"],
                    entry["changes"],
                    at,
                    entry["cause"],
                    entry["source"],
                    entry["sequence"],
                    entry["reason"],
                )


def row_from_item(sku: str, item: Item) -> StockRow:
    """A stored row as a value."""
    amounts = {name: _units(item, name) for name in (*BUCKETS, "available", "version")}
    return StockRow(sku, str(item["sk"]).removeprefix("NODE#"), **amounts)


def _shared_beginning(first: str, second: str) -> str:
    length = next((i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b), len(first))
    return first[:length]


def _units(item: Item, name: str) -> int:
    amount = item.get(name, 0)
    assert isinstance(amount, int), f"{name} is not a number"
    return amount
