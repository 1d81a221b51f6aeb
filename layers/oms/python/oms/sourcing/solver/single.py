"""The best plan for one order: exact, or the best found within a budget."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from oms.sourcing.solver.candidates import Hints, Problem, compile_order
from oms.sourcing.solver.filling import Fill
from oms.sourcing.solver.outright import outright
from oms.sourcing.solver.problem import INBOUND, NOW, Answer, Budget, Key, Network, Pick, Shipment, SourcingOrder
from oms.sourcing.solver.search import Search

# Enough for nearly all orders of ten lines at fifty nodes; a function that answers a person stops here and says so.
USUAL = Budget(search_nodes=200_000, seconds=0.25)
# For whoever can wait: orders of twenty lines at hundreds of nodes.
PATIENT = Budget(search_nodes=1_000_000, seconds=0.9)


def solve_order(
    network: Network,
    order: SourcingOrder,
    budget: Budget = USUAL,
    *,
    clock: Callable[[], float] = perf_counter,
    hints: Hints | None = None,
) -> Answer:
    """The plan that costs least under the network's keys; `proven` where no better one exists.

    Only stock, capacity and overtime that this order alone would use are counted. `clock` gives seconds for the budget.
    `hints` are for those who solve many orders of one network.
    """
    problem = compile_order(network, order, hints)
    best, fills, proven = outright(problem)
    least = best * problem.step_g
    if not proven:
        search = Search(problem, budget, clock, best, fills)
        search.run()
        best, fills, proven, least = search.best, search.fills, search.complete, search.bound.rest[0]
    shipments = _shipments(problem, fills)
    objective = tuple([_measure(key, problem, best, shipments) for key in network.keys])
    bound = _measure(Key.COST, problem, best, shipments) if proven else _bound(network, problem, least, objective)
    return Answer(order.id, shipments, objective, bound, proven)


def _bound(network: Network, problem: Problem, least: int, objective: tuple[int, ...]) -> int:
    """What no plan costs less than that is as good in the keys before the cost; 0 where cost is no key.

    `least` is what all keys together come to at least, scaled as in the search.
    """
    weights = problem.key_weights
    if Key.COST not in weights:
        return 0
    earlier = network.keys[: network.keys.index(Key.COST)]
    known = sum(weights[key] * value for key, value in zip(earlier, objective, strict=False))
    return max(0, (-(-least // problem.step_g) - known) // weights[Key.COST])


def _measure(key: Key, problem: Problem, best: int, shipments: tuple[Shipment, ...]) -> int:
    weights = problem.key_weights
    if key is Key.COST and len(weights) == 1:
        return best
    given = sum(pick.quantity for shipment in shipments for pick in shipment.picks)
    units = {Key.SHIPMENTS: len(shipments), Key.SHORT_UNITS: sum(line.quantity for line in problem.lines) - given}
    if key is not Key.COST:
        return units[key]
    others = sum(weights.get(other, 0) * count for other, count in units.items())
    return (best - others) // weights.get(Key.COST, 1)


def _shipments(problem: Problem, fills: tuple[Fill, ...]) -> tuple[Shipment, ...]:
    """The plan as shipments; one that waits takes inbound stock first, so that the others find what is there now."""
    by_candidate: dict[int, list[tuple[int, int]]] = {}
    for number, fill in enumerate(fills):
        for c, units in fill:
            by_candidate.setdefault(c, []).append((number, units))
    inbound_left: dict[tuple[int, str], int] = {}
    made = []
    for c, parts in sorted(by_candidate.items()):
        candidate = problem.candidates[c]
        grams = sum(units * problem.weights[number] for number, units in parts)
        steps = max(1, -(-grams // problem.step_g))
        option = candidate.options[0]
        if len(candidate.options) > 1:
            option = min(candidate.options, key=lambda one: (one.fixed + one.step * steps, one.service))
        picks: list[Pick] = []
        for number, units in parts:
            line = problem.lines[number]
            coming = 0
            if candidate.wave == INBOUND:
                key = candidate.slot, line.sku
                there = inbound_left.get(key, problem.whole[key] - problem.now[key])
                coming = min(units, there)
                inbound_left[key] = there - coming
            if coming:
                picks.append(Pick(line.id, coming, INBOUND))
            if coming < units:
                picks.append(Pick(line.id, units - coming, NOW))
        made.append(Shipment(candidate.node.id, candidate.dest, option.service, candidate.wave, tuple(picks)))
    return tuple(made)
