"""Planning kits: whole units from one node, and never more of a component than all lines together may have. Pure.

To the optimiser a kit is one item, of which a node has as many as its scarcest component makes. Where lines share a
component that counts the same units twice; a plan that takes too much is planned again with less on offer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from oms.registry.kits import Component, exploded, kits_in
from oms.sourcing.model import Allotment, Demand, Plan

Units = Mapping[tuple[str, str], int]
# How many plans are tried for lines that share components; the best one so far is then good enough.
_MOST_PLANS = 24


def plan_with_kits(
    demands: Sequence[Demand], available: Units, planned: Callable[[Sequence[Demand], Units], Plan]
) -> Plan:
    """The plan of some demands from units of stock by SKU and node; `planned` knows kits as items of their own.

    Components that may go on their own go together as long as each kit's have one node; only of kits of which that
    leaves some without one, they are planned one by one.
    """
    kits = _folded(demands)
    made = _whole(kits.demands, available, planned)
    if not kits.folded:
        return made
    best = kits.unfolded(made)
    apart = {one.line_no for one in made.missing} & kits.folded.keys()
    for some in (apart, kits.folded.keys()):
        if not best.missing or not some:
            return best
        fewer = _folded(demands, apart=some)
        other = fewer.unfolded(_whole(fewer.demands, available, planned))
        best = min(best, other, key=lambda plan: plan.rank)
    return best


@dataclass(frozen=True, slots=True)
class _Folded:
    """Demands with the components of a kit as one; `folded` are these components, by the line of the kit."""

    demands: Sequence[Demand]
    folded: Mapping[int, Sequence[Demand]]

    def unfolded(self, plan: Plan) -> Plan:
        """The plan of these as that of the components."""
        allotments = [
            Allotment(part.line_no, part.sku, one.node_id, one.quantity * _each(part)) if part else one
            for one in plan.allotments
            for part in self.folded.get(one.line_no, [None])
        ]
        missing = [
            replace(part, quantity=one.quantity * _each(part)) if part else one
            for one in plan.missing
            for part in self.folded.get(one.line_no, [None])
        ]
        allotments.sort(key=lambda one: (one.node_id, one.line_no))
        return replace(plan, allotments=tuple(allotments), missing=tuple(missing))


def _folded(demands: Sequence[Demand], *, apart: Collection[int] = ()) -> _Folded:
    """The demands with each kit whose components are all there, for as many units of it, as one demand."""
    parts: dict[int, list[Demand]] = {}
    for demand in demands:
        if demand.part_of is not None:
            parts.setdefault(demand.part_of.line_no, []).append(demand)
    folded = {line_no: own for line_no, own in parts.items() if line_no not in apart and _makes_kits(own)}
    inside = {part.line_no for own in folded.values() for part in own}
    kits = [_kit(own) for own in folded.values()]
    return _Folded([*(one for one in demands if one.line_no not in inside), *kits], folded)


def _makes_kits(parts: Sequence[Demand]) -> bool:
    kits = {divmod(part.quantity, _each(part)) for part in parts}
    are_all = all(part.part_of is not None and part.part_of.parts == len(parts) for part in parts)
    return are_all and len(kits) == 1 and not min(kits)[1]


def _kit(parts: Sequence[Demand]) -> Demand:
    of = parts[0].part_of
    assert of is not None
    made_of = tuple(Component(sku=part.sku, quantity=_each(part)) for part in parts)
    return Demand(of.line_no, of.sku, parts[0].quantity // of.each, made_of)


def _each(part: Demand) -> int:
    return part.part_of.each if part.part_of else 1


def _whole(demands: Sequence[Demand], available: Units, plan_of: Callable[[Sequence[Demand], Units], Plan]) -> Plan:
    """The plan of demands whose kits go whole.

    It is the best one where no lines share a component, and for few units where they do; else it may be marked as not
    proven. It never takes more of a component than there is.
    """
    parts = {demand.sku: demand.components for demand in demands}
    if not any(parts.values()):
        return plan_of(demands, available)

    def planned(units: Units) -> Plan:
        return plan_of(demands, units)

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
