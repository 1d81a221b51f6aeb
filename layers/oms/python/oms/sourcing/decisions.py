"""Why a node got an order: what was looked at, what was chosen, and what would have been next. Pure.

A decision is written once, with the order that it was made for, and is read by a person who answers a customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from oms.orders.model import Group, Line
from oms.platform.geo import UNKNOWN_DISTANCE, metres
from oms.registry.model import Node
from oms.registry.segments import said, sku_of
from oms.sourcing.decision_log import Alternative, Candidate, GroupDecision, PlannedLine
from oms.sourcing.model import Demand, Plan, Sourced
from oms.sourcing.reads import country_of, demands_of, destination_of, plan_group, sources_of
from oms.sourcing.strategy import Step, steps_for

# The nearest of those that could have given something; the chosen ones are always among them.
MOST_CANDIDATES = 10
# Of a large order so many lines are explained, and no groups after them; the plan itself is in the order.
MOST_EXPLAINED = 50
# A line that comes from many nodes counts as several: one for each of so many nodes.
_NODES_OF_A_LINE = 5
# What decides as long as no strategy says otherwise.
USUAL = "fewest_shipments_then_nearest"


def explain(
    channel: str,
    groups: Sequence[Group],
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    sourced: Sourced,
) -> tuple[GroupDecision, ...]:
    """Why each group of an order of a channel got its nodes."""
    left, room = dict(sourced.stock.units), MOST_EXPLAINED
    told = []
    for group in groups:
        plan = sourced.plans.get(group.group_no)
        if plan is not None and room > 0:
            demands = demands_of(group, lines)
            steps = steps_for(sourced.steps, channel, group.method, country_of(group, nodes))
            told.append(_explained(group, demands, nodes, sourced, left, plan, steps, room))
            room -= sum(_rooms(demands, plan))
            for place, units in plan.claims.items():
                left[place] -= units
    return tuple(told)


def _may_serve(step: Step, node: Node, skus: Sequence[str]) -> bool:
    """Whether a scenario admits a node for any of these items."""
    return step.scenario.admits(node) and any(step.may_give(sku, node) for sku in skus)


def _explained(
    group: Group,
    demands: Sequence[Demand],
    nodes: Mapping[str, Node],
    sourced: Sourced,
    left: Mapping[tuple[str, str], int],
    plan: Plan,
    steps: Sequence[Step],
    room: int,
) -> GroupDecision:
    place, stock = destination_of(group, nodes), sourced.stock
    out = plan.excluded | sourced.full | plan.late
    step = next((step for step in steps if step.name == plan.scenario), None)
    scenario = step.scenario if step else None
    sources = sources_of(group, nodes, closed_too=False)
    chosen = list(dict.fromkeys(allotment.node_id for allotment in plan.allotments))
    needed = accumulate(_rooms(demands, plan))
    shown = [demand for demand, in_all in zip(demands, needed, strict=True) if in_all <= room] or demands[:1]
    skus = list(dict.fromkeys(sku for demand in shown for sku in demand.stock))
    may = {one.node_id for one in sources}
    admitted = {n for n in may if step is None or _may_serve(step, nodes[n], skus)}
    distances = {
        node_id: metres(one.place, place)
        for node_id in nodes
        for one in sources_of(group, {node_id: nodes[node_id]}, closed_too=True)
        if one.node_id == node_id
    }
    having = [n for n in nodes if n in chosen or any(left.get((sku, n)) for sku in skus)]
    having.sort(key=lambda n: (n not in chosen, distances.get(n, UNKNOWN_DISTANCE), n))
    other = None
    if chosen:
        out_too = {chosen[0], *plan.excluded, *sourced.full}
        other = plan_group(
            group,
            demands,
            nodes,
            left,
            steps,
            weights=sourced.weights,
            without=out_too,
            worth=plan.worth,
            late=plan.late,
        )
    runner_up = None if other is None or not other.allotments else _alternative(other, plan)
    return GroupDecision(
        group_no=group.group_no,
        method=group.method.value,
        scenario=plan.scenario or USUAL,
        shipments=plan.shipments,
        metres=_known(plan.metres),
        cost=plan.cost if scenario else None,
        scarce_cost=plan.scarce_cost,
        fresh_cost=plan.fresh_cost,
        price_cost=plan.price_cost,
        missing_units=sum(demand.quantity for demand in plan.missing),
        backordered_units=sum(demand.quantity for demand in plan.missing) if plan.backorder_days is not None else 0,
        proven=plan.proven,
        lines=tuple(_line(demand, plan, runner_up, step) for demand in shown),
        unexplained_lines=len(demands) - len(shown),
        candidates=tuple(
            Candidate(
                node_id=n,
                metres=_known(distances[n]) if n in distances else None,
                units={said(sku): left[sku, n] for sku in skus if left.get((sku, n))},
                keeps={said(sku): stock.keep[sku, n] for sku in skus if (sku, n) in stock.keep},
                lain_days={said(sku): days for sku, days in _lain_days(step, n, skus).items()},
                outcome="chosen" if n in chosen else "not_chosen" if n in admitted - out else "removed",
                reason=_left_out(n, sourced, plan)
                or _reason(nodes[n], n in chosen, n in may, n in admitted, plan, group),
            )
            for n in having[:MOST_CANDIDATES]
        ),
        runner_up=runner_up,
    )


def _rooms(demands: Sequence[Demand], plan: Plan) -> list[int]:
    """As how many lines each line counts."""
    nodes = Counter(allotment.line_no for allotment in plan.allotments)
    return [max(1, -(-nodes[demand.line_no] // _NODES_OF_A_LINE)) for demand in demands]


def _left_out(node_id: str, sourced: Sourced, plan: Plan) -> str | None:
    """Why a node that might have served was not asked."""
    if node_id in plan.excluded:
        return "gave_it_up"
    if any(one.node_id == node_id for one in plan.allotments):
        return None
    return "no_capacity" if node_id in sourced.full else "too_late" if node_id in plan.late else None


def _reason(node: Node, is_chosen: bool, may_serve: bool, is_admitted: bool, plan: Plan, group: Group) -> str:
    if is_chosen:
        return "has_everything" if plan.shipments == 1 else "fewest_shipments"
    if not may_serve:
        return "closed" if node.status != "active" else f"no_{group.method.value}"
    if not is_admitted:
        return "not_admitted"
    if plan.shipments > 1:
        return "not_needed"
    return "dearer" if plan.scenario else "farther"


def _alternative(other: Plan, plan: Plan) -> Alternative:
    return Alternative(
        nodes=tuple(dict.fromkeys(allotment.node_id for allotment in other.allotments)),
        missing_units=sum(demand.quantity for demand in other.missing),
        more_late_units=other.late_units - plan.late_units,
        more_shipments=other.shipments - plan.shipments,
        more_metres=other.metres - plan.metres,
        more_cost=other.cost - plan.cost if plan.scenario else None,
    )


def _line(demand: Demand, plan: Plan, runner_up: Alternative | None, step: Step | None) -> PlannedLine:
    given = {a.node_id: a.quantity for a in plan.allotments if a.line_no == demand.line_no}
    ages = {node_id: _lain_days(step, node_id, [demand.sku]).get(demand.sku) for node_id in given}
    parts = _listed([f"{units} from {node_id}{_lain(ages[node_id])}" for node_id, units in given.items()])
    if not given:
        says = f"Nobody has {demand.quantity} of {said(demand.sku)}."
    elif plan.scenario is not None:
        says = f"{parts}: the best that scenario {plan.scenario} allows, at a cost of {plan.cost}{_among(plan, step)}."
    elif plan.shipments == 1:
        says = f"{parts}: the nearest node that has everything."
    else:
        says = f"{parts}: no fewer than {plan.shipments} nodes have everything, and these are the nearest."
    missing = sum(one.quantity for one in plan.missing if one.line_no == demand.line_no)
    if missing and plan.backorder_days is not None:
        says += f" {missing} of it {_becomes(plan)}."
    if late := [node_id for node_id in given if node_id in plan.late]:
        says += f" Nobody else has these units, and from {_listed(late)} they are too late for what was promised."
    if given and runner_up is not None:
        says += f" {_next(runner_up)}"
    return PlannedLine(line_no=demand.line_no, sku=sku_of(demand.sku), nodes=given, says=says)


def _lain_days(step: Step | None, node_id: str, skus: Sequence[str]) -> dict[str, int]:
    """For how many days stock of these items has lain at a node, where it counts and is known."""
    if step is None or not step.scenario.counts_ages:
        return {}
    return {sku: days for sku in skus if (days := step.ages.days(sku, node_id)) is not None}


def _lain(days: int | None) -> str:
    return "" if days is None else f" (has lain for {days} day{'' if days == 1 else 's'})"


def _among(plan: Plan, step: Step | None) -> str:
    """What of the cost units have to do with that are few or fresh, or that had a price."""
    days = step.scenario.aged_days if step else 0
    parts = [f"{plan.scarce_cost} for units of which few are left"] if plan.scarce_cost else []
    parts += [f"{plan.fresh_cost} for stock that has lain for less than {days} days"] if plan.fresh_cost else []
    parts += [f"{plan.price_cost} for what they were worth to orders that waited"] if plan.price_cost else []
    return f", of which {', '.join((*parts[:-2], ' and '.join(parts[-2:])))}" if parts else ""


def _becomes(plan: Plan) -> str:
    """What becomes of units that nobody has."""
    if plan.asks_person:
        return "are for a person to decide"
    return f"wait for stock, for at most {plan.backorder_days} days" if plan.backorder_days else "are cancelled"


def _next(runner_up: Alternative) -> str:
    names = _listed(runner_up.nodes)
    if runner_up.missing_units:
        return f"Next would have been {names}, without {runner_up.missing_units} of the units."
    if runner_up.more_late_units > 0:
        return f"Next would have been {names}, with {runner_up.more_late_units} more of the units too late."
    parts = []
    if runner_up.more_shipments:
        parts.append(f"{runner_up.more_shipments} more parcel{'s' if runner_up.more_shipments > 1 else ''}")
    if runner_up.more_cost:
        parts.append(f"a cost of {runner_up.more_cost} more")
    elif 0 < runner_up.more_metres < UNKNOWN_DISTANCE:
        parts.append(f"{runner_up.more_metres // 1_000} km farther")
    return f"Next would have been {names}{': ' + ', '.join(parts) if parts else ', just as good'}."


def _listed(parts: Sequence[str]) -> str:
    """A list in words, of which a sentence can bear so many parts."""
    if len(parts) <= _NODES_OF_A_LINE:
        return " and ".join(parts)
    return f"{', '.join(parts[:_NODES_OF_A_LINE])} and {len(parts) - _NODES_OF_A_LINE} others"


def _known(distance: int) -> int | None:
    return None if distance >= UNKNOWN_DISTANCE else distance
