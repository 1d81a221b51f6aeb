"""Orders of few units: which shipments they are best divided into, by dynamic programming over what is still to come.

First for every part of the order the one shipment that carries it at the least cost; then the parts that make up the
order and cost least together. Stock and capacity that two shipments of one plan share are left out of account, which
makes it a lower bound; where the plan found keeps within them, as nearly all do, it is the best. What is still to come
is one whole number with a field for each line, so that parts are compared and taken off in one step.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.sourcing.solver.candidates import Candidate, Problem
from oms.sourcing.solver.filling import Fill
from oms.sourcing.solver.problem import NOW
from oms.sourcing.solver.records import Record

_MOST_STATES = 512
_MOST_LOADS = 60_000  # candidates, times what each could carry at most: some twenty milliseconds
# What a shipment costs beyond the least, the part of the order that it carries, its candidate.
Part = tuple[int, int, int]
Found = tuple[int, tuple[Fill, ...]]


class _Field(Record):
    """A line within the number: one piece of it, how many pieces, the units of each, and all bits of the field."""

    one: int
    most: int
    units: int
    mask: int


def is_few(problem: Problem) -> bool:
    """Whether an order can be divided in so few ways that all of them are looked at; no goods are on two lines."""
    states = 1
    for line in problem.lines:
        states *= line.quantity + 1 if line.split_ok else 2
        if states > _MOST_STATES or states * len(problem.candidates) > _MOST_LOADS:
            return False
    return len({line.sku for line in problem.lines}) == len(problem.lines)


def partition(problem: Problem) -> Found | None:
    """The best plan, as its cost and its parts per line; None where the best parts do not go together."""
    fields, guard = _fields(problem)
    complete, limit = problem.order.ship_complete, problem.order.max_shipments
    # No piece costs less than it does where it is cheapest, or short. All else is counted beyond that.
    least_of = _least_of(problem, fields)
    parts = _parts(problem, fields, least_of)
    whole = sum([field.one * field.most for field in fields])
    shorts = [short * field.units - cents for short, field, cents in zip(problem.short, fields, least_of, strict=True)]
    nothing = sum([short * field.most for short, field in zip(shorts, fields, strict=True)])
    known: dict[tuple[int, int], tuple[int, Part | None]] = {}
    masks = [field.mask for field in fields]
    without = [nothing + 1] * len(fields) if complete else shorts
    following = min([*without, *[some[0][0] for some in parts if some]])

    def best(state: int, left: int) -> int:
        """What is still to come costs at least, in so many shipments; fills in `known`."""
        if not state:
            return 0
        found = known.get((state, left))
        if found is not None:
            return found[0]
        k = 0
        while not state & masks[k]:
            k += 1
        least, chosen = without[k] + best(state - fields[k].one, left), None
        if left:
            padded = state | guard
            for part in parts[k]:
                if part[0] >= least:
                    break
                if (padded - part[1]) & guard == guard and (part[1] == state or part[0] + following < least):
                    cost = part[0] + best(state - part[1], left - 1)
                    if cost < least:
                        least, chosen = cost, part
        known[state, left] = least, chosen
        return least

    pieces = sum([field.most for field in fields])
    most = pieces if limit is None else min(limit, pieces)
    cost = best(whole, most)
    none: tuple[Fill, ...] = ((),) * len(fields)
    base = sum([cents * field.most for cents, field in zip(least_of, fields, strict=True)])
    if cost >= nothing:
        return base + nothing, none
    chosen, state, left = list[Part](), whole, most
    while state:
        part = known[state, left][1]
        if part is None:
            k = 0
            while not state & masks[k]:
                k += 1
            state -= fields[k].one
        else:
            chosen.append(part)
            state, left = state - part[1], left - 1
    fills = _fills(problem, fields, chosen)
    return (base + cost, fills) if fills is not None else None


def _fields(problem: Problem) -> tuple[list[_Field], int]:
    """The fields, and a bit above each that shows whether a part has more of it than there is."""
    fields, guard, shift = list[_Field](), 0, 0
    for line in problem.lines:
        most, units = (line.quantity, 1) if line.split_ok else (1, line.quantity)
        bits = most.bit_length()
        fields.append(_Field(1 << shift, most, units, ((1 << bits) - 1) << shift))
        shift += bits + 1
        guard |= 1 << (shift - 1)
    return fields, guard


def _least_of(problem: Problem, fields: Sequence[_Field]) -> list[int]:
    """What a piece of each line costs at least, where it is cheapest or short; without all that a shipment costs."""
    least = list(problem.short)
    for candidate in problem.candidates:
        for k, cents in candidate.lines.items():
            if cents < least[k]:
                least[k] = cents
    return [cents * field.units for cents, field in zip(least, fields, strict=True)]


def _parts(problem: Problem, fields: Sequence[_Field], least_of: Sequence[int]) -> list[list[Part]]:
    """By the first line of a part the cheapest shipments that carry just that part, cheapest first."""
    cheapest: list[dict[int, Part]] = [{} for _ in fields]
    scale = problem.step_g
    for c, candidate in enumerate(problem.candidates):
        node = candidate.node
        regular, each = node.regular_units, problem.per_cost * node.overtime_cents
        options = [(option.fixed, option.step) for option in candidate.options]
        fixed, step = options[0]
        only = len(options) == 1
        for k, rows in _loads(problem, fields, least_of, candidate):
            found = cheapest[k]
            for part, cents, grams, units in rows:
                steps = -(-grams // scale) or 1
                cost = cents + (fixed + step * steps if only else min([one + more * steps for one, more in options]))
                if units > regular:
                    cost += each * (units - regular)
                known = found.get(part)
                if known is None or cost < known[0]:
                    found[part] = cost, part, c
    return [sorted(found.values()) for found in cheapest]


Load = tuple[int, int, int, int]  # the part, what its units cost beyond the least, its weight, its units


def _loads(
    problem: Problem, fields: Sequence[_Field], least_of: Sequence[int], candidate: Candidate
) -> list[tuple[int, list[Load]]]:
    """All that a candidate could carry, by the first line of it."""
    stock, slot, most = (
        problem.now if candidate.wave == NOW else problem.whole,
        candidate.slot,
        candidate.node.cap_units,
    )
    loads: list[tuple[int, list[Load]]] = []
    behind: list[Load] = [(0, 0, 0, 0)]  # of the lines after this one
    for k in sorted(candidate.lines, reverse=True):
        field = fields[k]
        room = min(field.most, stock[slot, problem.lines[k].sku] // field.units)
        one, cents = field.one, candidate.lines[k] * field.units - least_of[k]
        weight, size = problem.weights[k] * field.units, field.units
        rows = [
            (part + one * n, cost + cents * n, grams + weight * n, units + size * n)
            for n in range(1, room + 1)
            for part, cost, grams, units in behind
            if units + size * n <= most
        ]
        loads.append((k, rows))
        behind += rows
    return loads


def _fills(problem: Problem, fields: Sequence[_Field], chosen: Sequence[Part]) -> tuple[Fill, ...] | None:
    """The parts by line; None where two of them use one node beyond what it can give, or where it would cost more."""
    fills: list[Fill] = [()] * len(fields)
    by_slot: dict[int, list[int]] = {}
    for _, part, c in sorted(chosen, key=lambda one: one[2]):
        slot = problem.candidates[c].slot
        if slot in by_slot and not _go_together(problem, slot, [*by_slot[slot], c], chosen, fields):
            return None
        by_slot.setdefault(slot, []).append(c)
        for k, field in enumerate(fields):
            count = (part & field.mask) // field.one
            if count:
                fills[k] = (*fills[k], (c, count * field.units))
    return tuple(fills)


def _go_together(
    problem: Problem,
    slot: int,
    numbers: Sequence[int],
    chosen: Sequence[Part],
    fields: Sequence[_Field],
) -> bool:
    """Whether one node can send several shipments: other goods in each, and no overtime."""
    node = problem.candidates[numbers[0]].node
    if len(set(numbers)) < len(numbers) or len(numbers) > node.cap_shipments:
        return False
    units = 0
    seen: set[int] = set()
    for _, part, c in chosen:
        if c in numbers:
            held = {k for k, field in enumerate(fields) if part & field.mask}
            if held & seen:
                return False
            seen |= held
            units += sum([(part & fields[k].mask) // fields[k].one * fields[k].units for k in held])
    return units <= min(node.cap_units, node.regular_units)
