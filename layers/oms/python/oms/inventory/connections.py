"""Connections: a system of somebody else that tells of stock in its own words, and how its names are ours. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oms.inventory.where import Codes
from oms.platform.fields import Code
from oms.platform.intake import Request
from oms.registry.model import Zone

AdapterName = Literal["shopify", "square", "epcis", "poslog"]
Kinds = Annotated[tuple[Literal["delta", "snapshot"], ...], Field(min_length=1, max_length=2)]


class Connection(Request):
    """A system that writes to the inventory stream; its id is the source of what it tells.

    `nodes` and `items` say which of its locations and items are which of ours; those that are not named have our names
    already. Of what is in `not_ours`, it may tell without effect. `takes` are the kinds of messages that count. Times
    without a zone are those of `time_zone`.
    """

    id: Annotated[Code, Field(max_length=60)]
    adapter: AdapterName
    nodes: Annotated[dict[Code, Code], Field(max_length=1_000)] = Field(default_factory=dict)
    items: Annotated[dict[Code, Code], Field(max_length=5_000)] = Field(default_factory=dict)
    not_ours: Codes = ()
    takes: Kinds = ("delta", "snapshot")
    time_zone: Zone = "UTC"
