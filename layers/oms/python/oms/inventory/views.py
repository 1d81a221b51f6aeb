"""Stock as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.inventory.model import BUCKETS, StockRow
from oms.inventory.requests import MovementsQuery
from oms.inventory.rows import LedgerEntry, sku_partition
from oms.inventory.store import newest_movements, rows_of, segments_of
from oms.platform.clock import format_instant
from oms.platform.cursors import decode_cursor, encode_cursor
from oms.platform.dynamodb import Database
from oms.platform.principal import Principal, authorize, permits
from oms.platform.problems import NotFound
from oms.registry.reads import known_items
from oms.registry.segments import shown

_SHOWN = (*BUCKETS, "available", "deficit")


def read_stock(database: Database, principal: Principal, sku: str, now: datetime) -> dict[str, Any]:
    """The stock of a SKU per node, with its sums, as far as the caller's nodes go; an unknown SKU raises NotFound.

    Stock in segments is listed by segment, and is in no sum but that of its segment.
    """
    rows = rows_of(database, principal.tenant, sku, now=now)
    apart = [
        row
        for name in segments_of(database, principal.tenant, sku)
        for row in rows_of(database, principal.tenant, name, now=now)
    ]
    item = None if rows else known_items(database, principal.tenant, [sku], now).get(sku)
    if not rows and item is None:
        raise NotFound()
    key = sku_partition(principal.tenant, sku)
    own = [row for row in rows if permits(principal, "inventory.read", key, node=row.node_id)]
    segments: dict[str, list[StockRow]] = {}
    for row in apart:
        if permits(principal, "inventory.read", key, node=row.node_id):
            segments.setdefault(row.sku, []).append(row)
    return {
        "sku": sku,
        "nodes": [_node(row) for row in own],
        "totals": _totals(own),
        "segments": [
            {"segment": shown(name)["segment"], "nodes": [_node(row) for row in found], "totals": _totals(found)}
            for name, found in segments.items()
        ],
        # A kit has no stock of its own.
        "available_actions": [] if item is not None and item.components else ["record_movements"],
    }


def read_movements(
    database: Database, principal: Principal, sku: str, wanted: MovementsQuery, now: datetime
) -> dict[str, Any]:
    """A page of the stock ledger of a SKU, or a segment of it, at a node, newest first.

    What is unknown or not theirs raises NotFound.
    """
    key = sku_partition(principal.tenant, sku)
    if not known_items(database, principal.tenant, [sku], now):
        raise NotFound()
    authorize(principal, "inventory.read", key, node=wanted.node_id)
    after = decode_cursor(wanted.cursor).get("sk") if wanted.cursor else None
    name = wanted.stock_of(sku)
    entries, position = newest_movements(
        database, principal.tenant, name, wanted.node_id, limit=wanted.limit, after=after
    )
    return {
        **shown(name),
        "node_id": wanted.node_id,
        "movements": [_entry(entry) for entry in entries],
        "next_cursor": encode_cursor({"sk": position}) if position else None,
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "quantity": entry.quantity,
        "changes": dict(entry.changes),
        "at": format_instant(entry.at),
        "cause": entry.cause,
        "source": entry.source,
        "sequence": entry.sequence,
        "reason": entry.reason,
        "by": entry.by,
    }


def _node(row: StockRow) -> dict[str, Any]:
    return {
        "node_id": row.node_id,
        **{name: row.amount(name) for name in _SHOWN},
        "restocked_on": row.restocked_on.isoformat() if row.restocked_on else None,
        "version": row.version,
    }


def _totals(rows: Sequence[StockRow]) -> dict[str, int]:
    return {name: sum(row.amount(name) for row in rows) for name in _SHOWN}
