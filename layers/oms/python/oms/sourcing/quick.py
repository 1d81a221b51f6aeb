"""The quick rule, for orders that are too large to be planned exactly, and how units go to chosen nodes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from oms.sourcing.model import Allotment, Demand

# Beyond these the quick rule adds nodes greedily: the number of combinations grows faster than the gain.
_MOST_COMBINED = 3
_NEAREST_COMBINED = 20


def quick_cover(
    wanted: Mapping[str, int],
    nodes: Sequence[str],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> list[str]:
    """The smallest, then nearest, set of nodes that have everything, tried out for few nodes; greedily for many."""

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


def cover_late_last(
    wanted: Mapping[str, int],
    nodes: Sequence[str],
    late: Collection[str],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> list[str]:
    """Nodes that have as much as there is of everything, of the late ones only for what the others lack."""
    kept = _cover_greedily(wanted, [n for n in nodes if n not in late], available, distances)
    rest = {sku: units - sum(available.get((sku, n), 0) for n in kept) for sku, units in wanted.items()}
    lacking = {sku: units for sku, units in rest.items() if units > 0}
    return [*kept, *quick_cover(lacking, [n for n in nodes if n in late], available, distances)]


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


def allot(
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
                allotments.append(Allotment(demand.line_no, demand.sku, node, units, demand.components))
        if still:
            missing.append(replace(demand, quantity=still))
    return sorted(allotments, key=lambda a: (a.node_id, a.line_no)), missing


def within_nodes(
    wanted: Mapping[str, int], nodes: Sequence[str], available: Mapping[tuple[str, str], int], most: int | None
) -> Mapping[tuple[str, str], int]:
    """What there is at these nodes if each item may come from so many of them at most: where it has most units."""
    if most is None:
        return available
    found: dict[tuple[str, str], int] = {}
    for sku, units in wanted.items():
        still = units
        for node in sorted(nodes, key=lambda n: -min(units, available.get((sku, n), 0)))[:most]:
            taken = min(still, available.get((sku, node), 0))
            found[sku, node] = taken
            still -= taken
    return found


def in_turn(
    wanted: Mapping[str, int], nodes: Sequence[str], available: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], int]:
    """What is taken where each node gives all that it has before the next one is asked."""
    found: dict[tuple[str, str], int] = {}
    for sku, units in wanted.items():
        still = units
        for node in nodes:
            found[sku, node] = min(still, available.get((sku, node), 0))
            still -= found[sku, node]
    return found
