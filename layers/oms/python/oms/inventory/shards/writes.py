"""Shards as writes: how a row gets them and loses them, and how units move between a row and one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oms.inventory.model import StockRow
from oms.inventory.rows import TABLE, change, shard_key, shard_moved, stock_key, to_shards
from oms.platform.writes import Kind, Write, create


def more_shards(tenant: str, row: StockRow, number: int) -> list[Write]:
    """The row with this number of shards, those that are new empty."""
    have = len(row.shards)
    new = [create(TABLE, shard_key(tenant, row.sku, row.node_id, n), _EMPTY) for n in range(have, number)]
    return [_numbered(tenant, row, number), *new]


def fewer_shards(tenant: str, row: StockRow, number: int) -> list[Write]:
    """The row with this number of shards. Those that go must be empty, and nobody may have moved units meanwhile."""
    gone = [
        Write(Kind.REMOVE, TABLE, shard_key(tenant, row.sku, row.node_id, n), equals={"available": 0})
        for n in range(number, len(row.shards))
    ]
    return [_numbered(tenant, row, number), *gone]


def moved_to_shard(tenant: str, row: StockRow, number: int, units: int) -> list[Write]:
    """Units of the row go into a shard, or with a minus out of it; the ledger does not know of shards."""
    own = change(tenant, row.sku, row.node_id, to_shards(units))
    there = replace(own, add={**own.add, "moves": 1}, equals={"shards": len(row.shards)})
    return [there, shard_moved(tenant, row.sku, row.node_id, number, units)]


def _numbered(tenant: str, row: StockRow, number: int) -> Write:
    have = len(row.shards)
    return Write(
        Kind.CHANGE,
        TABLE,
        stock_key(tenant, row.sku, row.node_id),
        set={"shards": number},
        add={"version": 1},
        equals={"shards": have} if have else {},
        at_most={} if have else {"shards": 0},
        must_exist=True,
    )


_EMPTY: Mapping[str, int] = {"available": 0, "moves": 0, "version": 0}
