"""What the stock of the retailer tells the others."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class Moved(BaseModel):
    """One movement: what its cause stated, and the signed units per bucket it led to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sku: str
    node_id: str
    kind: str
    quantity: int
    changes: dict[str, int]
    at: str
    source: str | None
    sequence: int | None


class Shortage(BaseModel):
    """A stock row that no longer covers what was committed from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sku: str
    node_id: str
    deficit: int


class StockMoved(EventData):
    """Stock has moved other than by orders; `shortages` lists the rows it left short of what was committed."""

    movements: list[Moved]
    shortages: list[Shortage]
