"""What comes in about stock in great demand."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Code, Instant
from oms.platform.intake import Request, no_more_than

MOST_MARKED = 40
# What the stock ledger of one row takes in a second; see shards/model.py.
MOST_PER_SECOND = 500


class HotStock(Request):
    """An item of which up to `per_second` claims a second are expected at each of some nodes, until an instant.

    Without `node_ids`, at every node that has the item now. With 0 a second the demand is over.
    """

    sku: Code
    node_ids: Annotated[tuple[Code, ...], Field(max_length=MOST_MARKED)] = ()
    per_second: Annotated[int, Field(strict=True, ge=0, le=MOST_PER_SECOND)]
    until: Instant


class MarkHotStock(Request):
    """Up to 40 items whose demand is foretold."""

    items: Annotated[tuple[HotStock, ...], Field(min_length=1), no_more_than(MOST_MARKED)]
