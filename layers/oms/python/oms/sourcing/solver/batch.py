"""Many orders that share stock and capacity, weighed against each other within a time.

First each order exactly, with what those before it have left: a valid plan at once. Then prices for what is scarce, a
pass in which orders pay them, and exchanges: an order takes what it wants most from one, two or three others, which are
solved anew. Nothing is given out that `check` has not found valid and no dearer than the first plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from time import perf_counter

from oms.sourcing.solver.check import BrokenPlan, objective
from oms.sourcing.solver.columns import Pool, priced
from oms.sourcing.solver.highs import Highs
from oms.sourcing.solver.left import Left
from oms.sourcing.solver.problem import NOW, Answer, Budget, Key, Network, SourcingOrder
from oms.sourcing.solver.shaking import shake
from oms.sourcing.solver.shared import Plans
from oms.sourcing.solver.shuffle import Shuffle
from oms.sourcing.solver.single import USUAL

# One order among many is cut sooner: it is solved again and again.
EACH = Budget(search_nodes=3_000, seconds=0.1)
_MOST_OUSTED = 3
_MOST_SEQUENCES = 6
_FOR_PRICES = 0.3  # of the time


@dataclass(frozen=True, slots=True)
class Batch:
    """The answers of many orders, and what one more unit of stock would be worth to them all: cents by node and SKU.

    Stock of which there is enough has no price; nor has any where something else counts before the cost.
    """

    answers: list[Answer]
    prices: dict[tuple[str, str], int]


def solve_in_turn(
    network: Network,
    orders: Sequence[SourcingOrder],
    budget: Budget = USUAL,
    *,
    clock: Callable[[], float] = perf_counter,
) -> list[Answer]:
    """The answers of the orders, each with what those before it have left; `budget` is that of one order."""
    return _in_turn(Plans(network, orders, budget, clock)).made


def solve_together(
    network: Network,
    orders: Sequence[SourcingOrder],
    seconds: float,
    *,
    library: Highs | None = None,
    clock: Callable[[], float] = perf_counter,
) -> list[Answer]:
    """The best plans found for all orders together within `seconds`; the first plans are made whatever the time."""
    return solve_priced(network, orders, seconds, library=library, clock=clock).answers


def solve_priced(
    network: Network,
    orders: Sequence[SourcingOrder],
    seconds: float,
    *,
    library: Highs | None = None,
    clock: Callable[[], float] = perf_counter,
) -> Batch:
    """The same with the prices that the orders were weighed by."""
    ends_at = clock() + seconds
    plans = Plans(network, orders, EACH, clock)
    alone = plans.solve_alone()
    best = _in_turn(plans).made
    value = objective(network, orders, best)
    pool = Pool(plans, library)
    for found in _attempts(plans, pool, alone, ends_at, clock):
        try:
            other = objective(network, orders, found)
        except BrokenPlan:
            continue
        if other < value:
            best, value = found, other
    now = {name[1:3]: cents for name, cents in pool.worth().items() if name[0] == "stock" and name[3] == NOW}
    return Batch(best, {(node_id, sku): cents for (node_id, sku), cents in now.items()})


def _in_turn(plans: Plans) -> Plans:
    for place in range(len(plans.orders)):
        plans.put(place, plans.best(place))
    return plans


def _attempts(
    plans: Plans, pool: Pool, alone: list[Answer], ends_at: float, clock: Callable[[], float]
) -> Iterator[list[Answer]]:
    prices_until = clock() + _FOR_PRICES * (ends_at - clock())
    shuffle, library = Shuffle(len(plans.orders)), pool.library
    weighable = plans.network.keys == (Key.COST,)
    if weighable:
        pool.begin(alone)
        pool.grow(prices_until, clock)
        plans.heard = pool.hear if library else None
        _priced_pass(plans, pool)
        yield plans.made
    while clock() < ends_at:
        chosen = pool.choose(0.6 * (ends_at - clock())) if weighable else None
        if chosen is not None:
            plans.adopt(chosen)
        wanted = [alone, *pool.last[-2:]]
        _exchange(plans, wanted, ends_at, clock)
        yield plans.made
        shake(plans, wanted, shuffle, clock() + (ends_at - clock()) / 2 if library else ends_at, clock)
        yield plans.made


def _priced_pass(plans: Plans, pool: Pool) -> None:
    """All orders anew, each paying the prices; those that stand to lose most first. The better plans stay."""
    places = range(len(plans.orders))
    before, value = plans.made, plans.value(places)
    left, found = Left(priced(plans.network, pool.prices)), dict[int, Answer]()
    for place in pool.by_regret():
        answer = pool.cheapest(place)
        uses = left.uses(answer, plans.skus[place])
        if not left.has(uses):
            answer = plans.alone(left.network, place)
            uses = left.uses(answer, plans.skus[place])
        left.move(uses, 1)
        found[place] = answer
    plans.adopt([found[place] for place in places])
    if plans.value(places) >= value:
        plans.adopt(before)


def _exchange(plans: Plans, wanted: Sequence[list[Answer]], ends_at: float, clock: Callable[[], float]) -> None:
    """Exchanges as long as they help and the time lasts."""
    helped = True
    while helped and clock() < ends_at:
        helped = False
        for place in sorted(range(len(plans.orders)), key=plans.lost, reverse=True):
            if clock() >= ends_at:
                return
            tried: set[tuple[int, ...]] = set()
            helped |= _again(plans, (place,), ends_at, clock)
            for answers in wanted:
                group = (place, *_ousted(plans, place, answers[place]))
                if 1 < len(group) <= 1 + _MOST_OUSTED and group not in tried:
                    tried.add(group)
                    helped |= _again(plans, group, ends_at, clock)


def _ousted(plans: Plans, place: int, answer: Answer) -> list[int]:
    """Those that hold what a plan would take and is not left: as few as will do."""
    order = plans.orders[place]
    found: list[int] = []
    skus = {line.id: line.sku for line in order.lines}
    mine = plans.answers[place]
    held = {
        (shipment.node, skus[pick.line]): pick.quantity
        for shipment in (mine.shipments if mine else ())
        for pick in shipment.picks
    }
    for shipment in answer.shipments:
        for pick in shipment.picks:
            key = (shipment.node, skus[pick.line])
            lacking = pick.quantity - held.get(key, 0) - plans.units_left(key)
            for other in sorted(plans.takers.get(key, set()) - {place, *found}):
                if lacking <= 0:
                    break
                taken = plans.answers[other]
                gives = [one for one in (taken.shipments if taken else ()) if one.node == key[0]]
                lacking -= sum(part.quantity for one in gives for part in one.picks)
                found.append(other)
    return found


def _again(
    plans: Plans,
    group: tuple[int, ...],
    ends_at: float,
    clock: Callable[[], float],
    sequences: Iterable[Sequence[int]] | None = None,
) -> bool:
    """The orders of a group solved anew in other sequences; whether that made them cheaper."""
    before = plans.value(group)
    known = {place: plans.take(place) for place in group}
    best, best_value = known, before
    if plans.least(group) >= before:
        sequences = ()
    for sequence in islice(permutations(group), _MOST_SEQUENCES) if sequences is None else sequences:
        done = 0
        while done < len(sequence) and plans.least(sequence[done:], sequence[:done]) < best_value:
            plans.put(sequence[done], plans.best(sequence[done]))
            done += 1
        value = plans.value(group) if done == len(sequence) else best_value
        found = {place: plans.take(place) for place in sequence[:done]}
        if value < best_value:
            best, best_value = found, value
        if clock() >= ends_at:
            break
    for place in group:
        plans.put(place, best[place])
    return best_value < before
