"""Which node gives what: the one place where orders, baskets and the workflow have their units planned.

Fewest missing units first, then fewest shipments, then the shortest way in all, by the product's own exact optimiser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms.orders.model import Group, Line
from oms.orders.request import Method
from oms.platform.geo import Place, locate, metres
from oms.registry.model import Node
from oms.sourcing.model import Demand, Plan, Source, Sourced
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
    """Choose nodes for one group of lines.

    `available` maps (SKU, node id) to units that may be claimed. The same snapshot always gives the same plan.
    """
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
    distances = {s.node_id: metres(s.place, destination) for s in sources}
    nearest_first = sorted(distances, key=lambda n: (distances[n], n))
    useful = [n for n in nearest_first if any(available.get((sku, n)) for sku in wanted)]
    whole = next((n for n in useful if all(available.get((sku, n), 0) >= units for sku, units in wanted.items())), None)
    if whole is not None or not useful:
        # The nearest node that has everything: no search could find a better plan.
        chosen, proven = [whole] if whole else [], True
    elif len(demands) > MOST_EXACT:
        chosen, proven = quick_cover(wanted, useful, available, distances), False
    else:
        chosen, proven = _exact(wanted, useful, available, distances)
    allotments, missing = allot(demands, chosen, available)
    used = {allotment.node_id for allotment in allotments}
    return Plan(
        allotments=tuple(allotments),
        missing=tuple(missing),
        shipments=len(used),
        metres=sum(distances[node] for node in used),
        is_best=not missing and len(used) == 1 and distances[next(iter(used))] == min(distances.values()),
        proven=proven,
    )


def _exact(
    wanted: Mapping[str, int],
    nodes: Sequence[str],
    available: Mapping[tuple[str, str], int],
    distances: Mapping[str, int],
) -> tuple[list[str], bool]:
    """The nodes of the best plan, nearest first, and whether it is proven to be the best."""
    places = range(len(nodes))
    way = tuple(distances[node] for node in nodes)
    # Each node is a zone of its own, whose price is the way from there.
    straight = Service("straight", ServiceKind.HOME, base=way, step=(0,) * len(nodes), days=(0,) * len(nodes))
    network = Network(
        keys=_KEYS,
        rates=Rates(step_g=1_000, services=(straight,)),
        nodes=tuple(_without_limits(node) for node in nodes),
        weights=dict.fromkeys(wanted, 0),
        stock={
            (node, sku): Stock(available[sku, node], 0, 0)
            for node in nodes
            for sku in wanted
            if available.get((sku, node))
        },
        zones={"": tuple(places)},
    )
    lines = tuple(_line(sku, units) for sku, units in sorted(wanted.items()))
    order = SourcingOrder("order", "", 0, None, ship_complete=False, max_shipments=None, lines=lines)
    answer = solve_order(network, order, _BUDGET)
    used = {shipment.node for shipment in answer.shipments}
    return [node for node in nodes if node in used], answer.proven


def _without_limits(node_id: str) -> SourceNode:
    most = _WITHOUT_LIMIT
    return SourceNode(
        node_id, "node", "", 0, None, 0, 0, cap_units=most, cap_shipments=most, regular_units=most, overtime_cents=0
    )


def _line(sku: str, units: int) -> OrderLine:
    return OrderLine(
        sku, sku, units, HOME, False, split_ok=True, eligible_types=None, exclude_nodes=frozenset(), short_cents=0
    )


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
        demands = demands_of(group, lines)
        if not demands:
            continue
        plan = source(demands, sources_of(group, nodes, closed_too), left, destination_of(group, nodes))
        for allotment in plan.allotments:
            left[allotment.sku, allotment.node_id] -= allotment.quantity
        plans[group.group_no] = plan
    return Sourced(plans, is_best=all(plan.is_best for plan in plans.values()))


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
