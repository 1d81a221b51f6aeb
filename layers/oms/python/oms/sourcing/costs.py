"""What a plan of a group of lines is judged by: what shipments and units cost, and what counts first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from oms.inventory.ages import Ages
from oms.platform.geo import Place, metres
from oms.registry.model import Node
from oms.sourcing.model import Allotment, Source
from oms.sourcing.rates import RateZone, freight
from oms.sourcing.rates import Service as CarrierService
from oms.sourcing.solver.problem import Key, Service, ServiceKind
from oms.sourcing.sorts import sort_costs
from oms.sourcing.strategy import Scenario, Step

# Where some nodes are too late, a unit of theirs counts before any number of shipments, and a shipment before its cost.
A_LATE_UNIT, A_SHIPMENT = 10**12, 10**9
# The price of a service that does not reach a node: another service always does.
TOO_FAR = 10**9
_KEYS = (Key.SHORT_UNITS, Key.SHIPMENTS, Key.COST)
Units = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What it costs to take a unit from where it is, in minor units.

    Because few are left there, because it is fresh, or because of what it was worth to other orders.
    """

    scenario: Scenario
    ages: Ages
    prices: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def scarce(self, units: int) -> int:
        """For one of an item of which a node has so many."""
        return self.scenario.scarce_cost(units)

    def fresh(self, parts: Mapping[str, int], node_id: str) -> int:
        """For one that takes so many units of stock by SKU: of a kit each part counts by itself."""
        return sum(count * self.scenario.fresh_cost(self.ages.days(sku, node_id)) for sku, count in parts.items())

    def priced(self, parts: Mapping[str, int], node_id: str) -> int:
        """For one that takes so many units of stock by SKU, by the prices of these."""
        return sum(count * self.prices.get((sku, node_id), 0) for sku, count in parts.items())

    def of(self, parts: Mapping[str, int], node_id: str, units: int) -> int:
        """All of them."""
        return self.scarce(units) + self.fresh(parts, node_id) + self.priced(parts, node_id)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is judged by: the cost of a shipment from each node and of a unit, the keys, and the limit."""

    shipment_cost: Mapping[str, int]
    unit_cost: UnitCost | None = None
    keys: tuple[Key, ...] = _KEYS
    max_shipments: int | None = None
    most_nodes_per_item: int | None = None
    from_anywhere: bool = True
    # Of each carrier service at each node, where freight counts.
    zones: Mapping[str, tuple[RateZone | None, ...]] | None = None
    # Nodes that give only what nobody else has.
    late: frozenset[str] = frozenset()

    def cost_of(self, node_id: str, grams: int) -> int:
        """What a shipment of a weight from a node costs by the cheapest service that takes it."""
        if self.zones is None:
            return self.shipment_cost[node_id]
        return self.shipment_cost[node_id] + min(freight(zone, grams) for zone in self.zones[node_id] if zone)

    @property
    def is_by_place(self) -> bool:
        """Whether units cost the same wherever they are, and may come from any nodes that have them."""
        return self.unit_cost is None and self.most_nodes_per_item is None and self.from_anywhere and not self.late

    @property
    def is_by_shipment(self) -> bool:
        """Whether one shipment is always better than two, and units cost the same everywhere."""
        return self.unit_cost is None and self.keys == _KEYS and not self.late


def usual_terms(
    sources: Iterable[Source], destination: Place | None, late: frozenset[str] = frozenset()
) -> tuple[dict[str, int], Terms]:
    """The way in metres from each node, and what a plan is judged by where no strategy speaks of it."""
    distances = {s.node_id: metres(s.place, destination) for s in sources}
    return distances, Terms(distances, late=late)


def terms_by(
    step: Step,
    sources: Iterable[Source],
    nodes: Mapping[str, Node],
    destination: Place | None,
    available: Units,
    wanted: Collection[str],
    worth: int | None = None,
    late: frozenset[str] = frozenset(),
) -> tuple[dict[str, int], Terms]:
    """The way in metres from each node that a scenario admits, and what a plan under it is judged by.

    Sorts by what nodes have look at the `available` units of the SKUs that are `wanted`.
    """
    scenario = step.scenario
    distances = {s.node_id: metres(s.place, destination) for s in sources if scenario.admits(nodes[s.node_id])}
    zones = {node_id: zones_of(step.services, way) for node_id, way in distances.items()} if step.services else None
    if zones is not None:
        distances = {node_id: way for node_id, way in distances.items() if any(zones[node_id])}
    more = _sort_costs(step, {node_id: nodes[node_id] for node_id in distances}, available, wanted)
    terms = Terms(
        {n: scenario.shipment_cost(nodes[n], way) + more.get(n, 0) for n, way in distances.items()},
        unit_cost=unit_cost_of(step),
        keys=_KEYS if scenario.first == "shipments" else (Key.SHORT_UNITS, Key.COST),
        max_shipments=scenario.shipments_for(worth),
        most_nodes_per_item=scenario.most_nodes_per_item,
        from_anywhere=not step.needs,
        zones=zones,
        late=late,
    )
    return distances, terms


def unit_cost_of(step: Step) -> UnitCost | None:
    """What a unit costs under a scenario; None where it costs the same everywhere."""
    counts = step.scenario.scarce_cents or step.scenario.fresh_cents or step.prices
    return UnitCost(step.scenario, step.ages, step.prices) if counts else None


def _sort_costs(step: Step, nodes: Mapping[str, Node], available: Units, wanted: Collection[str]) -> dict[str, int]:
    if not step.scenario.sorts:
        return {}
    units: dict[str, int] = {}
    lain: dict[str, int | None] = {}
    for (sku, node_id), count in available.items():
        if sku in wanted and count > 0:
            units[node_id] = units.get(node_id, 0) + count
            days, longest = step.ages.days(sku, node_id), lain.get(node_id, 0)
            lain[node_id] = None if days is None or longest is None else max(days, longest)
    return sort_costs(step.scenario.sorts, nodes, units, step.seed, lain)


def zones_of(services: Sequence[CarrierService], way: int) -> tuple[RateZone | None, ...]:
    """The zone of each service at so many metres; None where it does not go as far."""
    return tuple(one.zone(way) for one in services)


def shipments_cost(allotments: Iterable[Allotment], terms: Terms, weights: Mapping[str, int]) -> int:
    """What the shipments of a plan cost."""
    grams: dict[str, int] = {}
    for one in allotments:
        grams[one.node_id] = grams.get(one.node_id, 0) + one.quantity * weights.get(one.sku, 0)
    return sum(terms.cost_of(node_id, weight) for node_id, weight in grams.items())


def services_of(nodes: Sequence[str], terms: Terms) -> tuple[Service, ...]:
    """The services of the optimiser: each node is a zone of its own, whose price is what a shipment from there costs.

    A rate card's first kilogram is in its price, and the optimiser counts every step: so the first is taken off.
    """
    counted = A_SHIPMENT if terms.late and Key.SHIPMENTS in terms.keys else 0
    own = [terms.shipment_cost[node] + counted for node in nodes]
    if terms.zones is None:
        return (Service("straight", ServiceKind.HOME, base=tuple(own), step=(0,) * len(nodes), days=(0,) * len(nodes)),)
    made = []
    for number in range(len(terms.zones[nodes[0]])):
        zones = [terms.zones[node][number] for node in nodes]
        base = tuple(
            cost + max(0, z.cents - z.cents_per_kg) if z else TOO_FAR + counted
            for cost, z in zip(own, zones, strict=True)
        )
        step = tuple(zone.cents_per_kg if zone else 0 for zone in zones)
        made.append(Service(str(number), ServiceKind.HOME, base=base, step=step, days=(0,) * len(nodes)))
    return tuple(made)
