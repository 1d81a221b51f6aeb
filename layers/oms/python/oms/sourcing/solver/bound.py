"""A lower bound by dual ascent.

Relaxed, an order is a facility location problem: opening a shipment by a service costs its fixed part, a unit of a line
its share of weight steps and its handling, and no more units of a line can come from it than it has. For any prices u
per unit of each line, with w = max(0, u - cost), the sum of quantity x u is a lower bound as long as, for each
facility, the sum of (units it has) x w stays within its fixed cost (weak duality of the linear relaxation). The ascent
raises the prices one by one to the next cost as long as that holds (Erlenkotter 1978, "A dual-based procedure for
uncapacitated facility location"). All numbers are multiplied by the grams of a weight step, so that they stay whole.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.sourcing.solver.candidates import Problem
from oms.sourcing.solver.problem import NOW


@dataclass(slots=True)
class Bound:
    """What the lines from the k-th on cost at least; scaled by the grams of a weight step.

    `shared` says whether weight steps are counted as shares of what they weigh, or one for each shipment: both are less
    than what is billed. `rest[k]` holds where nothing stands open. An open candidate lowers it by
    `saved[candidate][service][k]` while its weight steps are counted as shares, and by `saved_free` while those that
    are billed already carry more for nothing.
    """

    shared: bool
    rest: list[int]
    saved: dict[int, list[list[int]]]
    saved_free: dict[int, list[list[int]]]


@dataclass(frozen=True, slots=True)
class State:
    """Where a search stands: the lines before `start` are filled, `opened` candidates are paid for.

    `now` and `whole` are the units that are still there, as in the problem; `kept` the candidates that count.
    """

    start: int
    opened: Container[int]
    now: Mapping[tuple[int, str], int]
    whole: Mapping[tuple[int, str], int]
    kept: Sequence[int]


def dual_ascent(problem: Problem, sequence: list[int], state: State, turns: Iterable[int], *, shared: bool) -> Bound:
    """Prices for the lines that are left, in the sequence in which the search will take them.

    `turns` is the order in which prices are raised, by place in the sequence: another order, another bound.
    """
    grams = problem.step_g
    position = {number: k for k, number in enumerate(sequence) if k >= state.start}
    # One facility per candidate and service: what is left of its fixed cost, and what it charges each line.
    left: list[int] = []
    serves: list[list[tuple[int, int, int]]] = [[] for _ in sequence]  # per position: (cost, facility, units)
    names: list[tuple[int, int]] = []
    for index in state.kept:
        candidate = problem.candidates[index]
        stock = state.now if candidate.wave == NOW else state.whole
        for choice, option in enumerate(candidate.options):
            facility = len(left)
            step = option.step if shared else 0
            left.append(0 if index in state.opened else (option.fixed + option.step - step) * grams)
            names.append((index, choice))
            for number, cents in candidate.lines.items():
                k = position.get(number)
                if k is None:
                    continue
                line = problem.lines[number]
                units = min(line.quantity, stock[candidate.slot, line.sku])
                if units > 0:
                    serves[k].append((cents * grams + step * problem.weights[number], facility, units))
    prices = []
    for k, number in enumerate(sequence):
        serves[k].sort()
        short = problem.short[number] * grams
        prices.append(min(short, serves[k][0][0]) if serves[k] else short)
    _raise(problem, sequence, prices, serves, left, turns)
    return _sums(problem, sequence, state, prices, serves, names, shared)


def _sums(
    problem: Problem,
    sequence: list[int],
    state: State,
    prices: list[int],
    serves: list[list[tuple[int, int, int]]],
    names: list[tuple[int, int]],
    shared: bool,
) -> Bound:
    count, grams = len(sequence), problem.step_g
    rest = [0] * (count + 1)
    saved = {c: [[0] * (count + 1) for _ in problem.candidates[c].options] for c in state.kept}
    free = {c: [[0] * (count + 1) for _ in problem.candidates[c].options] for c in state.kept}
    for k in range(count - 1, state.start - 1, -1):
        number, price = sequence[k], prices[k]
        rest[k] = rest[k + 1] + price * problem.lines[number].quantity
        for cost, facility, units in serves[k]:
            index, choice = names[facility]
            without_step = problem.candidates[index].lines[number] * grams
            if price > cost:
                saved[index][choice][k] = (price - cost) * units
            if price > without_step:
                free[index][choice][k] = (price - without_step) * units
    for rows in (saved, free):
        for row in rows.values():
            for sums in row:
                for k in range(count - 1, state.start - 1, -1):
                    sums[k] += sums[k + 1]
    return Bound(shared, rest, saved, free)


def _raise(
    problem: Problem,
    sequence: list[int],
    prices: list[int],
    serves: list[list[tuple[int, int, int]]],
    left: list[int],
    turns: Iterable[int],
) -> None:
    grams = problem.step_g
    # A facility that charges a line no more than its price pays for the rise of that price, as long as it can.
    open_lines = list(turns)
    while open_lines:
        still = []
        for k in open_lines:
            options, price = serves[k], prices[k]
            short = problem.short[sequence[k]] * grams
            if price >= short:
                continue
            target, room = short, None
            for cost, facility, units in options:
                if cost > price:
                    target = min(target, cost)
                    break
                spare = left[facility] // units
                room = spare if room is None else min(room, spare)
            step = target - price if room is None else min(target - price, room)
            if step <= 0:
                continue
            for cost, facility, units in options:
                if cost > price:
                    break
                left[facility] -= step * units
            prices[k] = price + step
            if room is None or step < room:
                still.append(k)
        open_lines = still
