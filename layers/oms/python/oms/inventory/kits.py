"""What nodes have of a kit: as many as their stock of its components makes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.inventory.model import StockRow
from oms.registry.kits import kits_in
from oms.registry.model import Item


def kit_rows(kit: Item, rows: Mapping[str, Sequence[StockRow]]) -> list[StockRow]:
    """A kit as if it were counted at each node that has all of its components, in the order of node ids.

    `rows` are those of its components by SKU. Each row says only what is available; nobody stores it.
    """
    units: dict[str, dict[str, int]] = {}
    for one in kit.components:
        for row in rows[one.sku]:
            units.setdefault(row.node_id, {})[one.sku] = row.available
    return [
        StockRow(kit.sku, node_id, available=kits_in(kit.components, units[node_id]))
        for node_id in sorted(units)
        if len(units[node_id]) == len(kit.components)
    ]
