"""Chance: a few orders that want the same things are solved anew in another sequence, again and again.

What comes of it stays where it is better, or not much worse than the best so far: so that exchanges which only pay
together are found. What may be lost shrinks to nothing by the end (record-to-record travel, Dueck 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oms.sourcing.solver.problem import Answer
from oms.sourcing.solver.shared import Plans, Value
from oms.sourcing.solver.shuffle import Shuffle

_MOST_SHAKEN = 6
_LOSS = 0.06  # of the mean cost of an order: what may be lost at first


def shake(
    plans: Plans, wanted: Sequence[Sequence[Answer]], shuffle: Shuffle, until: float, clock: Callable[[], float]
) -> None:
    """Solve groups anew until the time is over; at the end the best plans found are those in `plans`."""
    groups = _Groups(plans, wanted, shuffle)
    everybody = range(len(plans.orders))
    begun = clock()
    nothing = tuple(0 for _ in plans.network.keys)
    best, over = list(plans.made), nothing  # how much dearer than the best the plans are now
    first_loss = _LOSS * plans.value(everybody)[-1] / max(1, len(everybody))
    while groups.any and (now := clock()) < until:
        loss = round(first_loss * (until - now) / (until - begun))
        allowed = (*(-each for each in over[:-1]), loss - over[-1])
        change = _again(plans, groups.draw(), allowed)
        if change is None:
            continue
        over = tuple(a + b for a, b in zip(over, change, strict=True))
        if over < nothing:
            best, over = list(plans.made), nothing
    plans.adopt(best)


def _again(plans: Plans, group: list[int], allowed: Value) -> Value | None:
    """How much dearer a group gets when solved in this sequence; None, and as before, where that is not allowed."""
    before = plans.value(group)
    known = [plans.take(place) for place in group]
    most = tuple(a + b for a, b in zip(before, allowed, strict=True))
    done = 0
    while done < len(group) and plans.least(group[done:], group[:done]) <= most:
        plans.put(group[done], plans.best(group[done]))
        done += 1
    if done == len(group):
        value = plans.value(group)
        if value <= most:
            return tuple(a - b for a, b in zip(value, before, strict=True))
    for place in group[:done]:
        plans.take(place)
    for place, answer in zip(group, known, strict=True):
        plans.put(place, answer)
    return None


class _Groups:
    """Orders that want the same goods, or a node that has not room for all."""

    def __init__(self, plans: Plans, wanted: Sequence[Sequence[Answer]], shuffle: Shuffle) -> None:
        self._plans, self._wanted, self._shuffle = plans, wanted, shuffle
        self._by_sku: dict[str, list[int]] = {}
        for place, order in enumerate(plans.orders):
            for sku in {line.sku for line in order.lines}:
                self._by_sku.setdefault(sku, []).append(place)
        self._contested = sorted(sku for sku, places in self._by_sku.items() if len(places) > 1)
        takers: dict[str, set[int]] = {}
        for answers in wanted:
            for place, answer in enumerate(answers):
                for shipment in answer.shipments:
                    takers.setdefault(shipment.node, set()).add(place)
        self._by_node = {node: sorted(places) for node, places in takers.items() if len(places) > 1}
        self._nodes = sorted(self._by_node)
        self.any = bool(self._contested)

    def draw(self) -> list[int]:
        """Some orders, each once, in any sequence; every other time one first that has lost much to others."""
        shuffle = self._shuffle
        if shuffle.below(2) == 0:
            group = self._loser()
            if len(group) > 1:
                return group
        if self._nodes and shuffle.below(3) == 0:
            places = self._by_node[shuffle.choice(self._nodes)]
            group = shuffle.sample(places, min(4, len(places)))
        else:
            places = self._by_sku[shuffle.choice(self._contested)]
            group = shuffle.sample(places, min(3, len(places)))
            for line in self._plans.orders[shuffle.choice(group)].lines:
                group.append(shuffle.choice(self._by_sku[line.sku]))
        distinct = list(dict.fromkeys(group))[:_MOST_SHAKEN]
        return shuffle.sample(distinct, len(distinct))

    def _loser(self) -> list[int]:
        """An order that is far from what it would have alone, and after it some that hold what it wants."""
        plans, shuffle = self._plans, self._shuffle
        some = [shuffle.below(len(plans.orders)) for _ in range(3)]
        place = max(some, key=plans.lost)
        answer = shuffle.choice(self._wanted)[place]
        skus = {line.id: line.sku for line in plans.orders[place].lines}
        holders = {
            holder
            for shipment in answer.shipments
            for pick in shipment.picks
            for holder in plans.takers.get((shipment.node, skus[pick.line]), ())
            if holder != place
        }
        group = shuffle.sample(sorted(holders), min(3, len(holders)))
        for other in group[:2]:
            line = shuffle.choice(plans.orders[other].lines)
            group.append(shuffle.choice(self._by_sku[line.sku]))
        return [place, *[other for other in dict.fromkeys(group) if other != place]]
