"""The sourcing rule: fewest shipments, then nearest. A pure function over a snapshot; nothing here reads or writes.

`source` is the one function that a better engine replaces; its inputs and its answer stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

# Beyond these the number of combinations grows faster than the gain; more nodes are added greedily instead.
_MOST_COMBINED = 3
_NEAREST_COMBINED = 20
_EARTH_RADIUS_METRES = 6_371_009
_UNKNOWN_DISTANCE = 10**9


@dataclass(frozen=True, slots=True)
class Place:
    """A point in microdegrees."""

    latitude: int
    longitude: int


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
    distances = {s.node_id: _metres(s.place, destination) for s in sources}
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


def _metres(place: Place | None, destination: Place | None) -> int:
    """Great-circle distance (haversine, mean Earth radius); unknown places are far away."""
    if place is None or destination is None:
        return _UNKNOWN_DISTANCE
    lat1, lat2 = radians(place.latitude / 1e6), radians(destination.latitude / 1e6)
    lon = radians((destination.longitude - place.longitude) / 1e6)
    h = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(lon / 2) ** 2
    return round(2 * _EARTH_RADIUS_METRES * asin(min(1.0, sqrt(h))))
