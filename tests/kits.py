"""Kits for the retailer of tests.order_world: SET is two of A and one of B, BOX one of B and three of C."""

from __future__ import annotations

from oms.registry.kits import Component
from oms.registry.model import ItemKind
from tests.order_world import World

SET = {"A": 2, "B": 1}
BOX = {"B": 1, "C": 3}


def components(made_of: dict[str, int]) -> tuple[Component, ...]:
    """What a kit is made of, as the product keeps it."""
    return tuple(Component(sku=sku, quantity=units) for sku, units in made_of.items())


def add_kit(world: World, sku: str, made_of: dict[str, int], when_short: str = "reject") -> None:
    """A kit in the registry of a world."""
    world.add_item(sku, {}, kind=ItemKind.KIT, components=components(made_of), when_short=when_short)
