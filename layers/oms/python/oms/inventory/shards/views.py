"""Stock in great demand as it is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from oms.inventory.model import StockRow
from oms.inventory.reads import stock_rows
from oms.inventory.rows import sku_partition
from oms.inventory.shards.marks import Mark, all_marks
from oms.platform.dynamodb import Database
from oms.platform.principal import Principal, permits
from oms.registry.segments import shown


def read_hot_stock(database: Database, principal: Principal) -> dict[str, Any]:
    """Every mark on stock of the caller's nodes, with the shards that the stock lies in now."""
    marks = [
        mark
        for mark in all_marks(database, principal.tenant)
        if permits(principal, "inventory.read", sku_partition(principal.tenant, mark.sku), node=mark.node_id)
    ]
    rows = stock_rows(database, principal.tenant, [(mark.sku, mark.node_id) for mark in marks])
    return {"stock": [{**mark_document(mark), **_shards(rows.get((mark.sku, mark.node_id)))} for mark in marks]}


def mark_document(mark: Mark) -> dict[str, Any]:
    """A mark as it is told; what is in great demand may be a segment of an item."""
    return {**asdict(mark), **shown(mark.sku)}


def _shards(row: StockRow | None) -> dict[str, Any]:
    return {
        "available": row.available if row else 0,
        "shards": [{"number": shard.number, "available": shard.units} for shard in row.shards] if row else [],
    }
