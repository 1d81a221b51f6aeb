"""What other contexts may ask about stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.rules import KIND, InventoryRules, LiveInventoryRules, Share, share
from oms.inventory.store import snapshot
from oms.platform.dynamodb import Database
from oms.registry.model import Item, Node
from oms.rulesets.reads import live_rules


@dataclass(frozen=True, slots=True)
class Claimable:
    """What a channel can claim now, per SKU and node; SKUs of which a node has nothing to give are left out.

    `keep` are the units that must stay available behind a claim, where there are any.
    """

    units: Mapping[tuple[str, str], int]
    keep: Mapping[tuple[str, str], int]


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
    rows = snapshot(database, tenant, sorted(set(skus)))
    units: dict[tuple[str, str], int] = {}
    keep: dict[tuple[str, str], int] = {}
    for sku, found in rows.items():
        for row in found:
            node = nodes.get(row.node_id)
            if row.available <= 0 or node is None:
                continue
            may = share(rules, row, items.get(sku), node, channel, now) if rules else Share(row.available)
            if may.claimable:
                units[sku, row.node_id] = may.claimable
                if may.keep:
                    keep[sku, row.node_id] = may.keep
    return Claimable(units, keep)


def live_inventory_rules(database: Database, tenant: str) -> list[LiveInventoryRules]:
    """The rule sets of stock that hold now, by id."""
    return [
        LiveInventoryRules(one.id, one.number, one.content)
        for one in live_rules(database, tenant, KIND, InventoryRules)
    ]
