"""Branch and bound over the lines of one order, over whole units.

The lines are taken one by one; each is filled from the candidates in every way that the bound does not exclude. What is
known so far plus the bound of what is left is compared with the best plan found, so that at the end nothing better is
left unless the budget ran out first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from oms.sourcing.solver.bound import Bound, Offers, dual_ascent
from oms.sourcing.solver.candidates import Problem
from oms.sourcing.solver.covers import MOST_TRIED, covers
from oms.sourcing.solver.filling import Fill, Filling
from oms.sourcing.solver.problem import Budget
from oms.sourcing.solver.records import Record
from oms.sourcing.solver.sets import Sets

_CLOCK_EVERY = 64
_MOST_TURNS = 2
_FEW_LINES = 3
_MANY_LINES = 10
_FEW_SHIPMENTS = 3
_MOST_STARTS = 12
_FEW_STARTS = 1
_WORTH_PRICES = 3
_MOST_PRICED = 80


class Turn(Record):
    """A line that is being filled: its candidates in sequence, the place of each, and what the bound must let go of
    because some from a place on may be paid too much for this line."""

    k: int
    number: int
    order: list[int]
    places: dict[int, int]
    over: list[int]


class Search(Filling):
    """One search; `best` is the cost of the best plan, `fills` its parts per line, `complete` whether it is proven."""

    def __init__(
        self, problem: Problem, budget: Budget, clock: Callable[[], float], best: int, fills: tuple[Fill, ...]
    ) -> None:
        super().__init__(problem)
        self._nodes_left = budget.search_nodes
        self._clock, self._ends_at = clock, clock() + budget.seconds
        self._offers = Offers(problem, self._sequence)
        self.bound: Bound = self._ascend(range(len(problem.lines)), shared=True)
        self._may_be_short = not problem.order.ship_complete
        self.best, self.fills = best, fills  # a plan that is known
        self.complete = True

    def run(self) -> None:
        """Search until it is done or the budget is used up; what proves a plan cheaply is tried first."""
        self._dive(0, 0, frozenset())
        limit = self._problem.order.max_shipments
        if limit is not None and limit < len(self._sequence) and limit <= _FEW_SHIPMENTS:
            if not self._is_proven():
                self._keep(self.bound, self.best * self._problem.step_g)
                self._by_sets(limit)
            return
        self._tighten(1)
        if self._is_proven():
            return
        if len(self._sequence) > _FEW_LINES:
            many = len(self._sequence) > _MANY_LINES
            self._promising(limit or len(self._sequence), _MOST_STARTS if many else _FEW_STARTS)
            if many:
                self._first_plans()
            self._tighten(_MOST_TURNS)
        if not self._is_proven() and not self._is_late():
            self._branch(0, 0)

    def _promising(self, limit: int, starts: int = 1) -> Sets:
        """Plans with none but the shipments of promising sets."""
        sets, kept = Sets(self._offers, self._kept, shared=self.bound.shared), self._kept
        for chosen in sets.promising(limit, self._is_late, starts):
            self._kept = sorted(chosen)
            self._dive(0, 0, chosen)
        self._kept = kept
        return sets

    def _by_sets(self, limit: int) -> None:
        """Where few shipments are allowed, every set of them that may be cheaper is searched apart."""
        sets, kept = self._promising(limit), self._kept
        root = self.bound
        for chosen in sets.below(limit, self._worth):
            self._kept = sorted(chosen)
            self._dive(0, 0, chosen)
            if self._is_spent():
                break
            rows = self._offers.rows(0, self._kept, self._free, shared=root.shared)
            self.bound = dual_ascent(self._offers, rows, range(len(self._sequence)), shared=root.shared)
            if not self._is_proven():
                self._branch(0, 0)
        self.bound, self._kept = root, kept

    def _worth(self) -> int:
        """What a set must cost less than, to be worth a search; nothing once the time is used up."""
        return 0 if self._is_late() else self.best * self._problem.step_g

    def _is_proven(self) -> bool:
        return self.bound.rest[0] >= self.best * self._problem.step_g

    def _is_late(self) -> bool:
        """Whether the time is used up; then nothing more is proven."""
        if self.complete and self._clock() > self._ends_at:
            self._nodes_left = 0
            self.complete = False
        return not self.complete

    def _tighten(self, most: int) -> None:
        """Better prices, and without the candidates that no better plan can have: again while that helps."""
        count = len(self._sequence)
        best = self.best * self._problem.step_g
        self._keep(self.bound, best)
        while not self._is_proven() and not self._is_late():
            before = (len(self._kept), self.bound.rest[0])
            for turn in range(min(count, most)):
                shift = turn * count // min(count, most)
                turns = [*range(shift, count), *range(shift)]
                orders = (
                    ((turns[::-1], turn % 2 == 0), (turns, False), (turns, True)) if count > 1 else ((turns, False),)
                )
                for order, shared in orders:
                    other = self._ascend(order, shared=shared)
                    self._keep(other, best)
                    if other.rest[0] > self.bound.rest[0]:
                        self.bound = other
                        if other.rest[0] >= best:
                            return
            if most == 1 or (len(self._kept), self.bound.rest[0]) == before:
                break

    def _keep(self, bound: Bound, best: int) -> None:
        room = best - bound.rest[0]
        kept = [c for c in self._kept if bound.at_least(c) < room and bound.opens_at(c) < room]
        if len(kept) < len(self._kept):
            self._kept = kept
            self._offers.keep(kept)

    def _first_plans(self) -> None:
        """Plans to begin with: line by line, by covers, then with one candidate more or less as long as that helps."""
        tried: set[frozenset[int]] = set()

        def dive(preferred: frozenset[int]) -> None:
            if preferred not in tried and not self._is_late():
                tried.add(preferred)
                self._dive(0, 0, preferred)

        for cover in covers(self._problem, self._kept):
            dive(cover)
        nearest = sorted(self._kept, key=lambda c: (self.bound.opening(c, 0, 0), c))[:MOST_TRIED]
        before = None
        while before is None or self.best < before:
            before = self.best
            now = frozenset(c for fill in self.fills for c, _ in fill)
            for preferred in (*(now - {c} for c in now), now, *(now | {c} for c in nearest)):
                dive(preferred)

    def _dive(self, k: int, spent: int, preferred: frozenset[int]) -> None:
        """One plan, each line where it is cheapest, as if what is preferred stood open."""
        if k == len(self._sequence):
            self._close(spent)
            return
        number = self._sequence[k]
        left, fill = self._problem.lines[number].quantity, []
        for _, c in self._by_price(number, preferred):
            units = self._room(number, c, left)
            if units:
                self._move(number, c, units)
                fill.append((c, units))
                left -= units
            if not left:
                break
        if not left or self._may_be_short:
            self._fills[number] = tuple(fill)
            self._dive(k + 1, spent + left * self._problem.short[number], preferred)
        for c, units in fill:
            self._move(number, c, -units)

    def _branch(self, k: int, spent: int) -> None:
        if k == len(self._sequence):
            self._close(spent)
            return
        outer = self.bound, self._kept
        if len(self._weight) == self._problem.order.max_shipments:
            self._kept = [c for c in self._kept if c in self._weight]
        few = len(self._sequence) - k < _WORTH_PRICES or len(self._kept) > _MOST_PRICED
        if few or self._reprice(k, spent):
            self._fill(self._turn(k), spent, 0, self._problem.lines[self._sequence[k]].quantity, ())
        self.bound, self._kept = outer

    def _reprice(self, k: int, spent: int) -> bool:
        """New prices for what is left, given what stands open; whether anything better can still come of it."""
        best = self.best * self._problem.step_g
        before = self._least(k, spent)
        shared = self.bound.shared
        rows = self._offers.rows(k, self._kept, self._free, shared=shared)
        turns = range(k, len(self._sequence))
        other = dual_ascent(self._offers, rows, turns, shared=shared, start=k, opened=self._weight)
        known, self.bound = self.bound, other
        least = self._least(k, spent)
        room = best - least
        if room <= 0:
            return False
        weight = self._weight
        self._kept = [
            c for c in self._kept if c in weight or (other.at_least(c) < room and other.opening(c, k, 0) < room)
        ]
        if least <= before:
            self.bound = known
        return True

    def _ascend(self, turns: Iterable[int], *, shared: bool) -> Bound:
        """Prices where nothing stands open."""
        return dual_ascent(self._offers, self._offers.lists[shared], turns, shared=shared)

    def _turn(self, k: int) -> Turn:
        """The k-th line with the candidates it is to be filled from, in their sequence."""
        number, bound = self._sequence[k], self.bound
        order = [c for _, c in self._by_price(number, frozenset())]
        over, ahead = [0] * (len(order) + 1), 0
        for place in range(len(order) - 1, -1, -1):
            c = order[place]
            ahead += bound.over(c, k) - bound.over(c, k + 1)
            over[place] = ahead
        return Turn(k, number, order, {c: place for place, c in enumerate(order)}, over)

    def _fill(self, turn: Turn, spent: int, start: int, left: int, fill: Fill) -> None:
        """Every way to fill the rest of a line from the candidates from `start` on, the dearest part left short."""
        k, number, line = turn.k, turn.number, self._problem.lines[turn.number]
        scale = self._problem.step_g
        for place in range(start, len(turn.order)):
            if self._least_from(turn, place, spent, left) >= self.best * scale:
                break
            c = turn.order[place]
            most = self._room(number, c, left)
            least = most if not line.split_ok else 1
            for units in range(most, least - 1, -1):
                if not units or self._is_spent():
                    break
                self._move(number, c, units)
                more = (*fill, (c, units))
                if units == left:
                    if self._least(k + 1, spent) < self.best * scale:
                        self._fills[number] = more
                        self._branch(k + 1, spent)
                else:
                    self._fill(turn, spent, place + 1, left - units, more)
                self._move(number, c, -units)
        if self._may_be_short and (left == line.quantity or line.split_ok):
            spent += left * self._problem.short[number]
            if self._least(k + 1, spent) < self.best * scale:
                self._fills[number] = fill
                self._branch(k + 1, spent)

    def _is_spent(self) -> bool:
        self._nodes_left -= 1
        if self._nodes_left <= 0 or (self._nodes_left % _CLOCK_EVERY == 0 and self._clock() > self._ends_at):
            self._nodes_left = 0
            self.complete = False
        return not self.complete

    def _least(self, k: int, spent: int) -> int:
        """What the plan costs at least, with the lines before the k-th as they are; scaled."""
        least = (spent + self._handling + self._overtime()) * self._problem.step_g + self.bound.rest[k]
        opening = self.bound.opening
        for c, grams in self._weight.items():
            least += opening(c, k, grams)
        return least

    def _least_from(self, turn: Turn, place: int, spent: int, left: int) -> int:
        """As `_least`, where so many units of a line are still to come, from the candidates from `place` on if any."""
        k = turn.k
        least = (spent + self._handling + self._overtime()) * self._problem.step_g
        opening, places = self.bound.opening, turn.places
        for c, grams in self._weight.items():
            least += opening(c, k if places.get(c, -1) >= place else k + 1, grams)
        return least + self.bound.rest[k + 1] + left * self.bound.price(k) - turn.over[place]

    def _close(self, spent: int) -> None:
        cost = spent + self._handling + self._overtime() + sum(self._price(c, w) for c, w in self._weight.items())
        if cost < self.best:
            self.best, self.fills = cost, tuple(self._fills)
