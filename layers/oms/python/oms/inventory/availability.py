"""What can be had where: the available units of many items over the nodes of the network, for people who browse.

These figures are read without a lock on anything. What an order may claim is judged at the rows when it is placed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.inventory.kits import kit_rows
from oms.inventory.levels.model import regions_of
from oms.inventory.model import StockRow
from oms.inventory.reads import live_inventory_rules
from oms.inventory.requests import AvailabilityQuery
from oms.inventory.rules import LiveInventoryRules, Reason, Share, share
from oms.inventory.store import snapshot
from oms.inventory.supply.reads import coming_supply, with_supply
from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.geo import UNKNOWN_DISTANCE, Place, locate, metres
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.kits import exploded, kits_in
from oms.registry.model import Item, Journey, Node
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import has_expired, shown


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: of which nodes, for which channel under which rules, and from where."""

    wanted: AvailabilityQuery
    now: datetime
    nodes: Mapping[str, Node]
    rules: Sequence[LiveInventoryRules]
    place: Place | None

    def stock_of(self, sku: str) -> str:
        """The stock of an item that is asked about: that of a segment, or that in none."""
        return self.wanted.stock_of(sku)

    def share(self, row: StockRow, item: Item) -> Share:
        """What the channel may have of a row; without a channel, all that is available."""
        if has_expired(row.sku, self.nodes[row.node_id], self.now):
            return Share(0)
        if self.wanted.channel is None:
            return Share(max(0, row.available))
        return share(self.rules, row, item, self.nodes[row.node_id], self.wanted.channel, self.now)


def read_availability(database: Database, tenant: str, wanted: AvailabilityQuery, now: datetime) -> dict[str, Any]:
    """Per SKU the units that can be had in all and at each node with stock, nearest first where a place is given.

    Closed nodes, and those without the wanted journey, give nothing; for a channel, neither does what the rules of
    stock keep back from it. A node has as many of a kit as its scarcest component makes, and what is kept back of
    the kit is kept back of its components. SKUs that are not known are in `unknown_skus`.
    """
    items = sold_items(database, tenant, wanted.skus, now)
    rules = live_inventory_rules(database, tenant) if wanted.channel or wanted.region else ()
    place = locate(wanted.country, wanted.postal_code) if wanted.postal_code else None
    nodes = known_nodes(database, tenant, now, named=wanted.nodes)
    if wanted.within_km is not None and place is None:
        detail = "nobody knows where this postal code is"
        raise InvalidRequest(errors=[FieldError("/query/postal_code", "unknown_place", detail)])
    within = _of_region(rules, wanted.region, nodes) if wanted.region else None
    question = _Question(wanted, now, _giving(nodes, wanted, within, place), rules if wanted.channel else (), place)
    known = [sku for sku in dict.fromkeys(wanted.skus) if sku in items]
    stocked = [question.stock_of(one) for sku in known for one in exploded(sku, items[sku].components, 1)]
    rows = snapshot(database, tenant, stocked, consistent=False, now=now)
    if wanted.by is not None:
        arriving = coming_supply(database, tenant, stocked, question.nodes, now, by=wanted.by)
        rows = {sku: with_supply(sku, found, arriving[sku]) for sku, found in rows.items()}
    return {
        "as_of": format_instant(now),
        "by": None if wanted.by is None else wanted.by.isoformat(),
        "channel": wanted.channel,
        "items": [_item(question, items[sku], _shares(question, items[sku], items, rows)) for sku in known],
        "unknown_skus": [sku for sku in wanted.skus if sku not in items],
    }


def _of_region(rules: Sequence[LiveInventoryRules], name: str, nodes: Mapping[str, Node]) -> Sequence[str]:
    regions = regions_of(rules, nodes)
    if name not in regions:
        raise InvalidRequest(errors=[FieldError("/query/region", "unknown_region", f"there is no region {name}")])
    return regions[name]


def _giving(
    nodes: Mapping[str, Node], wanted: AvailabilityQuery, region: Sequence[str] | None, place: Place | None
) -> dict[str, Node]:
    return {
        node_id: node
        for node_id, node in nodes.items()
        if node.status == "active"
        and (not wanted.nodes or node_id in wanted.nodes)
        and (wanted.method is None or Journey(wanted.method) in node.journeys)
        and (region is None or node_id in region)
        and (wanted.within_km is None or metres(node.place, place) <= wanted.within_km * 1_000)
    }


def _shares(
    question: _Question, item: Item, items: Mapping[str, Item], rows: Mapping[str, Sequence[StockRow]]
) -> list[tuple[str, Share]]:
    """What may be had of an item at each node that has some; of a kit, as many as its components make."""
    if not item.components:
        return [
            (row.node_id, question.share(row, item))
            for row in rows[question.stock_of(item.sku)]
            if row.node_id in question.nodes and row.available > 0
        ]
    if question.wanted.tags:
        # Whoever orders a kit gets components that are in no segment.
        return []
    found = []
    parts_of_kit = {one.sku: rows[question.stock_of(one.sku)] for one in item.components}
    for row in kit_rows(item, parts_of_kit):
        if row.node_id in question.nodes and row.available > 0:
            parts = {
                one.sku: question.share(part, items[one.sku])
                for one in item.components
                for part in rows[question.stock_of(one.sku)]
                if part.node_id == row.node_id
            }
            made = kits_in(item.components, {sku: may.claimable for sku, may in parts.items()})
            reasons = dict.fromkeys(reason for may in parts.values() for reason in may.reasons)
            found.append((row.node_id, Share(made, reasons=tuple(reasons))))
    return found


def _item(question: _Question, item: Item, shares: Sequence[tuple[str, Share]]) -> dict[str, Any]:
    total = {**shown(question.stock_of(item.sku)), "available": sum(may.claimable for _, may in shares)}
    if question.wanted.view == "aggregate":
        return total
    found = [(question.nodes[node_id], may) for node_id, may in shares if may.claimable or may.reasons]
    away = {node.id: metres(node.place, question.place) for node, _ in found} if question.place else {}
    found.sort(key=lambda pair: (away.get(pair[0].id, 0), pair[0].id))
    return {**total, "nodes": [_node(node, may, away.get(node.id)) for node, may in found]}


def _node(node: Node, may: Share, away: int | None) -> dict[str, Any]:
    return {
        "node_id": node.id,
        "kind": node.kind.value,
        "available": may.claimable,
        "metres": None if away is None or away >= UNKNOWN_DISTANCE else away,
        "kept_back": [_reason(reason) for reason in may.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"rule_set": reason.rule_set, "number": reason.number, "rule": reason.rule, "units": reason.units}
