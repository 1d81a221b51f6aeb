"""How much of an item the network and its regions have, and what that is called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.inventory.model import StockRow
from oms.inventory.rules import NETWORK, LevelRule, LiveInventoryRules
from oms.registry.model import Item, Node


class Level(StrEnum):
    """What an amount of stock is called."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class StockLevel(BaseModel):
    """The units that can be had of an item in a region, as they were last summed up; `changes` counts its levels."""

    model_config = ConfigDict(frozen=True)
    region: str
    units: int
    level: Level
    changes: int = 0
    version: int = 0


def regions_of(live: Iterable[LiveInventoryRules], nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """The active nodes of the network and of each region that the rules name."""
    active = {node_id: node for node_id, node in nodes.items() if node.status == "active"}
    found = {NETWORK: list(active)}
    for one in live:
        for region in one.rules.regions:
            found[region.id] = [node_id for node_id, node in active.items() if region.has(node)]
    return found


def units_in(region: Sequence[str], rows: Iterable[StockRow]) -> int:
    """What can be had in a region; what a node lacks takes nothing from another."""
    there = set(region)
    return sum(max(0, row.available) for row in rows if row.node_id in there)


def level_of(live: Iterable[LiveInventoryRules], item: Item | None, sku: str, region: str, units: int) -> Level:
    """What so many units of an item are called in a region, by the first rule that speaks of it."""
    if units <= 0:
        return Level.NONE
    rule = next((rule for one in live for rule in one.rules.levels if _speaks_of(rule, item, sku, region)), LevelRule())
    return Level.LOW if units <= rule.low else Level.HIGH if units >= rule.high else Level.MEDIUM


def _speaks_of(rule: LevelRule, item: Item | None, sku: str, region: str) -> bool:
    return (not rule.regions or region in rule.regions) and rule.covers(sku, item)
