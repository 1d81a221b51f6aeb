"""Planning kits: each unit whole from one node, and never more of a component than all lines together may have. Pure.

To the optimiser a kit is one item, of which a node has as many as its scarcest component makes. Where lines share a
component that counts the same units twice; a plan that takes too much is planned again with less on offer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count

from oms.registry.kits import Component, exploded, kits_in
from oms.sourcing.model import Demand, Plan

Units = Mapping[tuple[str, str], int]
# How many plans are tried for lines that share components; the best one so far is then good enough.
_MOST_PLANS = 24


def plan_with_kits(demands: Sequence[Demand], available: Units, planned: Callable[[Units], Plan]) -> Plan:
    """The plan of some demands from units of stock by SKU and node; `planned` knows kits as items of their own.

    It is the best one where no lines share a component, and for few units where they do; else it may be marked as not
    proven. It never takes more of a component than there is.
    """
    parts = {demand.sku: demand.components for demand in demands}
    if not any(parts.values()):
        return planned(available)
    nodes = sorted({node_id for _, node_id in available})
    offered = {**available, **_kits(parts, nodes, available)}
    best = planned(offered)
    if _overdrawn(best, available) is None:
        return best
    wanted = _wanted(demands)
    used = list(dict.fromkeys(one.node_id for one in best.allotments))
    nodes = [*used, *(node_id for node_id in nodes if node_id not in used)]
    # Whoever comes first takes what it needs: such plans always fit.
    found = min(
        (planned(_in_turn(turn, parts, wanted, way, available, once=once)) for turn, way, once in _turns(parts, nodes)),
        key=lambda plan: plan.rank,
    )
    waiting, numbers, seen = [(best.rank, 0, best, offered)], count(1), {_name(offered)}
    while waiting and waiting[0][0] < found.rank:
        _, _, plan, offered = heappop(waiting)
        place = _overdrawn(plan, available)
        if place is None:
            return plan
        for fewer in _with_less(plan, parts, place, offered, available):
            if _name(fewer) in seen:
                continue
            # A plan that the optimiser's time was too short for is a sign that many more would be.
            if len(seen) > _MOST_PLANS or not plan.proven:
                return replace(found, proven=False)
            seen.add(_name(fewer))
            again = planned(fewer)
            heappush(waiting, (again.rank, next(numbers), again, fewer))
    return found


def _kits(
    parts: Mapping[str, Sequence[Component]], nodes: Iterable[str], available: Units
) -> dict[tuple[str, str], int]:
    """How many of each kit each node could make if nobody else took anything."""
    return {
        (sku, node_id): kits_in(components, {one.sku: available.get((one.sku, node_id), 0) for one in components})
        for sku, components in parts.items()
        if components
        for node_id in nodes
    }


def _wanted(demands: Iterable[Demand]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
    return wanted


def _overdrawn(plan: Plan, available: Units) -> tuple[str, str] | None:
    """The first SKU and node of which a plan takes more than there is."""
    return min((place for place, units in plan.claims.items() if units > available.get(place, 0)), default=None)


def _turns(
    parts: Mapping[str, Sequence[Component]], nodes: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Orders of the items, those of the most components first or last, and of the nodes, and whether units go once."""
    first = sorted(parts, key=lambda sku: (-len(parts[sku]), sku))
    for turn in (first, first[::-1]):
        yield turn, nodes, False
        yield turn, nodes, True
        yield turn, nodes[::-1], True


def _in_turn(
    turn: Sequence[str],
    parts: Mapping[str, Sequence[Component]],
    wanted: Mapping[str, int],
    nodes: Iterable[str],
    available: Units,
    *,
    once: bool,
) -> dict[tuple[str, str], int]:
    """What each node offers of each item when these come one after the other; `once` a unit is given, nobody else
    keeps something for it."""
    left, offered, still = dict(available), dict(available), dict(wanted)
    for node_id in nodes:
        for sku in turn:
            needs = exploded(sku, parts[sku], 1)
            most = min(left.get((one, node_id), 0) // units for one, units in needs.items())
            offered[sku, node_id] = taken = min(most, still[sku])
            if once:
                still[sku] -= taken
            for one, units in needs.items():
                left[one, node_id] = left.get((one, node_id), 0) - taken * units
    return offered


def _with_less(
    plan: Plan, parts: Mapping[str, Sequence[Component]], place: tuple[str, str], offered: Units, available: Units
) -> Iterator[dict[tuple[str, str], int]]:
    """What is offered with less of one item at a time, of those that together take too much of a component there."""
    component, node_id = place
    taken: dict[str, int] = {}
    for one in plan.allotments:
        if one.node_id == node_id and component in one.stock:
            taken[one.sku] = taken.get(one.sku, 0) + one.quantity
    each = {sku: exploded(sku, parts[sku], 1)[component] for sku in taken}
    over = sum(each[sku] * units for sku, units in taken.items()) - available.get(place, 0)
    for sku, units in taken.items():
        # One fewer leaves out no plan that fits; as many fewer as are too many is what the best one often does.
        for fewer in {1, min(units, -(-over // each[sku]))}:
            yield {**offered, (sku, node_id): units - fewer}


def _name(offered: Units) -> frozenset[tuple[tuple[str, str], int]]:
    return frozenset(offered.items())
