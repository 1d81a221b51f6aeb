"""What other contexts may ask about stock."""

from __future__ import annotations

from collections.abc import Iterable

from oms.inventory.store import snapshot
from oms.platform.dynamodb import Database


def claimable_units(database: Database, tenant: str, skus: Iterable[str]) -> dict[tuple[str, str], int]:
    """What can be claimed now, per SKU and node; SKUs of which a node has nothing to give are left out."""
    rows = snapshot(database, tenant, sorted(set(skus)))
    return {(sku, row.node_id): row.available for sku, found in rows.items() for row in found if row.available > 0}
