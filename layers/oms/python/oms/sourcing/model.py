"""The sourcing rule: fewest shipments, then nearest. A pure function over a snapshot; nothing here reads or writes.

`source` is the one function that a better engine replaces; its inputs and its answer stay. `source_groups` asks it for
each group of an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from oms.inventory.model import Claimable
from oms.orders.model import Group, Line
from oms.orders.request import Method
from oms.platform.geo import Place, locate, metres
from oms.registry.model import Node

# Beyond these the number of combinations grows faster than the gain; more nodes are added greedily instead.
_MOST_COMBINED = 3
_NEAREST_COMBINED = 20


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
    """Who gives what. `missing` units nobody has; `is_best` when no plan could be better under this rule."""

    allotments: tuple[Allotment, ...]
    missing: tuple[Demand, ...]
    shipments: int
    metres: int
    is_best: bool

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better: units missing, shipments, distance."""
        return (sum(d.quantity for d in self.missing), self.shipments, self.metres)


def source(
    demands: Sequence[Demand],
    sources: Iterable[Source],
    available: Mapping[tuple[str, str], int],
    destination: Place | None,
) -> Plan:
    """Choose nodes for one group of lines.

    `available` maps (SKU, node id) to units that may be claimed. Ties are broken by node id, so the same snapshot
    always gives the same plan.
    """
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
    distances = {s.node_id: metres(s.place, destination) for s in sources}
    nearest_first = sorted(distances, key=lambda n: (distances[n], n))
    useful = [n for n in nearest_first if any(available.get((sku, n)) for sku in wanted)]
    chosen = _cover(wanted, useful, available, distances)
    allotments, missing = _allot(demands, chosen, available)
    used = {allotment.node_id for allotment in allotments}
    return Plan(
        allotments=tuple(allotments),
        missing=tuple(missing),
        shipments=len(used),
        metres=sum(distances[node] for node in used),
        is_best=not missing and len(used) == 1 and distances[next(iter(used))] == min(distances.values()),
    )


def _cover(
    wanted: Mapping[str, int],
    nodes: Sequence[str],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> list[str]:
    """The smallest, then nearest, set of nodes that together have everything; greedily where it needs many."""

    def covers(some: Sequence[str]) -> bool:
        return all(sum(available.get((sku, n), 0) for n in some) >= units for sku, units in wanted.items())

    for node in nodes:
        if covers([node]):
            return [node]
    for size in range(2, _MOST_COMBINED + 1):
        options = combinations(nodes[:_NEAREST_COMBINED], size)
        best = min(
            (some for some in options if covers(some)),
            key=lambda some: (sum(distances[n] for n in some), some),
            default=None,
        )
        if best is not None:
            return sorted(best, key=lambda n: (distances[n], n))
    return _cover_greedily(wanted, nodes, available, distances)


def _cover_greedily(
    wanted: Mapping[str, int],
    nodes: Sequence[str],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> list[str]:
    open_units = dict(wanted)
    left = list(nodes)
    chosen: list[str] = []
    while left and any(open_units.values()):
        gains = {n: sum(min(u, available.get((sku, n), 0)) for sku, u in open_units.items()) for n in left}
        node = min(left, key=lambda n: (-gains[n], distances[n], n))
        if not gains[node]:
            break
        chosen.append(node)
        left.remove(node)
        open_units = {sku: max(0, units - available.get((sku, node), 0)) for sku, units in open_units.items()}
    return chosen


def _allot(
    demands: Sequence[Demand], nodes: Sequence[str], available: Mapping[tuple[str, str], int]
) -> tuple[list[Allotment], list[Demand]]:
    """Give each line to the first node that has all of it, else in parts; what nobody has is missing."""
    free = {(d.sku, n): available.get((d.sku, n), 0) for d in demands for n in nodes}
    allotments: list[Allotment] = []
    missing: list[Demand] = []
    for demand in sorted(demands, key=lambda d: (-d.quantity, d.line_no)):
        whole = [n for n in nodes if free[demand.sku, n] >= demand.quantity]
        still = demand.quantity
        for node in whole[:1] or nodes:
            units = min(still, free[demand.sku, node])
            if units:
                free[demand.sku, node] -= units
                still -= units
                allotments.append(Allotment(demand.line_no, demand.sku, node, units))
        if still:
            missing.append(Demand(demand.line_no, demand.sku, still))
    return sorted(allotments, key=lambda a: (a.node_id, a.line_no)), missing


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


def source_groups(
    groups: Sequence[Group],
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    available: Mapping[tuple[str, str], int],
    *,
    closed_too: bool = False,
) -> Sourced:
    """Choose nodes for every group in turn, each from what the groups before it have left.

    With `closed_too`, closed nodes may be chosen as well: for an order that a person will look at.
    """
    left = dict(available)
    plans: dict[int, Plan] = {}
    for group in groups:
        demands = [
            Demand(line.line_no, line.agreed.sku, line.quantity)
            for line in lines
            if line.group_no == group.group_no and line.claims_stock
        ]
        if not demands:
            continue
        plan = source(demands, _sources(group, nodes, closed_too), left, _destination(group, nodes))
        for allotment in plan.allotments:
            left[allotment.sku, allotment.node_id] -= allotment.quantity
        plans[group.group_no] = plan
    return Sourced(plans, is_best=all(plan.is_best for plan in plans.values()))


def _sources(group: Group, nodes: Mapping[str, Node], closed_too: bool) -> list[Source]:
    """The nodes that may serve a group: the chosen node for a pick-up, else every open one with that journey."""
    if group.method is Method.PICKUP and group.pickup_node is not None:
        return [Source(group.pickup_node, None)]
    return [
        Source(node.id, _place(node))
        for node in nodes.values()
        if (closed_too or node.status == "active") and any(journey == group.method.value for journey in node.journeys)
    ]


def _destination(group: Group, nodes: Mapping[str, Node]) -> Place | None:
    if group.pickup_node is not None and group.pickup_node in nodes:
        return _place(nodes[group.pickup_node])
    if group.ship_to is None:
        return None
    return locate(group.ship_to.country, group.ship_to.postal_code)


def _place(node: Node) -> Place:
    return Place(node.latitude_microdegrees, node.longitude_microdegrees)
