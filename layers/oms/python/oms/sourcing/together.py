"""Orders that have been given units of the same stock, planned together: who has how much stays, from where may change.

Priority has decided before who gets what, one after the other. The batch optimiser then looks for nodes that cost less
in all; no group gets a unit less for it, and a plan that is dearer is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oms.sourcing.costs import A_SHIPMENT, TOO_FAR, Terms, services_of, shipments_cost
from oms.sourcing.model import Demand, Plan
from oms.sourcing.planning import without_limits
from oms.sourcing.quick import allot
from oms.sourcing.rates import GRAMS_PER_STEP
from oms.sourcing.solver.batch import solve_priced
from oms.sourcing.solver.problem import HOME, Key, Network, OrderLine, Rates, Service, ServiceKind, SourcingOrder, Stock

_SHORT = 10**12
_NEVER = 10**15
# The optimiser works until its clock says so. Here each look at it is a step, and it has so many for each group: then
# the same orders always have the same answer.
_STEP_SECONDS, _STEPS_EACH = 0.001, 100


@dataclass(frozen=True, slots=True)
class Share:
    """A group of an order with the plan of what it is given, and what a plan of it is judged by.

    `distances` are those of the nodes that may serve it, in metres, `weights` those of its SKUs in grams.
    """

    plan: Plan
    distances: Mapping[str, int]
    terms: Terms
    weights: Mapping[str, int]

    @property
    def demands(self) -> list[Demand]:
        """The units that it is given."""
        units: dict[tuple[int, str], int] = {}
        for one in self.plan.allotments:
            units[one.line_no, one.sku] = units.get((one.line_no, one.sku), 0) + one.quantity
        return [Demand(line_no, sku, quantity) for (line_no, sku), quantity in units.items()]


@dataclass(frozen=True, slots=True)
class Together:
    """The plans of some groups, and what one more unit of what they take is worth to them all.

    `prices` are minor units by node for each SKU that they were weighed for, those of which there is enough left out.
    """

    plans: list[Plan]
    prices: dict[str, dict[str, int]]


def plan_together(shares: Sequence[Share], left: Mapping[tuple[str, str], int]) -> Together:
    """The plans of groups that cost least in all; `left` are the units by SKU and node that nobody has been given.

    Groups for which a unit costs more where it is scarce or fresh, whose items may not come from any nodes, or that get
    units from nodes that are too late, keep their plans. Stock has prices where the cost counts first for all of them:
    what saves a shipment is not so many cents.
    """
    joined = [n for n, share in enumerate(shares) if share.terms.is_by_place and share.plan.allotments]
    plans = [share.plan for share in shares]
    if len(joined) < 2:
        return Together(plans, {})
    found, prices = _solved([shares[n] for n in joined], left)
    before = sum(_worth(shares[n].plan, shares[n].terms) for n in joined)
    after = sum(_worth(plan, shares[n].terms) for n, plan in zip(joined, found, strict=True))
    if after < before and all(plan.missing == plans[n].missing for n, plan in zip(joined, found, strict=True)):
        for n, plan in zip(joined, found, strict=True):
            plans[n] = plan
    return Together(plans, prices)


def _worth(plan: Plan, terms: Terms) -> int:
    return plan.cost + (A_SHIPMENT * plan.shipments if Key.SHIPMENTS in terms.keys else 0)


def _solved(
    shares: Sequence[Share], left: Mapping[tuple[str, str], int]
) -> tuple[list[Plan], dict[str, dict[str, int]]]:
    units = dict(left)
    for share in shares:
        for place, count in share.plan.claims.items():
            units[place] = units.get(place, 0) + count
    wanted = {demand.sku for share in shares for demand in share.demands}
    names = sorted({node for share in shares for node in share.distances})
    network = Network(
        keys=(Key.COST,),
        rates=Rates(step_g=GRAMS_PER_STEP, services=_services(shares, names)),
        nodes=tuple(without_limits(name) for name in names),
        weights={sku: weight for share in shares for sku, weight in share.weights.items() if sku in wanted}
        | {sku: 0 for sku in wanted if not any(sku in share.weights for share in shares)},
        stock={
            (node, sku): Stock(count, 0, 0)
            for (sku, node), count in sorted(units.items())
            if count > 0 and sku in wanted and node in names
        },
        zones={str(n): tuple(range(n * len(names), (n + 1) * len(names))) for n in range(len(shares))},
    )
    orders = [_order(n, share, names) for n, share in enumerate(shares)]
    ticks = iter(range(10**9))
    seconds = len(shares) * _STEPS_EACH * _STEP_SECONDS
    batch = solve_priced(network, orders, seconds, clock=lambda: next(ticks) * _STEP_SECONDS)
    made = []
    for share, answer in zip(shares, batch.answers, strict=True):
        picks: dict[tuple[str, str], int] = {}
        for shipment in answer.shipments:
            for pick in shipment.picks:
                picks[pick.line, shipment.node] = picks.get((pick.line, shipment.node), 0) + pick.quantity
        made.append(_planned(share, picks))
    if any(Key.SHIPMENTS in share.terms.keys for share in shares):
        return made, {}
    prices: dict[str, dict[str, int]] = {sku: {} for sku in sorted(wanted)}
    for (node, sku), cents in sorted(batch.prices.items()):
        prices[sku][node] = cents
    return made, prices


def _planned(share: Share, picks: Mapping[tuple[str, str], int]) -> Plan:
    used = sorted({node for _, node in picks}, key=lambda node: (share.distances[node], node))
    allotments, missing = allot(share.demands, used, picks)
    chosen = {one.node_id for one in allotments}
    return replace(
        share.plan,
        allotments=tuple(allotments),
        missing=(*share.plan.missing, *missing),
        shipments=len(chosen),
        metres=sum(share.distances[node] for node in chosen),
        is_best=False,
        proven=False,
        cost=shipments_cost(allotments, share.terms, share.weights),
    )


def _order(n: int, share: Share, names: Sequence[str]) -> SourcingOrder:
    units: dict[str, int] = {}
    for demand in share.demands:
        units[demand.sku] = units.get(demand.sku, 0) + demand.quantity
    never = frozenset(names) - share.distances.keys()
    lines = tuple(
        OrderLine(
            sku, sku, count, HOME, False, split_ok=True, eligible_types=None, exclude_nodes=never, short_cents=_SHORT
        )
        for sku, count in sorted(units.items())
    )
    return SourcingOrder(
        str(n), str(n), 0, None, ship_complete=False, max_shipments=share.terms.max_shipments, lines=lines
    )


def _services(shares: Sequence[Share], names: Sequence[str]) -> tuple[Service, ...]:
    """The services of all groups in one rate card: each group and node is a zone of its own."""
    zones = len(shares) * len(names)
    offered = [services_of(sorted(share.distances), share.terms) for share in shares]
    made = []
    for number in range(max(len(services) for services in offered)):
        base, step = [_NEVER] * zones, [0] * zones
        for n, (share, services) in enumerate(zip(shares, offered, strict=True)):
            if number >= len(services):
                continue
            one, more = services[number], A_SHIPMENT if Key.SHIPMENTS in share.terms.keys else 0
            for node, cents, per_step in zip(sorted(share.distances), one.base, one.step, strict=True):
                if cents < TOO_FAR:
                    zone = n * len(names) + names.index(node)
                    base[zone], step[zone] = cents + more, per_step
        made.append(Service(str(number), ServiceKind.HOME, tuple(base), tuple(step), days=(0,) * zones))
    return tuple(made)
