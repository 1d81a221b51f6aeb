"""Faults in how stock is held for baskets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.simulation.planted.planting import Patch, fault, module, wrapped


@fault("hold taken away twice", "INV1", "Whoever ends a basket's hold does not ask whether it is still there.")
def _taken_twice() -> list[Patch]:
    def made(hold_removed: Any) -> Any:
        return lambda *place: replace(hold_removed(*place), equals={})

    return [wrapped(module("inventory.writes"), "hold_removed", made)]
