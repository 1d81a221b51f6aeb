"""Stock as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.inventory.model import BUCKETS, StockRow
from oms.inventory.store import rows_of
from oms.inventory.writes import sku_partition
from oms.platform.dynamodb import Database
from oms.platform.principal import Principal, permits
from oms.platform.problems import NotFound
from oms.registry.reads import known_items

_SHOWN = (*BUCKETS, "available", "deficit")


def read_stock(database: Database, principal: Principal, sku: str, now: datetime) -> dict[str, Any]:
    """The stock of a SKU per node, with its sums, as far as the caller's nodes go; an unknown SKU raises NotFound."""
    rows = rows_of(database, principal.tenant, sku)
    if not rows and not known_items(database, principal.tenant, [sku], now):
        raise NotFound()
    key = sku_partition(principal.tenant, sku)
    own = [row for row in rows if permits(principal, "inventory.read", key, node=row.node_id)]
    return {
        "sku": sku,
        "nodes": [_node(row) for row in own],
        "totals": _totals(own),
        "available_actions": ["record_movements"],
    }


def _node(row: StockRow) -> dict[str, Any]:
    return {"node_id": row.node_id, **{name: row.amount(name) for name in _SHOWN}, "version": row.version}


def _totals(rows: Sequence[StockRow]) -> dict[str, int]:
    return {name: sum(row.amount(name) for row in rows) for name in _SHOWN}
