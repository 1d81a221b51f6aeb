"""How much a node may still take on: its limits less what its work has taken, and whether it is paused. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from oms.registry.limits import CapacityLimit, period
from oms.registry.model import Node


class CapacityUse(BaseModel):
    """A limit that some work counts against, in the period in which it was allocated.

    `most` is what the limit allowed then; None where the work was allocated over it.
    """

    model_config = ConfigDict(frozen=True)
    period: str
    of: Literal["orders", "units", "value"]
    currency: str | None = None
    most: int | None

    @property
    def counter(self) -> str:
        """The name of the amount that counts it."""
        return self.of if self.currency is None else f"{self.of}_{self.currency}"


class Pause(BaseModel):
    """A node that takes nothing on, until an instant (RFC 3339 in UTC) or until it says so."""

    model_config = ConfigDict(frozen=True)
    node_id: str
    paused: bool
    reason: str | None = None
    until: str | None = None
    version: int = 0

    def holds(self, now: str) -> bool:
        """Whether the node takes nothing on at an instant."""
        return self.paused and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Load:
    """What some work would take: fulfilment orders, units, and value in minor units of one currency."""

    orders: int = 0
    units: int = 0
    value: int = 0
    currency: str | None = None

    def plus(self, other: Load) -> Load:
        """Both together; they are of one order, and so of one currency."""
        value, currency = self.value + other.value, self.currency or other.currency
        return Load(self.orders + other.orders, self.units + other.units, value, currency)

    def of(self, use: CapacityUse) -> int:
        """How much of it counts against a limit."""
        if use.of == "orders":
            return self.orders
        if use.of == "units":
            return self.units
        return self.value if use.currency == self.currency else 0


def uses_of(node: Node, now: datetime) -> tuple[CapacityUse, ...]:
    """The limits of a node that work allocated now counts against."""
    return tuple(
        CapacityUse(period=period(one.per, now, node.time_zone), of=one.of, currency=one.currency, most=one.most)
        for one in node.capacity
    )


def periods_of(node: Node | None) -> int:
    """In how many periods work of a node counts; each is a write of the transaction that allocates it."""
    return len({one.per for one in node.capacity}) if node else 0


@dataclass(frozen=True, slots=True)
class Limited:
    """One limit of a node in the present period, and what is taken of it."""

    limit: CapacityLimit
    use: CapacityUse
    taken: int

    @property
    def left(self) -> int:
        """What the node may still take on under it."""
        return max(0, self.limit.most - self.taken)


@dataclass(frozen=True, slots=True)
class Room:
    """What the nodes of a network may still take on now. Nodes that are not named have no limit."""

    limited: Mapping[str, Sequence[Limited]] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()

    def full(self, currency: str | None = None) -> frozenset[str]:
        """Nodes that take nothing more on: they are paused, or one of their limits is used up.

        Where the currency of the order is known, limits of value in others do not count.
        """
        return self.paused | {
            node_id
            for node_id, limits in self.limited.items()
            if any(not one.left for one in limits if currency is None or one.use.currency in (None, currency))
        }

    def fitting(
        self, node_id: str, load: Load, taken: Mapping[tuple[str, str], int]
    ) -> dict[tuple[str, str], int] | None:
        """Of the units that a plan takes from a node, as many as it has room for; None where that is not the question.

        `taken` are the units by SKU and node that the plan takes from it and that are to be cut.
        """
        limits = self.limited.get(node_id, ())
        left = min((one.left for one in limits if one.use.of == "units"), default=None)
        broken = {one.use.of for one in limits if load.of(one.use) > one.left}
        if node_id in self.paused or broken != {"units"} or not left:
            return None
        cut: dict[tuple[str, str], int] = {}
        for place, units in sorted(taken.items()):
            if place[1] == node_id:
                cut[place] = min(units, left)
                left -= cut[place]
        return cut

    def over(self, wanted: Mapping[str, Load]) -> frozenset[str]:
        """The nodes that would have to take on more than they may."""
        return frozenset(
            node_id
            for node_id, load in wanted.items()
            if node_id in self.paused or any(load.of(one.use) > one.left for one in self.limited.get(node_id, ()))
        )

    def within(self, units: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        """Units by SKU and node, of each node no more than it may still take on."""
        if not self.limited:
            return dict(units)
        most = {
            node_id: min(one.left for one in limits if one.limit.of == "units")
            for node_id, limits in self.limited.items()
            if any(one.limit.of == "units" for one in limits)
        }
        return {place: min(count, most.get(place[1], count)) for place, count in units.items()}


def total(loads: Iterable[tuple[str, Load]]) -> dict[str, Load]:
    """What each node would have to take on in all."""
    found: dict[str, Load] = {}
    for node_id, load in loads:
        found[node_id] = found.get(node_id, Load()).plus(load)
    return found
