"""Reading stock (table `stock`; partition T#<tenant>#SKU#<sku> where no other is named).

| access pattern | how |
|---|---|
| all nodes of a SKU, with shards and the holds of baskets | Query sk begins NODE# |
| the segments of a SKU of which there ever was stock | Query sk begins SEGMENT#; each has a partition of its own |
| some holds | BatchGet NODE#<node>#HOLD#<reservation> |
| some rows of many SKUs | BatchGet NODE#<node>, and NODE#<node>#SHARD#<number> of those with shards |
| what units of some SKUs are worth | BatchGet PRICES |
| last sequence of a feed | BatchGet FEED#<node>#<source> |
| movements of a row, newest first | one page of partition MOVES#<sku>#<node>, sk begins MOVE# |
| movements of a row since an instant | Query there, sk from MOVE#<instant> on |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from oms.inventory.model import BUCKETS, Hold, MovementKind, Shard, StockRow, freed, with_shards
from oms.inventory.rows import (
    SEGMENT,
    TABLE,
    LedgerEntry,
    feed_key,
    hold_key,
    ledger_partition,
    prices_key,
    shard_key,
    sku_partition,
    stock_key,
)
from oms.platform.clock import format_instant, parse_instant
from oms.platform.cursors import bad_cursor
from oms.platform.dynamodb import Database
from oms.platform.writes import Item
from oms.registry.segments import named

RowName = tuple[str, str]  # SKU and node id
_HOLD, _SHARD = "#HOLD#", "#SHARD#"
FeedName = tuple[str, str, str]  # SKU, node id and source


def snapshot(
    database: Database, tenant: str, skus: Iterable[str], *, consistent: bool = True, now: datetime | None = None
) -> dict[str, list[StockRow]]:
    """The stock rows of each SKU at every node, by node id; a SKU without stock has an empty list."""
    return {sku: rows_of(database, tenant, sku, consistent=consistent, now=now) for sku in dict.fromkeys(skus)}


def rows_of(
    database: Database, tenant: str, sku: str, *, consistent: bool = True, now: datetime | None = None
) -> list[StockRow]:
    """The stock rows of one SKU, by node id; with `now`, holds that have expired by then count as available."""
    rows: dict[str, StockRow] = {}
    for item in database.query(TABLE, sku_partition(tenant, sku), begins="NODE#", consistent=consistent):
        name = str(item["sk"])
        place = name.partition(_HOLD)[0].partition(_SHARD)[0]
        if place == name:
            rows[place] = row_from_item(sku, item)
        elif _SHARD in name:
            rows[place] = with_shards(rows[place], [shard_from_item(item)])
        elif now is not None and str(item["until"]) <= format_instant(now):
            # A hold sorts behind its row, but rows of other nodes may stand between: a space sorts before the "#".
            rows[place] = freed(rows[place], [hold_from_item(item)])
    return list(rows.values())


def prices_of(database: Database, tenant: str, skus: Iterable[str], now: datetime) -> dict[RowName, int]:
    """What a unit of some SKUs is worth at a node, in minor units, as far as it is said for now."""
    keys = {prices_key(tenant, sku): sku for sku in skus}
    found = database.get_many([(TABLE, key) for key in keys], consistent=False)
    return {
        (keys[key], node_id): cents
        for (_, key), item in found.items()
        if str(item["until"]) > format_instant(now)
        for node_id, cents in json.loads(str(item["body"])).items()
    }


def segments_of(database: Database, tenant: str, sku: str) -> list[str]:
    """The names of the stock of a SKU in segments, of each segment of which there ever was any."""
    items = database.query(TABLE, sku_partition(tenant, sku), begins=SEGMENT, consistent=False)
    return [named(sku, str(item["body"])) for item in items]


def holds_of(database: Database, tenant: str, reservation_id: str, places: Iterable[RowName]) -> dict[RowName, Hold]:
    """The holds of a reservation that are still there, among the rows that it was made for."""
    keys = {hold_key(tenant, sku, node_id, reservation_id): (sku, node_id) for sku, node_id in places}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: hold_from_item(item) for (_, key), item in found.items()}


def hold_from_item(item: Item) -> Hold:
    """A stored hold as a value."""
    reservation_id = str(item["sk"]).partition(_HOLD)[2]
    return Hold(reservation_id, _units(item, "units"), str(item["until"]))


def shard_from_item(item: Item) -> Shard:
    """A stored shard as a value."""
    return Shard(int(str(item["sk"]).partition(_SHARD)[2]), _units(item, "available"))


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
    of_shards = {
        (TABLE, shard_key(tenant, *row_keys[key], number)): row_keys[key]
        for (_, key), item in found.items()
        if key in row_keys
        for number in range(_units(item, "shards"))
    }
    shards = database.get_many(list(of_shards))
    for key_of_shard, place in of_shards.items():
        if key_of_shard in shards:
            stock[place] = with_shards(stock[place], [shard_from_item(shards[key_of_shard])])
    marks = {feed_keys[key]: _units(item, "sequence") for (_, key), item in found.items() if key in feed_keys}
    return stock, marks


def movements_of(
    database: Database,
    tenant: str,
    sku: str,
    node_id: str,
    *,
    since: datetime | None = None,
) -> Iterator[LedgerEntry]:
    """The movements of a row, oldest first: all of them, or those after an instant."""
    # A line stands at the latest of its movements, so none that is earlier than the instant has a later one in it.
    first = "MOVE#" if since is None else f"MOVE#{format_instant(since)}"
    for item in database.query(TABLE, ledger_partition(tenant, sku, node_id), since=first):
        for entry in entries_from_item(item):
            if since is None or entry.at > since:
                yield entry


def newest_movements(
    database: Database, tenant: str, sku: str, node_id: str, *, limit: int, after: str | None
) -> tuple[list[LedgerEntry], str | None]:
    """A page of a row's movements, newest first, as many as `limit` lines hold, and the position of the next page."""
    if after is not None and not after.startswith("MOVE#"):
        raise bad_cursor()
    partition = ledger_partition(tenant, sku, node_id)
    page = database.query_page(TABLE, partition, begins="MOVE#", limit=limit, after=after)
    entries = [entry for item in page.items for entry in reversed(entries_from_item(item))]
    return entries, page.next["sk"] if page.next else None


def entries_from_item(item: Item) -> list[LedgerEntry]:
    """The movements of a line of the stock ledger, in the order in which they happened."""
    return [
        LedgerEntry(
            MovementKind(entry["kind"]),
            entry["quantity"],
            entry["changes"],
            parse_instant(entry["at"]),
            entry["cause"],
            entry["source"],
            entry["sequence"],
            entry["reason"],
            entry.get("by"),
        )
        for entry in json.loads(str(item["body"]))
    ]


def row_from_item(sku: str, item: Item) -> StockRow:
    """A stored row as a value."""
    amounts: dict[str, Any] = {name: _units(item, name) for name in (*BUCKETS, "available", "version")}
    day = item.get("restocked_on")
    restocked_on = date.fromisoformat(day) if isinstance(day, str) else None
    row = replace(StockRow(sku, str(item["sk"]).removeprefix("NODE#"), restocked_on=restocked_on), **amounts)
    told = _units(item, "told_at")
    return replace(row, told_at=format_instant(datetime.fromtimestamp(told / 1_000, UTC))) if told else row


def _units(item: Item, name: str) -> int:
    amount = item.get(name, 0)
    assert isinstance(amount, int), f"{name} is not a number"
    return amount
