"""Which node gives what: the one place where orders, baskets and the workflow have their units planned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from oms.capacity.model import Load, Room, total
from oms.orders.loads import load_of
from oms.orders.model import Group, Header, Line
from oms.orders.request import Method, tier_of
from oms.platform.dynamodb import Database
from oms.platform.geo import Place, locate
from oms.registry.model import Node
from oms.rulesets.reads import live_rules
from oms.sourcing import rates, strategy
from oms.sourcing.model import Demand, Plan, Source, Sourced
from oms.sourcing.planning import source, source_by
from oms.sourcing.rates import RateCard, Service
from oms.sourcing.strategy import About, Priority, Step, Strategy, steps_for

P = TypeVar("P")
ANY_ROOM = Room()
NO_WEIGHTS: Mapping[str, int] = MappingProxyType({})
NO_LATE: Mapping[int, frozenset[str]] = MappingProxyType({})


def live_steps(database: Database, tenant: str, *, instead: Mapping[str, int] | None = None) -> list[Step]:
    """The scenarios of the strategies that hold now, in the order in which they are tried.

    For a simulation the versions named in `instead` stand for those of their strategies.
    """
    found = [
        (f"{one.id}@{one.number}/{scenario.id}", scenario)
        for one in live_rules(database, tenant, strategy.KIND, Strategy, instead=instead)
        for scenario in one.content.scenarios
    ]
    if not any(scenario.freight for _, scenario in found):
        return [Step(name, scenario) for name, scenario in found]
    offered = live_services(database, tenant)
    # Cents of two currencies are not added up.
    services = tuple(one for _, one in offered) if len({currency for currency, _ in offered}) == 1 else ()
    return [Step(name, scenario, services if scenario.freight else ()) for name, scenario in found]


def wants_better_plans(database: Database, tenant: str) -> bool:
    """Whether a scenario that holds lets better plans take over work that its node has not accepted."""
    live = live_rules(database, tenant, strategy.KIND, Strategy)
    return any(scenario.reoptimize_from_cents for one in live for scenario in one.content.scenarios)


def about_order(header: Header) -> About:
    """What scenarios may ask of an order."""
    return About(tier_of(header.customer), header.attributes, header.external_id)


def live_priority(database: Database, tenant: str) -> Priority:
    """Who comes first where stock is short, by all strategies that hold; what several rank, the first of them does."""
    tiers: dict[str, int] = {}
    channels: dict[str, int] = {}
    for one in live_rules(database, tenant, strategy.KIND, Strategy):
        tiers = {**one.content.priority.tiers, **tiers}
        channels = {**one.content.priority.channels, **channels}
    return Priority(tiers=tiers, channels=channels)


def live_services(database: Database, tenant: str) -> list[tuple[str, Service]]:
    """The services of the rate cards that hold now, each with the currency of its card."""
    return [
        (one.content.currency, service)
        for one in live_rules(database, tenant, rates.KIND, RateCard)
        for service in one.content.services
    ]


def source_groups(
    groups: Sequence[Group],
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    available: Mapping[tuple[str, str], int],
    *,
    channel: str,
    currency: str,
    steps: Sequence[Step] = (),
    weights: Mapping[str, int] = NO_WEIGHTS,
    room: Room = ANY_ROOM,
    closed_too: bool = False,
    late: Mapping[int, frozenset[str]] = NO_LATE,
) -> Sourced:
    """Choose nodes for every group in turn, each from what the groups before it have left, by the strategies that hold.

    `late` nodes of a group, by its number, cannot keep its promise and give only what nobody else has. No node takes on
    more than it has `room` for. With `closed_too`, closed and full nodes may be chosen as well: for an order that a
    person will look at.
    """
    if closed_too:
        return _sourced(groups, lines, nodes, available, channel, steps, weights, late, closed_too=True)
    sourced, full = plan_within(
        room,
        available,
        lambda units, without: _sourced(groups, lines, nodes, units, channel, steps, weights, late, without=without),
        lambda made: loads_of(lines, made, currency),
        lambda made: made.claims,
        currency,
    )
    return replace(sourced, full=full)


def plan_within(
    room: Room,
    available: Mapping[tuple[str, str], int],
    plan: Callable[[Mapping[tuple[str, str], int], frozenset[str]], P],
    loads: Callable[[P], Mapping[str, Load]],
    taken: Callable[[P], Mapping[tuple[str, str], int]],
    currency: str | None = None,
) -> tuple[P, frozenset[str]]:
    """A plan that asks no node for more than it has room for, and the nodes that it had to leave out for that.

    A node that would have to give too many units gives as many as it has room for; only then it is left out.
    """
    without, units, cut = room.full(currency), room.within(available), set[str]()
    while True:
        made = plan(units, without)
        asked = loads(made)
        over = room.over(asked) - without
        if not over:
            return made, without
        for node_id in sorted(over):
            fits = None if node_id in cut else room.fitting(node_id, asked[node_id], taken(made))
            cut.add(node_id)
            if fits is None:
                without |= {node_id}
            else:
                units = {place: count for place, count in units.items() if place[1] != node_id} | fits


def loads_of_units(taken: Mapping[tuple[str, str], int]) -> dict[str, Load]:
    """What each node would have to take on of a basket, whose worth is not known: one fulfilment order."""
    found: dict[str, int] = {}
    for (_, node_id), units in taken.items():
        found[node_id] = found.get(node_id, 0) + units
    return {node_id: Load(orders=1, units=units) for node_id, units in found.items()}


def loads_of(lines: Sequence[Line], sourced: Sourced, currency: str) -> dict[str, Load]:
    """What each node would have to take on: one fulfilment order for each group that it serves."""
    by_no = {line.line_no: line for line in lines}
    parts: dict[tuple[int, str], list[tuple[Line, int]]] = {}
    for group_no, plan in sourced.plans.items():
        for one in plan.allotments:
            parts.setdefault((group_no, one.node_id), []).append((by_no[one.line_no], one.quantity))
    return total((node_id, load_of(currency, own)) for (_, node_id), own in parts.items())


def _sourced(
    groups: Sequence[Group],
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    available: Mapping[tuple[str, str], int],
    channel: str,
    steps: Sequence[Step],
    weights: Mapping[str, int],
    late: Mapping[int, frozenset[str]],
    *,
    closed_too: bool = False,
    without: Collection[str] = (),
) -> Sourced:
    left = dict(available)
    plans: dict[int, Plan] = {}
    for group in groups:
        demands = demands_of(group, lines)
        if not demands:
            continue
        own = steps_for(steps, channel, group.method, country_of(group, nodes))
        plan = plan_group(
            group,
            demands,
            nodes,
            left,
            own,
            weights=weights,
            closed_too=closed_too,
            without=without,
            worth=sum(line.agreed.total for line in lines if line.group_no == group.group_no and not line.part_of),
            late=late.get(group.group_no, frozenset()),
        )
        for place, units in plan.claims.items():
            left[place] -= units
        plans[group.group_no] = plan
    return Sourced(plans, is_best=all(plan.is_best for plan in plans.values()), weights=weights)


def plan_group(
    group: Group,
    demands: Sequence[Demand],
    nodes: Mapping[str, Node],
    left: Mapping[tuple[str, str], int],
    steps: Sequence[Step],
    *,
    weights: Mapping[str, int] = NO_WEIGHTS,
    closed_too: bool = False,
    without: Collection[str] = (),
    worth: int | None = None,
    late: frozenset[str] = frozenset(),
) -> Plan:
    """The plan of the first scenario that leaves nothing missing; if all do, of the one that leaves least.

    Where no scenario speaks of the group, fewest shipments count first and then the way. `without` leaves nodes out;
    nodes that are `late` for the promise are asked only where all others lack units, and only for those.
    """
    place = destination_of(group, nodes)
    sources = [one for one in sources_of(group, nodes, closed_too) if one.node_id not in without]
    kept = [one for one in sources if one.node_id not in late]
    plan = plan_by(steps, demands, kept, nodes, left, place, weights, worth)
    if plan.missing and len(kept) < len(sources):
        whoever = plan_by(steps, demands, sources, nodes, left, place, weights, worth, late)
        plan = min(plan, whoever, key=lambda one: sum(demand.quantity for demand in one.missing))
    return replace(plan, late=late)


def plan_by(
    steps: Sequence[Step],
    demands: Sequence[Demand],
    sources: Sequence[Source],
    nodes: Mapping[str, Node],
    left: Mapping[tuple[str, str], int],
    place: Place | None,
    weights: Mapping[str, int] = NO_WEIGHTS,
    worth: int | None = None,
    late: frozenset[str] = frozenset(),
) -> Plan:
    """The same for any demands of SKUs that weigh so many grams, and are worth so much where that is known.

    By the first of these scenarios that leaves nothing missing, or by the usual rule. What is missing may wait for
    stock where the last that was tried says so.
    """
    if not steps:
        return source(demands, sources, left, place, late)
    tried: list[Plan] = []
    days: int | None = None
    asks = False
    for number, step in enumerate(steps):
        made = source_by(step, demands, sources, nodes, left, place, weights, worth, late)
        tried.append(replace(made, tried=number))
        days, asks = step.scenario.waits_for_days, step.scenario.otherwise == "review"
        if not tried[-1].missing or step.scenario.otherwise != "next":
            break
    best = min(tried, key=lambda plan: sum(demand.quantity for demand in plan.missing))
    # Of a kit either all components are there or none; nothing of it waits.
    if any(demand.components or demand.part_of for demand in best.missing):
        days = None
    return replace(best, backorder_days=days, asks_person=asks and bool(best.missing), worth=worth)


def demands_of(group: Group, lines: Sequence[Line]) -> list[Demand]:
    """What the lines of a group need of stock."""
    return [demand_of(line) for line in lines if line.group_no == group.group_no and line.claims_stock]


def demand_of(line: Line) -> Demand:
    """What one line needs of stock."""
    return Demand(line.line_no, line.agreed.stock_sku, line.quantity, line.components, line.part_of)


def sources_of(group: Group, nodes: Mapping[str, Node], closed_too: bool) -> list[Source]:
    """The nodes that may serve a group: the chosen node for a pick-up, else every open one with that journey."""
    if group.method is Method.PICKUP and group.pickup_node is not None:
        return [Source(group.pickup_node, None)]
    return [
        Source(node.id, node.place)
        for node in nodes.values()
        if (closed_too or node.status == "active") and any(journey == group.method.value for journey in node.journeys)
    ]


def destination_of(group: Group, nodes: Mapping[str, Node]) -> Place | None:
    """Where a group goes, as far as that is known."""
    if group.pickup_node is not None and group.pickup_node in nodes:
        return nodes[group.pickup_node].place
    if group.ship_to is None:
        return None
    return locate(group.ship_to.country, group.ship_to.postal_code)


def country_of(group: Group, nodes: Mapping[str, Node]) -> str | None:
    """The country that a group goes to, as far as that is known."""
    if group.pickup_node is not None and group.pickup_node in nodes:
        return nodes[group.pickup_node].address.country
    return group.ship_to.country if group.ship_to else None
