"""The plan of one group of lines by the product's own exact optimiser, with a scenario of a strategy or without.

Fewest missing units first, then fewest shipments, then the shortest way in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from oms.platform.geo import Place
from oms.registry.kits import exploded
from oms.registry.model import Node
from oms.sourcing.costs import A_LATE_UNIT, Terms, Units, services_of, shipments_cost, terms_by, usual_terms
from oms.sourcing.kits import plan_with_kits
from oms.sourcing.model import Allotment, Demand, Plan, Source
from oms.sourcing.quick import allot, cover_late_last, in_turn, quick_cover, within_nodes
from oms.sourcing.rates import GRAMS_PER_STEP
from oms.sourcing.solver.problem import (
    HOME,
    Budget,
    Key,
    Network,
    OrderLine,
    Rates,
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
_WITHOUT_LIMIT = 10**9


def source(
    demands: Sequence[Demand],
    sources: Iterable[Source],
    available: Units,
    destination: Place | None,
    late: frozenset[str] = frozenset(),
) -> Plan:
    """Choose nodes for one group of lines where no strategy speaks of it; `late` ones give only what nobody else has.

    `available` maps (SKU, node id) to units that may be claimed. The same snapshot gives the same plan, as long as the
    search is not cut by its time.
    """
    distances, terms = usual_terms(sources, destination, late)
    return plan_with_kits(demands, available, lambda some, units: _planned(some, units, distances, terms, {}))


def source_by(
    step: Step,
    demands: Sequence[Demand],
    sources: Iterable[Source],
    nodes: Mapping[str, Node],
    available: Units,
    destination: Place | None,
    weights: Mapping[str, int],
    worth: int | None = None,
    late: frozenset[str] = frozenset(),
) -> Plan:
    """Choose nodes for one group of lines by a scenario of a strategy, among the nodes that it admits.

    `weights` are those of the SKUs in grams; one that is not known weighs nothing. `worth` is that of the goods in
    minor units, where it is known.
    """
    wanted = {sku for demand in demands for sku in demand.stock}
    distances, terms = terms_by(step, sources, nodes, destination, available, wanted, worth, late)

    def planned(some: Sequence[Demand], units: Units) -> Plan:
        made = _planned(some, step.admitted(units, nodes), distances, terms, weights if terms.zones is not None else {})
        return replace(made, is_best=False, scenario=step.name, cost_first=step.scenario.first == "cost")

    # Of a kit each component may come from where that may, and the kit itself, which `planned` sees, from where it may.
    made = plan_with_kits(demands, step.admitted(available, nodes), planned)
    if made.missing and step.scenario.complete_only:
        none = replace(made, allotments=(), missing=tuple(demands), shipments=0, metres=0, cost=0)
        return replace(none, scarce_cost=0, fresh_cost=0, price_cost=0)
    return made


def _planned(
    demands: Sequence[Demand],
    available: Units,
    distances: Mapping[str, int],
    terms: Terms,
    weights: Mapping[str, int],
) -> Plan:
    wanted: dict[str, int] = {}
    for demand in demands:
        wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
    grams = sum(weights.get(sku, 0) * units for sku, units in wanted.items())
    cost = {n: terms.cost_of(n, grams) for n in distances}
    cheapest_first = sorted(distances, key=lambda n: (cost[n], n))
    useful = [n for n in cheapest_first if any(available.get((sku, n)) for sku in wanted)]
    if len(demands) > MOST_EXACT:
        chosen, proven = cover_late_last(wanted, useful, terms.late, available, cost) if terms.late else [], False
        if not chosen or len(chosen) > (terms.max_shipments or len(chosen)):
            chosen = quick_cover(wanted, useful, available, cost)[: terms.max_shipments]
        given = within_nodes(wanted, chosen, available, terms.most_nodes_per_item)
        given = in_turn(wanted, chosen, given) if terms.late else given
    else:
        parts = {demand.sku: exploded(demand.sku, demand.components, 1) for demand in demands}
        chosen, given, proven = _exact(wanted, parts, useful, available, terms, weights)
    allotments, missing = allot(demands, chosen, given)
    scarce, fresh, price = _units_costs(allotments, available, terms)
    used = {allotment.node_id for allotment in allotments}
    nearest = len(used) == 1 and distances[next(iter(used))] == min(distances.values())
    return Plan(
        allotments=tuple(allotments),
        missing=tuple(missing),
        shipments=len(used),
        metres=sum(distances[node] for node in used),
        is_best=not missing and nearest and not used & terms.late,
        proven=proven,
        cost=shipments_cost(allotments, terms, weights) + scarce + fresh + price,
        scarce_cost=scarce,
        fresh_cost=fresh,
        price_cost=price,
        late=terms.late,
    )


def _units_costs(allotments: Sequence[Allotment], available: Units, terms: Terms) -> tuple[int, int, int]:
    """What the units of a plan cost because they are scarce where they are, because they are fresh, and by price."""
    each = terms.unit_cost
    if each is None:
        return 0, 0, 0
    scarce = sum(one.quantity * each.scarce(available[one.sku, one.node_id]) for one in allotments)
    parts = [(one, exploded(one.sku, one.components, 1)) for one in allotments]
    fresh = sum(one.quantity * each.fresh(own, one.node_id) for one, own in parts)
    return scarce, fresh, sum(one.quantity * each.priced(own, one.node_id) for one, own in parts)


def _exact(
    wanted: Mapping[str, int],
    parts: Mapping[str, Mapping[str, int]],
    nodes: Sequence[str],
    available: Units,
    terms: Terms,
    weights: Mapping[str, int],
) -> tuple[list[str], Units, bool]:
    """The nodes of the best plan, cheapest first, what may be taken there, and whether it is proven to be the best.

    `parts` are the units of stock that one of each item takes.
    Where units cost the same everywhere, and weigh nothing, any that a chosen node has may be taken, so that lines stay
    whole; else only those that the plan takes.
    """
    whole = [n for n in nodes if all(available.get((sku, n), 0) >= units for sku, units in wanted.items())]
    if not nodes or (whole and terms.is_by_shipment):
        # The cheapest node that has everything: no search could find a better plan.
        return whole[:1], available, True
    places = range(len(nodes))
    stock = {
        (node, sku): Stock(units, 0, _of_unit(parts[sku], node, units, terms))
        for node in nodes
        for sku in wanted
        if (units := available.get((sku, node), 0))
    }
    network = Network(
        keys=(Key.SHORT_UNITS, Key.COST) if terms.late else terms.keys,
        rates=Rates(step_g=GRAMS_PER_STEP, services=services_of(nodes, terms)),
        nodes=tuple(without_limits(node) for node in nodes),
        weights={sku: weights.get(sku, 0) for sku in wanted},
        stock=stock,
        zones={"": tuple(places)},
    )
    picks, proven = _picks(network, wanted, terms)
    used = {node for _, node in picks}
    alike = terms.unit_cost is None and not terms.late
    any_unit = alike and terms.zones is None and terms.most_nodes_per_item is None
    return [node for node in nodes if node in used], available if any_unit else picks, proven


def _of_unit(parts: Mapping[str, int], node_id: str, units: int, terms: Terms) -> int:
    cents = terms.unit_cost.of(parts, node_id, units) if terms.unit_cost else 0
    return cents + (A_LATE_UNIT if node_id in terms.late else 0)


def _picks(network: Network, wanted: Mapping[str, int], terms: Terms) -> tuple[dict[tuple[str, str], int], bool]:
    """The units by SKU and node of the best plan, and whether it is proven to be the best.

    An item that comes from more nodes than it may is planned again with those that have most of it; so it may be that
    others had been better.
    """
    most, limited = terms.most_nodes_per_item, frozenset[str]()
    whole = frozenset(wanted if most == 1 else ())
    while True:
        lines = tuple(order_line(sku, units, split=sku not in whole) for sku, units in sorted(wanted.items()))
        order = SourcingOrder("order", "", 0, None, ship_complete=False, max_shipments=terms.max_shipments, lines=lines)
        answer = solve_order(network, order, _BUDGET)
        picks: dict[tuple[str, str], int] = {}
        for shipment in answer.shipments:
            for pick in shipment.picks:
                picks[pick.line, shipment.node] = picks.get((pick.line, shipment.node), 0) + pick.quantity
        parts = {sku: sum(name == sku for name, _ in picks) for sku in wanted}
        again = {sku for sku in wanted if most and (parts[sku] > most or (sku in whole and not parts[sku]))}
        if not again:
            return picks, answer.proven and not limited
        whole, limited = whole - again, limited | again
        units = {(sku, node): stock.available for (node, sku), stock in network.stock.items()}
        nodes = [node.id for node in network.nodes]
        kept = within_nodes({sku: wanted[sku] for sku in again}, nodes, units, most)
        stock = {
            (node, sku): one for (node, sku), one in network.stock.items() if sku not in again or kept.get((sku, node))
        }
        network = network._replace(stock=stock)


def without_limits(node_id: str) -> SourceNode:
    """A node of the optimiser that gives whatever it has."""
    most = _WITHOUT_LIMIT
    return SourceNode(
        node_id, "node", "", 0, None, 0, 0, cap_units=most, cap_shipments=most, regular_units=most, overtime_cents=0
    )


def order_line(sku: str, units: int, *, split: bool) -> OrderLine:
    """Units of one item; `split` says whether they may come from several nodes."""
    return OrderLine(
        sku, sku, units, HOME, False, split_ok=split, eligible_types=None, exclude_nodes=frozenset(), short_cents=0
    )
