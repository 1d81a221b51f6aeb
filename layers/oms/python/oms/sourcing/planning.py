"""The plan of one group of lines by the product's own exact optimiser, with a scenario of a strategy or without.

Fewest missing units first, then fewest shipments, then the shortest way in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oms.platform.geo import Place, metres
from oms.registry.model import Node
from oms.sourcing.model import Allotment, Demand, Plan, Source
from oms.sourcing.quick import allot, quick_cover
from oms.sourcing.solver.problem import (
    HOME,
    Budget,
    Key,
    Network,
    OrderLine,
    Rates,
    Service,
    ServiceKind,
    SourceNode,
    SourcingOrder,
    Stock,
)
from oms.sourcing.solver.single import solve_order
from oms.sourcing.strategy import Step

# An order of more lines is planned by the quick rule, whose work grows with the lines and no faster.
MOST_EXACT = 40
# A function that answers a person stops here; the best plan found by then is given and marked as not proven.
_BUDGET = Budget(search_nodes=50_000, seconds=0.25)
_KEYS = (Key.SHORT_UNITS, Key.SHIPMENTS, Key.COST)
_WITHOUT_LIMIT = 10**9


def source(
    demands: Sequence[Demand],
    sources: Iterable[Source],
    available: Mapping[tuple[str, str], int],
    destination: Place | None,
) -> Plan:
    """Choose nodes for one group of lines where no strategy speaks of it.

    `available` maps (SKU, node id) to units that may be claimed. The same snapshot gives the same plan, as long as the
    search is not cut by its time.
    """
    distances = {s.node_id: metres(s.place, destination) for s in sources}
    return _planned(demands, available, distances, _Terms(distances))


def source_by(
    step: Step,
    demands: Sequence[Demand],
    sources: Iterable[Source],
    nodes: Mapping[str, Node],
    available: Mapping[tuple[str, str], int],
    destination: Place | None,
) -> Plan:
    """Choose nodes for one group of lines by a scenario of a strategy, among the nodes that it admits."""
    scenario = step.scenario
    distances = {s.node_id: metres(s.place, destination) for s in sources if scenario.admits(nodes[s.node_id])}
    terms = _Terms(
        {node_id: scenario.shipment_cost(nodes[node_id], way) for node_id, way in distances.items()},
        unit_cost=scenario.unit_cost if scenario.scarce_cents else None,
        keys=_KEYS if scenario.first == "shipments" else (Key.SHORT_UNITS, Key.COST),
        max_shipments=scenario.max_shipments,
    )
    made = _planned(demands, available, distances, terms)
    return replace(made, is_best=False, scenario=step.name, cost_first=scenario.first == "cost")


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a plan is judged by: the cost of a shipment from each node and of a unit, the keys, and the limit."""

    shipment_cost: Mapping[str, int]
    unit_cost: Callable[[int], int] | None = None
    keys: tuple[Key, ...] = _KEYS
    max_shipments: int | None = None

    @property
    def is_by_shipment(self) -> bool:
        """Whether one shipment is always better than two, and units cost the same everywhere."""
        return self.unit_cost is None and self.keys == _KEYS


def _planned(
    demands: Sequence[Demand],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
    terms: _Terms,
) -> Plan:
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
    cost = terms.shipment_cost
    cheapest_first = sorted(distances, key=lambda n: (cost[n], n))
    useful = [n for n in cheapest_first if any(available.get((sku, n)) for sku in wanted)]
    if len(demands) > MOST_EXACT:
        chosen, proven = quick_cover(wanted, useful, available, cost), False
        chosen, given = chosen[: terms.max_shipments], available
    else:
        chosen, given, proven = _exact(wanted, useful, available, terms)
    allotments, missing = allot(demands, chosen, given)
    used = {allotment.node_id for allotment in allotments}
    return Plan(
        allotments=tuple(allotments),
        missing=tuple(missing),
        shipments=len(used),
        metres=sum(distances[node] for node in used),
        is_best=not missing and len(used) == 1 and distances[next(iter(used))] == min(distances.values()),
        proven=proven,
        cost=sum(cost[node] for node in used) + _units_cost(allotments, available, terms),
    )


def _units_cost(allotments: Iterable[Allotment], available: Mapping[tuple[str, str], int], terms: _Terms) -> int:
    of_unit = terms.unit_cost
    return sum(a.quantity * of_unit(available[a.sku, a.node_id]) for a in allotments) if of_unit else 0


def _exact(
    wanted: Mapping[str, int], nodes: Sequence[str], available: Mapping[tuple[str, str], int], terms: _Terms
) -> tuple[list[str], Mapping[tuple[str, str], int], bool]:
    """The nodes of the best plan, cheapest first, what may be taken there, and whether it is proven to be the best.

    Where units cost the same everywhere, any that a chosen node has may be taken, so that lines stay whole; else only
    those that the plan takes.
    """
    whole = [n for n in nodes if all(available.get((sku, n), 0) >= units for sku, units in wanted.items())]
    if not nodes or (whole and terms.is_by_shipment):
        # The cheapest node that has everything: no search could find a better plan.
        return whole[:1], available, True
    places = range(len(nodes))
    base = tuple(terms.shipment_cost[node] for node in nodes)
    # Each node is a zone of its own, whose price is what a shipment from there costs.
    straight = Service("straight", ServiceKind.HOME, base=base, step=(0,) * len(nodes), days=(0,) * len(nodes))
    stock = {
        (node, sku): Stock(units, 0, terms.unit_cost(units) if terms.unit_cost else 0)
        for node in nodes
        for sku in wanted
        if (units := available.get((sku, node), 0))
    }
    network = Network(
        keys=terms.keys,
        rates=Rates(step_g=1_000, services=(straight,)),
        nodes=tuple(_without_limits(node) for node in nodes),
        weights=dict.fromkeys(wanted, 0),
        stock=stock,
        zones={"": tuple(places)},
    )
    lines = tuple(_line(sku, units) for sku, units in sorted(wanted.items()))
    order = SourcingOrder("order", "", 0, None, ship_complete=False, max_shipments=terms.max_shipments, lines=lines)
    answer = solve_order(network, order, _BUDGET)
    picks: dict[tuple[str, str], int] = {}
    for shipment in answer.shipments:
        for pick in shipment.picks:
            picks[pick.line, shipment.node] = picks.get((pick.line, shipment.node), 0) + pick.quantity
    used = {node for _, node in picks}
    return [node for node in nodes if node in used], available if terms.unit_cost is None else picks, answer.proven


def _without_limits(node_id: str) -> SourceNode:
    most = _WITHOUT_LIMIT
    return SourceNode(
        node_id, "node", "", 0, None, 0, 0, cap_units=most, cap_shipments=most, regular_units=most, overtime_cents=0
    )


def _line(sku: str, units: int) -> OrderLine:
    return OrderLine(
        sku, sku, units, HOME, False, split_ok=True, eligible_types=None, exclude_nodes=frozenset(), short_cents=0
    )
