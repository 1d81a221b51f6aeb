"""What sourcing works with: who needs and who may give, plans, and how good they are. Pure; nothing reads or writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oms.inventory.model import Claimable
from oms.orders.kits import PartOf
from oms.platform.geo import Place
from oms.registry.kits import Component, exploded
from oms.sourcing.strategy import Step


@dataclass(frozen=True, slots=True)
class Source:
    """A node that may serve a group, and where it is."""

    node_id: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one SKU that one line needs; those of a kit are made of `components`, each whole from one node."""

    line_no: int
    sku: str
    quantity: int
    components: tuple[Component, ...] = ()
    # Of a component that may go on its own.
    part_of: PartOf | None = None

    @property
    def stock(self) -> dict[str, int]:
        """The units of stock that they are, by SKU."""
        return exploded(self.sku, self.components, self.quantity)


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units of a line that one node gives; those of a kit are made of `components`."""

    line_no: int
    sku: str
    node_id: str
    quantity: int
    components: tuple[Component, ...] = ()

    @property
    def stock(self) -> dict[str, int]:
        """The units of stock that they are, by SKU."""
        return exploded(self.sku, self.components, self.quantity)


def claims_of(allotments: Iterable[Allotment]) -> dict[tuple[str, str], int]:
    """The units of stock per SKU and node, summed over lines and over the kits that share a component."""
    found: dict[tuple[str, str], int] = {}
    for one in allotments:
        for sku, units in one.stock.items():
            found[sku, one.node_id] = found.get((sku, one.node_id), 0) + units
    return found


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
    # By which scenario of which strategy it was made, and the how-manieth that was tried; None where none speaks of it.
    scenario: str | None = None
    tried: int = 0
    cost: int = 0
    # What of the cost is for units that are scarce where they are, for those of stock that has not lain long, and for
    # what units were worth to orders that got stock together.
    scarce_cost: int = 0
    fresh_cost: int = 0
    price_cost: int = 0
    cost_first: bool = False
    # Nodes that gave these units up.
    excluded: frozenset[str] = frozenset()
    # Nodes that cannot keep what was promised: they are asked only for what nobody else has.
    late: frozenset[str] = frozenset()
    # Of the goods, in minor units, where it is known: few may not be worth more than one shipment.
    worth: int | None = None
    # For how many days what is missing may wait for stock; None where it may not.
    backorder_days: int | None = None
    # Whether a person is asked about what is missing.
    asks_person: bool = False

    @property
    def claims(self) -> dict[tuple[str, str], int]:
        """Units of stock per SKU and node, summed over lines."""
        return claims_of(self.allotments)

    @property
    def late_units(self) -> int:
        """Units that come from nodes that cannot keep what was promised."""
        return sum(one.quantity for one in self.allotments if one.node_id in self.late)

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """Smaller is better: units missing and late, scenarios passed over, shipments and cost as they count."""
        count, cost = (self.cost, self.shipments) if self.cost_first else (self.shipments, self.cost)
        return (sum(d.quantity for d in self.missing), self.late_units, self.tried, count, cost)


@dataclass(frozen=True, slots=True)
class Sourced:
    """The plan of each group, and whether no better plan exists for any of them.

    `stock` is what it was chosen from, `steps` are the scenarios of the strategies that held.
    """

    plans: Mapping[int, Plan]
    is_best: bool
    stock: Claimable = field(default_factory=lambda: Claimable({}))
    # Nodes that were left out because they take nothing more on.
    full: frozenset[str] = frozenset()
    # Of its SKUs, in grams, where freight counts.
    weights: Mapping[str, int] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    # The day on which enough is to come for a line of which units are missing, by line number, where one is known.
    expected: Mapping[int, str] = field(default_factory=dict)

    @property
    def allotments(self) -> list[Allotment]:
        return [allotment for plan in self.plans.values() for allotment in plan.allotments]

    @property
    def claims(self) -> dict[tuple[str, str], int]:
        """Units of stock to claim per SKU and node, summed over lines."""
        return claims_of(self.allotments)

    @property
    def missing(self) -> bool:
        """Whether some units have no node."""
        return any(plan.missing for plan in self.plans.values())

    @property
    def lacking(self) -> bool:
        """Whether some units have no node and may not wait for stock either."""
        return any(plan.missing and plan.backorder_days is None for plan in self.plans.values())

    def missing_of(self, group_no: int) -> tuple[Demand, ...]:
        """What of a group has no node."""
        plan = self.plans.get(group_no)
        return plan.missing if plan else ()

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is better, over all groups."""
        return tuple(sum(parts) for parts in zip(*(plan.rank for plan in self.plans.values()), strict=True))
