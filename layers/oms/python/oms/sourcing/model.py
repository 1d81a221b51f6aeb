"""What sourcing works with: who needs and who may give, plans, and how good they are. Pure; nothing reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oms.inventory.model import Claimable
from oms.platform.geo import Place


@dataclass(frozen=True, slots=True)
class Source:
    """A node that may serve a group, and where it is."""

    node_id: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one SKU that one line needs."""

    line_no: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units of a line that one node gives."""

    line_no: int
    sku: str
    node_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gives what. `missing` units nobody has.

    `proven` says that this stock gives no better plan, `is_best` that no other stock could.
    """

    allotments: tuple[Allotment, ...]
    missing: tuple[Demand, ...]
    shipments: int
    metres: int
    is_best: bool
    proven: bool = True

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better: units missing, shipments, distance."""
        return (sum(d.quantity for d in self.missing), self.shipments, self.metres)


@dataclass(frozen=True, slots=True)
class Sourced:
    """The plan of each group, and whether no better plan exists for any of them.

    `stock` is what it was chosen from.
    """

    plans: Mapping[int, Plan]
    is_best: bool
    stock: Claimable = field(default_factory=lambda: Claimable({}))

    @property
    def allotments(self) -> list[Allotment]:
        return [allotment for plan in self.plans.values() for allotment in plan.allotments]

    @property
    def claims(self) -> dict[tuple[str, str], int]:
        """Units to claim per SKU and node, summed over lines."""
        claims: dict[tuple[str, str], int] = {}
        for allotment in self.allotments:
            key = (allotment.sku, allotment.node_id)
            claims[key] = claims.get(key, 0) + allotment.quantity
        return claims

    @property
    def missing(self) -> bool:
        """Whether some units have no node."""
        return any(plan.missing for plan in self.plans.values())

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better, over all groups."""
        ranks = [plan.rank for plan in self.plans.values()]
        return (sum(r[0] for r in ranks), sum(r[1] for r in ranks), sum(r[2] for r in ranks))
