"""Shapes of answers about stock in great demand that the product builds as plain documents, for the API description."""

from __future__ import annotations

from tools.openapi_answers import Answer


class HotStockMark(Answer):
    """How many claims a second are expected of a stock row until when; `measured` where nobody has said so."""

    sku: str
    segment: dict[str, str] | None
    node_id: str
    per_second: int
    until: str
    measured: bool
    version: int


class ShardUnits(Answer):
    """The available units in one shard."""

    number: int
    available: int


class SpreadStock(HotStockMark):
    """A mark with what is available in all, and the shards that some of it lies in now."""

    available: int
    shards: list[ShardUnits]


class MarkedStock(Answer):
    """The marks as they were set."""

    stock: list[HotStockMark]


class HotStockList(Answer):
    """All marks of the caller's nodes."""

    stock: list[SpreadStock]
