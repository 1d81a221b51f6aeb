"""What other contexts may ask about stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from oms.inventory.model import Claimable, Hold, claimable_row
from oms.inventory.rules import KIND, InventoryRules, LiveInventoryRules, Share, share
from oms.inventory.store import holds_of, snapshot
from oms.platform.dynamodb import Database
from oms.registry.model import Item, Node
from oms.rulesets.reads import live_rules


def claimable_units(
    database: Database,
    tenant: str,
    skus: Iterable[str],
    *,
    channel: str,
    items: Mapping[str, Item],
    nodes: Mapping[str, Node],
    now: datetime,
) -> Claimable:
    """What a channel can claim of these SKUs, under the rules that hold. Nodes that are not named give nothing."""
    rules = live_inventory_rules(database, tenant)
    rows = snapshot(database, tenant, sorted(set(skus)), now=now)
    units: dict[tuple[str, str], int] = {}
    keep: dict[tuple[str, str], int] = {}
    expired: dict[tuple[str, str], tuple[Hold, ...]] = {}
    for sku, found in rows.items():
        for row in map(claimable_row, found):
            node = nodes.get(row.node_id)
            if row.available <= 0 or node is None:
                continue
            may = share(rules, row, items.get(sku), node, channel, now) if rules else Share(row.available)
            if may.claimable:
                units[sku, row.node_id] = may.claimable
                if may.keep:
                    keep[sku, row.node_id] = may.keep
                if row.expired:
                    expired[sku, row.node_id] = row.expired
    return Claimable(units, keep, expired)


def live_inventory_rules(database: Database, tenant: str) -> list[LiveInventoryRules]:
    """The rule sets of stock that hold now, by id."""
    return [
        LiveInventoryRules(one.id, one.number, one.content)
        for one in live_rules(database, tenant, KIND, InventoryRules)
    ]


def holds_of_reservation(
    database: Database, tenant: str, reservation_id: str, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Hold]:
    """What a reservation still holds of these rows, by SKU and node."""
    return holds_of(database, tenant, reservation_id, places)
