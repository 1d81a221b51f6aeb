"""A promise: each way to get a basket, whether it can be had, from where, between which days and at what fee. Pure.

It is kept as it was given, and binds the order that names it until it expires: what was promised is written on the
order's fulfilment groups, and what leaves late is late against it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.orders.request import Method
from oms.registry.model import NodeKind
from oms.registry.segments import Segment, stock_name


class PromisedLine(BaseModel):
    """What one way gives of a line: its units at nodes of these kinds, and between which days they arrive."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    segment: Segment | None = None
    quantity: int
    can: bool
    missing: int = 0
    node_kinds: tuple[NodeKind, ...] = ()
    earliest: str | None = None
    latest: str | None = None

    @property
    def stock_sku(self) -> str:
        """The name of the stock that it asks for."""
        return stock_name(self.sku, self.segment)


class FromSupply(BaseModel):
    """The same way once supply has arrived that is expected by a day; nothing binds it, since supply may slip."""

    model_config = ConfigDict(frozen=True)
    expected_on: str
    ship_by: str | None = None
    ready_at: str | None = None
    earliest: str | None = None
    latest: str | None = None


class Option(BaseModel):
    """One way for the lines that may go it: a method, and a service of the rate card where one serves it.

    `fee` is in minor units of `currency`; `earliest` and `latest` are dates where the goods arrive. `ship_by` is when
    the last parcel is collected, `ready_at` when the last unit can be picked up. Where units are missing, `from_supply`
    says when there will be enough.
    """

    model_config = ConfigDict(frozen=True)
    method: Method
    service: str | None = None
    pickup_node: str | None = None
    can: bool
    fee: int | None = None
    currency: str | None = None
    ship_by: str | None = None
    ready_at: str | None = None
    earliest: str | None = None
    latest: str | None = None
    from_supply: FromSupply | None = None
    lines: tuple[PromisedLine, ...] = Field(min_length=1)


class Promise(BaseModel):
    """What was promised to a channel for a basket; instants are RFC 3339 in UTC."""

    model_config = ConfigDict(frozen=True)
    id: str
    channel: str
    country: str
    postal_code: str | None
    created_at: str
    expires_at: str
    options: tuple[Option, ...]

    @property
    def lines(self) -> list[PromisedLine]:
        """The lines of the basket, each once, by whichever way it comes first."""
        found: dict[int, PromisedLine] = {}
        for option in self.options:
            for line in option.lines:
                found.setdefault(line.line_no, line)
        return list(found.values())

    def option(self, method: Method, service: str | None, pickup_node: str | None, currency: str) -> Option | None:
        """The way that an order means: without a service, the cheapest one that was promised in its currency."""
        fits = [
            one
            for one in self.options
            if one.can
            and one.method is method
            and service in (None, one.service)
            and one.pickup_node in (None, pickup_node)
            and one.currency in (None, currency)
        ]
        return min(fits, key=lambda one: (one.fee or 0, one.latest or "", one.service or ""), default=None)
