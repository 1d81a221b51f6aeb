"""What can be had where: the available units of many items over the nodes of the network, for people who browse.

These figures are read without a lock on anything. What an order may claim is judged at the rows when it is placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.inventory.model import StockRow
from oms.inventory.requests import AvailabilityQuery
from oms.inventory.store import snapshot
from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.geo import UNKNOWN_DISTANCE, Place, locate, metres
from oms.registry.model import Journey, Node
from oms.registry.reads import known_items, known_nodes


def read_availability(database: Database, tenant: str, wanted: AvailabilityQuery, now: datetime) -> dict[str, Any]:
    """Per SKU the units that can be had in all and at each node with stock, nearest first where a place is given.

    Closed nodes, and those without the wanted journey, give nothing. SKUs that are not known are in `unknown_skus`.
    """
    items = known_items(database, tenant, wanted.skus, now)
    nodes = _giving(known_nodes(database, tenant, now, named=wanted.nodes), wanted)
    rows = snapshot(database, tenant, [sku for sku in wanted.skus if sku in items], consistent=False)
    place = locate(wanted.country, wanted.postal_code) if wanted.postal_code else None
    return {
        "as_of": format_instant(now),
        "items": [_item(sku, found, nodes, place) for sku, found in rows.items()],
        "unknown_skus": [sku for sku in wanted.skus if sku not in items],
    }


def _giving(nodes: Mapping[str, Node], wanted: AvailabilityQuery) -> dict[str, Node]:
    return {
        node_id: node
        for node_id, node in nodes.items()
        if node.status == "active"
        and (not wanted.nodes or node_id in wanted.nodes)
        and (wanted.method is None or Journey(wanted.method) in node.journeys)
    }


def _item(sku: str, rows: list[StockRow], nodes: Mapping[str, Node], place: Place | None) -> dict[str, Any]:
    found = [
        (metres(_place(nodes[row.node_id]), place) if place else None, row)
        for row in rows
        if row.node_id in nodes and row.available > 0
    ]
    found.sort(key=lambda pair: (pair[0] or 0, pair[1].node_id))
    return {
        "sku": sku,
        "available": sum(row.available for _, row in found),
        "nodes": [
            {
                "node_id": row.node_id,
                "kind": nodes[row.node_id].kind.value,
                "available": row.available,
                "metres": None if away is None or away >= UNKNOWN_DISTANCE else away,
            }
            for away, row in found
        ],
    }


def _place(node: Node) -> Place:
    return Place(node.latitude_microdegrees, node.longitude_microdegrees)
