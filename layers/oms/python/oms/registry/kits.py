"""What a kit consists of, and how any item is found, known by its codes and made ready. Pure.

A kit has no stock of its own: it is sold as one item, and what is claimed, picked and shipped are its components.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

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


class Barcode(Request):
    """A code that stands on an item or on a pack of it, such as a GTIN, and how many units it means."""

    barcode: Code
    quantity: Annotated[Quantity, Field(le=1_000)] = 1


def same_code(code: str) -> str:
    """A code as it is compared: a GTIN of 8, 12, 13 or 14 digits is the same with zeros before it."""
    return code.zfill(14) if code.isascii() and code.isdigit() and len(code) in (8, 12, 13, 14) else code


def _codes_once(barcodes: tuple[Barcode, ...]) -> tuple[Barcode, ...]:
    if len({same_code(one.barcode) for one in barcodes}) != len(barcodes):
        raise ValueError("a barcode stands there twice")
    return barcodes


class PickedItem(Request):
    """What an item says to whoever picks and packs it: its codes, its place at each node, what is done before packing.

    `locations` are by node; at a node that is left out, the item lies where its SKU says. `preparation` names a step
    such as `assembly`, without which it is not packed.
    """

    barcodes: Annotated[tuple[Barcode, ...], Field(max_length=20), AfterValidator(_codes_once)] = ()
    locations: Annotated[dict[Code, Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=200)] = Field(
        default_factory=dict
    )
    preparation: Code | None = None


class PickingNode(Request):
    """How a node picks: short of some units it goes on with the others (`continue`), or gives up all (`reject`)."""

    when_short: Literal["continue", "reject"] = "continue"


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
