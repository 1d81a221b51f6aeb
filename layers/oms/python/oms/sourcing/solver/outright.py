"""Plans that need no search: one line by itself, and orders for which one shipment is shown to be the best.

Most orders end here. A lower bound for two shipments and more, and for one that leaves something short, is taken from
the cheapest of everything: it costs one look at each candidate. Where the best single shipment is not above it, nothing
can be better, and neither prices nor branches are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from oms.sourcing.solver.candidates import Candidate, Problem
from oms.sourcing.solver.filling import Fill
from oms.sourcing.solver.partition import is_few, partition
from oms.sourcing.solver.problem import NOW, SourceNode

_MOST_IN_PARTS = 8  # units of a line: more of them in parts are left to the search
Found = tuple[int, tuple[Fill, ...], bool]  # the cost of a plan, its parts per line, whether none is cheaper


def outright(problem: Problem) -> Found:
    """The best plan with one shipment or none, or with any number for an order of one line that may be split."""
    lines = problem.lines
    if len(lines) == 1:
        return _one_line(problem)
    nothing = sum([short * line.quantity for short, line in zip(problem.short, lines, strict=True)])
    none: tuple[Fill, ...] = ((),) * len(lines)
    if not problem.candidates:
        return nothing, none, True
    if is_few(problem):
        found = partition(problem)
        if found is not None:
            return (*found, True)
    if len({line.sku for line in lines}) < len(lines):
        return nothing, none, False
    complete, limit = problem.order.ship_complete, problem.order.max_shipments
    if limit != 1:
        most = max([len(candidate.lines) for candidate in problem.candidates])
        if most < len(lines) and most < len({n for candidate in problem.candidates for n in candidate.lines}):
            return nothing, none, False
    least = _least_of_each(problem)
    missing = sum([problem.short[n] * line.quantity for n, line in enumerate(lines) if n not in least])
    if complete and len(least) < len(lines):
        return nothing, none, True
    best, at, bound = nothing, -1, inf
    opened: list[tuple[int, int]] = []  # of each candidate, what opening it costs with one step and without
    for c, candidate in enumerate(problem.candidates):
        first, opening = _opening(candidate)
        opened.append((first, opening))
        loaded = _loaded(problem, candidate, nothing)
        if loaded is not None:
            cost, is_whole = loaded
            if complete and not is_whole:
                continue
            if cost < best:
                best, at = cost, c
            if complete or _pays_in_full(problem, candidate):
                continue
        elif complete:
            continue
        bound = min(bound, missing + _at_least(problem, candidate, least, first, opening))
    if limit != 1 and len(opened) > 1:
        bound = min(bound, missing + _several(problem, least, opened))
    if at < 0:
        return nothing, none, nothing <= bound
    return best, _all_from(problem, at), best <= bound


def _loaded(problem: Problem, candidate: Candidate, nothing: int) -> tuple[int, bool] | None:
    """What a plan costs that is this shipment with all units it can carry, and whether it carries all lines whole.

    None where the node may not give so many units. `nothing` is what it costs to leave all units short.
    """
    stock, slot, lines = problem.now if candidate.wave == NOW else problem.whole, candidate.slot, problem.lines
    cost, grams, units, whole = nothing, 0, 0, len(candidate.lines) == len(lines)
    for number, cents in candidate.lines.items():
        line = lines[number]
        count = stock[slot, line.sku]
        if count < line.quantity:
            whole = False
        else:
            count = line.quantity
        units += count
        grams += count * problem.weights[number]
        cost += count * (cents - problem.short[number])
    if candidate.node.cap_units < units:
        return None
    steps = -(-grams // problem.step_g) or 1
    cost += min([one.fixed + one.step * steps for one in candidate.options])
    return cost + _overtime(problem, candidate.node, units), whole


def _all_from(problem: Problem, at: int) -> tuple[Fill, ...]:
    candidate = problem.candidates[at]
    stock = problem.now if candidate.wave == NOW else problem.whole
    fills: list[Fill] = [()] * len(problem.lines)
    for number in candidate.lines:
        line = problem.lines[number]
        fills[number] = ((at, min(line.quantity, stock[candidate.slot, line.sku])),)
    return tuple(fills)


def _least_of_each(problem: Problem) -> dict[int, tuple[int, int]]:
    """For each line that can come from anywhere what a unit costs at least, without and with its share of steps.

    The share is scaled by the grams of a step.
    """
    least: dict[int, tuple[int, int]] = {}
    scale, weights = problem.step_g, problem.weights
    for candidate in problem.candidates:
        step = candidate.options[-1].step  # the least: of the services the last has the cheapest steps
        for number, cents in candidate.lines.items():
            shared = cents * scale + step * weights[number]
            known = least.get(number)
            if known is None:
                least[number] = cents, shared
            elif cents < known[0] or shared < known[1]:
                least[number] = min(cents, known[0]), min(shared, known[1])
    return least


def _opening(candidate: Candidate) -> tuple[int, int]:
    """What a shipment costs at least with one weight step, and what it costs at least apart from all steps."""
    options = candidate.options
    if len(options) == 1:
        return options[0].fixed + options[0].step, options[0].fixed
    return min([one.fixed + one.step for one in options]), min([one.fixed for one in options])


def _pays_in_full(problem: Problem, candidate: Candidate) -> bool:
    """Whether leaving a unit out of a shipment costs more than it can save."""
    step = max([one.step for one in candidate.options])
    each, scale = problem.per_cost * candidate.node.overtime_cents, problem.step_g
    for number, cents in candidate.lines.items():
        if problem.short[number] < cents + each + step * -(-problem.weights[number] // scale):
            return False
    return True


def _at_least(
    problem: Problem, candidate: Candidate, least: dict[int, tuple[int, int]], first: int, opening: int
) -> int:
    """What a plan costs at least that is one shipment of this candidate; what it cannot carry is short."""
    stock, slot, scale = problem.now if candidate.wave == NOW else problem.whole, candidate.slot, problem.step_g
    step = candidate.options[-1].step
    plain, shared = first, opening * scale
    for number in least:
        line, short = problem.lines[number], problem.short[number]
        cents = candidate.lines.get(number)
        if cents is None:
            plain += short * line.quantity
            shared += short * line.quantity * scale
            continue
        units = min(line.quantity, stock[slot, line.sku])
        left = short * (line.quantity - units)
        plain += left + units * min(short, cents)
        shared += left * scale + units * min(short * scale, cents * scale + step * problem.weights[number])
    return max(plain, -(-shared // scale))


def _several(problem: Problem, least: dict[int, tuple[int, int]], opened: list[tuple[int, int]]) -> int:
    """What a plan costs at least that is two shipments or more: the two that open cheapest, each unit at its best."""
    scale = problem.step_g
    plain = sum(sorted([first for first, _ in opened])[:2])
    shared = sum(sorted([opening for _, opening in opened])[:2]) * scale
    complete = problem.order.ship_complete
    for number, (cents, with_steps) in least.items():
        quantity, short = problem.lines[number].quantity, problem.short[number]
        plain += quantity * (cents if complete else min(short, cents))
        shared += quantity * (with_steps if complete else min(short * scale, with_steps))
    return max(plain, -(-shared // scale))


def _one_line(problem: Problem) -> Found:
    """One line: every number of units from every candidate, and where two shipments could be cheaper those together."""
    line, (short,), (grams,) = problem.lines[0], problem.short, problem.weights
    wanted, scale, complete = line.quantity, problem.step_g, problem.order.ship_complete
    parts = line.split_ok and wanted <= _MOST_IN_PARTS
    few = range(1, wanted + 1) if parts and not complete else (wanted,)
    best, fill = short * wanted, Fill()
    openings: list[int] = []
    cheapest = problem.candidates[0].lines[0] if complete and problem.candidates else short
    for c, candidate in enumerate(problem.candidates):
        cents, room = candidate.lines[0], _room(problem, candidate)
        openings.append(_opening(candidate)[0])
        cheapest = min(cheapest, cents)
        for units in few:
            if units > room:
                break
            steps = -(-units * grams // scale) or 1
            cost = units * cents + short * (wanted - units) + _overtime(problem, candidate.node, units)
            cost += min([one.fixed + one.step * steps for one in candidate.options])
            if cost < best:
                best, fill = cost, ((c, units),)
    if wanted == 1 or not line.split_ok or not openings:
        return best, (fill,), True
    if not parts:
        return best, (fill,), False
    openings.sort()
    if problem.order.max_shipments == 1 or best <= sum(openings[:2]) + wanted * cheapest:
        return best, (fill,), True
    return (*_in_parts(problem, best, fill), True)


def _in_parts(problem: Problem, best: int, fill: Fill) -> tuple[int, tuple[Fill, ...]]:
    """The best of all ways to put the units of a line together, node after node; by shipments and units so far."""
    wanted, limit = problem.lines[0].quantity, problem.order.max_shipments
    most = wanted if limit is None else min(limit, wanted)
    by_slot: dict[int, list[int]] = {}
    for c, candidate in enumerate(problem.candidates):
        by_slot.setdefault(candidate.slot, []).append(c)
    known: dict[tuple[int, int], tuple[int, Fill]] = {(0, 0): (0, ())}
    for slot, numbers in by_slot.items():
        ways = list(_ways(problem, slot, numbers))
        for (shipments, units), (cost, so_far) in list(known.items()):
            for more, added in ways:
                key = shipments + len(added), units + sum([count for _, count in added])
                if key[0] > most or key[1] > wanted or cost + more >= best:
                    continue
                if key not in known or cost + more < known[key][0]:
                    known[key] = cost + more, (*so_far, *added)
    for (_, units), (cost, found) in known.items():
        left = wanted - units
        if left and problem.order.ship_complete:
            continue
        cost += left * problem.short[0]
        if cost < best:
            best, fill = cost, found
    return best, (fill,)


def _ways(problem: Problem, slot: int, numbers: list[int]) -> Iterator[tuple[int, Fill]]:
    """What one node can send of the only line, in one shipment or in two of which one waits, and what that costs."""
    wanted, grams, scale = problem.lines[0].quantity, problem.weights[0], problem.step_g
    node = problem.candidates[numbers[0]].node
    there = problem.whole[slot, problem.lines[0].sku]
    costs: list[tuple[int, int, int]] = []
    for c in numbers:
        candidate = problem.candidates[c]
        for units in range(1, min(wanted, _room(problem, candidate)) + 1):
            steps = -(-units * grams // scale) or 1
            cost = min([one.fixed + one.step * steps for one in candidate.options]) + units * candidate.lines[0]
            costs.append((c, units, cost))
            yield cost + _overtime(problem, node, units), ((c, units),)
    if node.cap_shipments > 1:
        for c, units, cost in costs:
            for other, more, added in costs:
                if c < other and units + more <= min(there, node.cap_units):
                    yield cost + added + _overtime(problem, node, units + more), ((c, units), (other, more))


def _room(problem: Problem, candidate: Candidate) -> int:
    stock = problem.now if candidate.wave == NOW else problem.whole
    return min(stock[candidate.slot, problem.lines[0].sku], candidate.node.cap_units)


def _overtime(problem: Problem, node: SourceNode, units: int) -> int:
    if units <= node.regular_units:
        return 0
    return problem.per_cost * node.overtime_cents * (units - node.regular_units)
