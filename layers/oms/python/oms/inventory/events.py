"""What the stock of the retailer tells the others."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.inventory.supply.model import Kind
from oms.platform.events import EventData
from oms.registry.segments import Segment


class Moved(BaseModel):
    """One movement: what its cause stated, and the signed units per bucket it led to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sku: str
    segment: Segment | None = None
    node_id: str
    kind: str
    quantity: int
    changes: dict[str, int]
    at: str
    source: str | None
    sequence: int | None
    reason: str | None = None


class Shortage(BaseModel):
    """A stock row that no longer covers what was committed from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sku: str
    segment: Segment | None = None
    node_id: str
    deficit: int


class StockMoved(EventData):
    """Stock has moved other than by orders; `shortages` lists the rows it left short of what was committed."""

    version: ClassVar[int] = 3
    movements: list[Moved]
    shortages: list[Shortage]


class StockFreed(EventData):
    """There is more of an item, or of a segment of it: orders wait for it, or a better plan might take work over."""

    version: ClassVar[int] = 2
    sku: str
    segment: Segment | None = None


class StockLevelChanged(EventData):
    """The stock of an item in a region, or in the whole network, is called something else now."""

    sku: str
    region: str
    before: str | None
    after: str
    units: int


class StockFileLoaded(EventData):
    """A file of stock was taken in; how many of its rows were recorded, ignored and refused, and where that stands."""

    file: str
    object_version: str
    rows: int
    recorded: int
    ignored: int
    refused: int
    manifest: str


class SuppliedLine(BaseModel):
    """Units of one line: those that the event is about, and those that are still to come, with their day.

    `expected_before` is the day on which they were to come, where that was another one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    line_no: int
    sku: str
    segment: Segment | None = None
    quantity: int
    expected_on: str
    expected_before: str | None = None
    to_come: int


class _OfSupply(EventData):
    version: ClassVar[int] = 2
    supply_id: str
    kind: Kind
    node_id: str
    lines: tuple[SuppliedLine, ...]


class SupplyPut(_OfSupply):
    """Supply was put; of each line that changed, what is expected now and on which day."""


class SupplyDispatched(_OfSupply):
    """Units of a transfer have left their node."""

    from_node: str


class SupplyReceived(_OfSupply):
    """Units have arrived; `damaged` are those of them, by line, that cannot be sold."""

    damaged: dict[str, int]


class SupplyClosed(_OfSupply):
    """Units that were to come will not."""

    reason: str
