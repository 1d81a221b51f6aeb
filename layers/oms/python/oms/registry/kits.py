"""What a kit consists of. Pure.

A kit has no stock of its own: it is sold as one item, and what is claimed, picked and shipped are its components.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from oms.platform.fields import Code, Quantity
from oms.platform.intake import Request

# A kit that lies at several nodes is cancelled in one transaction: at each of them a row of each component changes.
MOST_COMPONENTS = 10

# What becomes of a kit when a component of it is short: it goes elsewhere as a whole, or only that component does.
WhenShort = Literal["reject", "split"]


class Component(Request):
    """So many units of an item of stock in each unit of a kit."""

    sku: Code
    quantity: Annotated[Quantity, Field(le=1_000)]


Components = Annotated[tuple[Component, ...], Field(max_length=MOST_COMPONENTS)]


def exploded(sku: str, components: Sequence[Component], units: int) -> dict[str, int]:
    """The units of stock that so many units of an item are: its own, or those of its components."""
    return {one.sku: one.quantity * units for one in components} if components else {sku: units}


def summed(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Units by SKU of all parts together."""
    found: dict[str, int] = {}
    for part in parts:
        for sku, units in part.items():
            found[sku] = found.get(sku, 0) + units
    return found


def kits_in(components: Iterable[Component], units: Mapping[str, int]) -> int:
    """How many whole kits so many units of each component make."""
    return min(max(0, units.get(one.sku, 0)) // one.quantity for one in components)
