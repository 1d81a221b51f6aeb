"""What other contexts may ask about stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from oms.inventory.ages import Ages
from oms.inventory.model import Claimable, Hold, StockRow, claimable_row
from oms.inventory.rules import KIND, InventoryRules, LiveInventoryRules, Share, share
from oms.inventory.store import holds_of, rows_and_marks, rows_of, snapshot
from oms.inventory.store import prices_of as prices_of
from oms.inventory.supply.model import Coming
from oms.inventory.supply.reads import with_supply
from oms.platform.dynamodb import Database
from oms.registry.model import Item, Node
from oms.registry.segments import has_expired
from oms.rulesets.reads import live_rules


@dataclass(frozen=True, slots=True)
class StockView:
    """The stock of some SKUs as a channel sees it at an instant, under the rules that hold; nothing reads it again."""

    rows: Mapping[str, Sequence[StockRow]]
    rules: Sequence[LiveInventoryRules]
    channel: str
    items: Mapping[str, Item]
    nodes: Mapping[str, Node]
    now: datetime

    def claimable(self, arriving: Mapping[str, Sequence[Coming]] = MappingProxyType({})) -> Claimable:
        """What the channel can claim, or could once some supply has arrived. Nodes that are not named give nothing."""
        units: dict[tuple[str, str], int] = {}
        keep: dict[tuple[str, str], int] = {}
        expired: dict[tuple[str, str], tuple[Hold, ...]] = {}
        spread: dict[tuple[str, str], StockRow] = {}
        days: dict[tuple[str, str], date] = {}
        for sku, found in self.rows.items():
            for row in map(claimable_row, with_supply(sku, found, arriving.get(sku, ()))):
                if row.restocked_on is not None:
                    days[sku, row.node_id] = row.restocked_on
                node = self.nodes.get(row.node_id)
                if row.available <= 0 or node is None or has_expired(sku, node, self.now):
                    continue
                may = self._share(row, node)
                if may.claimable:
                    units[sku, row.node_id] = may.claimable
                    if may.keep:
                        keep[sku, row.node_id] = may.keep
                    if row.expired:
                        expired[sku, row.node_id] = row.expired
                    if row.shards:
                        spread[sku, row.node_id] = row
        return Claimable(units, keep, expired, spread=spread, ages=Ages(self.now.date(), days))

    def with_basket(self, stock: Claimable, holds: Mapping[tuple[str, str], Hold]) -> Claimable:
        """What somebody can claim of such stock who has a basket; what has expired in it is not sold, and goes back."""
        known = stock.with_own(holds)
        sold = {
            (sku, node_id): count
            for (sku, node_id), count in known.units.items()
            if node_id not in self.nodes or not has_expired(sku, self.nodes[node_id], self.now)
        }
        return replace(known, units=sold)

    def _share(self, row: StockRow, node: Node) -> Share:
        if not self.rules:
            return Share(row.available)
        return share(self.rules, row, self.items.get(row.sku), node, self.channel, self.now)


def stock_view(
    database: Database,
    tenant: str,
    skus: Iterable[str],
    *,
    channel: str,
    items: Mapping[str, Item],
    nodes: Mapping[str, Node],
    now: datetime,
) -> StockView:
    """The stock of these SKUs as a channel sees it now."""
    rules = live_inventory_rules(database, tenant)
    return StockView(snapshot(database, tenant, sorted(set(skus)), now=now), rules, channel, items, nodes, now)


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
    """What a channel can claim of these SKUs now, under the rules that hold."""
    return stock_view(database, tenant, skus, channel=channel, items=items, nodes=nodes, now=now).claimable()


def stock_rows(database: Database, tenant: str, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], StockRow]:
    """Some stock rows as they stand, by SKU and node, as far as there are any."""
    return rows_and_marks(database, tenant, places, ())[0]


def nodes_with_work(database: Database, tenant: str, sku: str) -> list[str]:
    """The nodes that have units of an item allocated to fulfilment orders or transfers, by id."""
    return [row.node_id for row in rows_of(database, tenant, sku) if row.allocated]


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
