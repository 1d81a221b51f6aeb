"""Which node gives what: the one place where orders, baskets and the workflow have their units planned.

Fewest missing units first, then fewest shipments, then the shortest way in all, by the product's own exact optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oms.orders.model import Group, Line
from oms.orders.request import Method
from oms.platform.dynamodb import Database
from oms.platform.geo import Place, locate, metres
from oms.registry.model import Node
from oms.rulesets.reads import live_rules
from oms.sourcing.model import Allotment, Demand, Plan, Source, Sourced
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
from oms.sourcing.strategy import KIND, Step, Strategy, steps_for

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


def live_steps(database: Database, tenant: str) -> list[Step]:
    """The scenarios of the strategies that hold now, in the order in which they are tried."""
    return [
        Step(f"{one.id}@{one.number}/{scenario.id}", scenario)
        for one in live_rules(database, tenant, KIND, Strategy)
        for scenario in one.content.scenarios
    ]


def live_steps_for(database: Database, tenant: str, channel: str, method: Method) -> list[Step]:
    """Those of them that speak of this channel and method."""
    return steps_for(live_steps(database, tenant), channel, method)


def source_groups(
    groups: Sequence[Group],
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    available: Mapping[tuple[str, str], int],
    *,
    channel: str,
    steps: Sequence[Step] = (),
    closed_too: bool = False,
) -> Sourced:
    """Choose nodes for every group in turn, each from what the groups before it have left, by the strategies that hold.

    With `closed_too`, closed nodes may be chosen as well: for an order that a person will look at.
    """
    left = dict(available)
    plans: dict[int, Plan] = {}
    for group in groups:
        demands = demands_of(group, lines)
        if not demands:
            continue
        plan = plan_group(group, demands, nodes, left, steps_for(steps, channel, group.method), closed_too=closed_too)
        for allotment in plan.allotments:
            left[allotment.sku, allotment.node_id] -= allotment.quantity
        plans[group.group_no] = plan
    return Sourced(plans, is_best=all(plan.is_best for plan in plans.values()))


def plan_group(
    group: Group,
    demands: Sequence[Demand],
    nodes: Mapping[str, Node],
    left: Mapping[tuple[str, str], int],
    steps: Sequence[Step],
    *,
    closed_too: bool = False,
    without: str | None = None,
) -> Plan:
    """The plan of the first scenario that leaves nothing missing; if all do, of the one that leaves least.

    Where no scenario speaks of the group, fewest shipments count first and then the way. `without` leaves a node out.
    """
    place = destination_of(group, nodes)
    sources = [one for one in sources_of(group, nodes, closed_too) if one.node_id != without]
    return plan_by(steps, demands, sources, nodes, left, place)


def plan_by(
    steps: Sequence[Step],
    demands: Sequence[Demand],
    sources: Sequence[Source],
    nodes: Mapping[str, Node],
    left: Mapping[tuple[str, str], int],
    place: Place | None,
) -> Plan:
    """The same for any demands: by the first of these scenarios that leaves nothing missing, or by the usual rule."""
    if not steps:
        return source(demands, sources, left, place)
    tried: list[Plan] = []
    for number, step in enumerate(steps):
        tried.append(replace(source_by(step, demands, sources, nodes, left, place), tried=number))
        if not tried[-1].missing or step.scenario.otherwise == "stop":
            break
    return min(tried, key=lambda plan: sum(demand.quantity for demand in plan.missing))


def demands_of(group: Group, lines: Sequence[Line]) -> list[Demand]:
    """What the lines of a group need of stock."""
    return [
        Demand(line.line_no, line.agreed.sku, line.quantity)
        for line in lines
        if line.group_no == group.group_no and line.claims_stock
    ]


def sources_of(group: Group, nodes: Mapping[str, Node], closed_too: bool) -> list[Source]:
    """The nodes that may serve a group: the chosen node for a pick-up, else every open one with that journey."""
    if group.method is Method.PICKUP and group.pickup_node is not None:
        return [Source(group.pickup_node, None)]
    return [
        Source(node.id, _place(node))
        for node in nodes.values()
        if (closed_too or node.status == "active") and any(journey == group.method.value for journey in node.journeys)
    ]


def destination_of(group: Group, nodes: Mapping[str, Node]) -> Place | None:
    """Where a group goes, as far as that is known."""
    if group.pickup_node is not None and group.pickup_node in nodes:
        return _place(nodes[group.pickup_node])
    if group.ship_to is None:
        return None
    return locate(group.ship_to.country, group.ship_to.postal_code)


def _place(node: Node) -> Place:
    return Place(node.latitude_microdegrees, node.longitude_microdegrees)
