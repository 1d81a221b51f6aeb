"""Shapes of answers about levels of stock that the product builds as plain documents, for the API description."""

from __future__ import annotations

from oms.inventory.levels.model import Level
from tools.openapi_answers import Answer


class LevelInRegion(Answer):
    """What a region has of an item, and what that is called."""

    region: str
    units: int
    level: Level


class ItemLevels(Answer):
    """The levels of an item, of the network and of each region."""

    sku: str
    regions: list[LevelInRegion]


class Levels(Answer):
    """The levels of each item that exists."""

    items: list[ItemLevels]
    unknown_skus: list[str]
