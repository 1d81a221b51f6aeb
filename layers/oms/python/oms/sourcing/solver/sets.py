"""Sets of shipments, weighed without the details: which few could carry an order at the least cost.

A set costs the fixed part of each of its shipments, and each unit what is cheapest within the set. That is no more than
any plan with these shipments costs, and what one more shipment gains shrinks as a set grows (it is submodular), so that
the gains of the best few say what no larger set can do better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from oms.sourcing.solver.bound import Offers

Gains = list[tuple[int, int]]  # (what a candidate gains, the candidate), the largest first
Saved = list[list[int]]  # for each line what each of its units saves against leaving it short, the least first
_MOST_ROUNDS = 8


class Sets:
    """The candidates of an order by what they save; scaled as in the bound, whose `shared` is meant."""

    def __init__(self, offers: Offers, kept: Sequence[int], *, shared: bool) -> None:
        self._nothing: Saved = [[0] * count for count in offers.quantities]
        self._cost = sum(short * count for short, count in zip(offers.short, offers.quantities, strict=True))
        self._kept = kept
        self._fixed: dict[int, int] = {}
        self._saves: dict[int, list[tuple[int, int, int]]] = {}  # (place of a line, what a unit saves, units)
        self._capped: dict[int, int] = {}  # the units of those that cannot carry all that they have
        for c in kept:
            options = offers.of[c]
            step = min(offers.step[option] for option in options) if shared else 0
            first = 0 if shared else offers.grams
            self._fixed[c] = min(offers.fixed[option] + offers.step[option] * first for option in options)
            self._saves[c] = [
                (k, offers.short[k] - cost - step * weight, units)
                for k, cost, weight, units in offers.carries[c]
                if offers.short[k] > cost + step * weight
            ]
            if offers.caps[c] < sum(units for _, _, units in self._saves[c]):
                self._capped[c] = offers.caps[c]

    def promising(self, limit: int, is_late: Callable[[], bool], starts: int = 1) -> Iterator[frozenset[int]]:
        """Cheap sets: grown from each of the best alone, then with one exchanged for another as long as that helps."""
        seen: set[frozenset[int]] = set()
        for _, first in self._gains(self._nothing, self._kept)[:starts]:
            for chosen in self._from(first, limit, is_late):
                if chosen in seen:
                    break
                seen.add(chosen)
                yield chosen
            if is_late():
                break

    def _from(self, first: int, limit: int, is_late: Callable[[], bool]) -> Iterator[frozenset[int]]:
        chosen = [first]
        while len(chosen) < limit:
            gain, c = self._next(chosen)
            if gain <= 0:
                break
            chosen.append(c)
        yield frozenset(chosen)
        for _ in range(_MOST_ROUNDS):
            before = set(chosen)
            for c in list(chosen):
                chosen.remove(c)
                gain, other = self._next(chosen)
                if gain > 0:
                    chosen.append(other)
                if other != c:
                    yield frozenset(chosen)
            gain, c = self._next(chosen)
            if len(chosen) < limit and gain > 0:
                chosen.append(c)
                yield frozenset(chosen)
            if set(chosen) == before or is_late():
                break

    def _next(self, chosen: Sequence[int]) -> tuple[int, int]:
        """What would gain most beside those that are chosen, as far as one can guess what these carry."""
        saved = self._nothing
        for c in chosen:
            saved = self._guess(saved, c) if c in self._capped else self._with(saved, c)
        others = [c for c in self._kept if c not in chosen]
        return self._gains(saved, others)[0] if others else (0, -1)

    def _guess(self, saved: Saved, c: int) -> Saved:
        """As if one that cannot carry all carried what gains most."""
        gains = [(each - least, k, each) for k, each, units in self._saves[c] for least in saved[k][:units]]
        gains.sort(reverse=True)
        saved = [list(row) for row in saved]
        for gain, k, each in gains[: self._capped[c]]:
            if gain > 0:
                saved[k][0] = each
                saved[k].sort()
        return saved

    def below(self, limit: int, most: Callable[[], int]) -> Iterator[frozenset[int]]:
        """Every set of so many at most that may cost less than `most`, which may sink meanwhile."""
        yield from self._below((), self._nothing, self._cost, self._gains(self._nothing, self._kept), limit, most)

    def _below(
        self, chosen: tuple[int, ...], saved: Saved, cost: int, gains: Gains, limit: int, most: Callable[[], int]
    ) -> Iterator[frozenset[int]]:
        for place, (gain, c) in enumerate(gains):
            if cost - sum(max(0, more) for more, _ in gains[place : place + limit]) >= most():
                return
            if cost - gain < most():
                yield frozenset((*chosen, c))
            if limit > 1:
                with_it = self._with(saved, c)
                following = self._gains(with_it, [other for _, other in gains[place + 1 :]])
                yield from self._below((*chosen, c), with_it, cost - gain, following, limit - 1, most)

    def _with(self, saved: Saved, c: int) -> Saved:
        """What is saved with one more; not by one that cannot carry all, as nobody knows what it carries."""
        if c in self._capped:
            return saved
        saved = list(saved)
        for k, each, units in self._saves[c]:
            row = saved[k]
            if each > row[0]:
                saved[k] = sorted([each if n < units and each > least else least for n, least in enumerate(row)])
        return saved

    def _gains(self, saved: Saved, candidates: Iterable[int]) -> Gains:
        found = []
        for c in candidates:
            gain = -self._fixed[c]
            if c in self._capped:
                gain += self._most(c, saved)
            else:
                for k, each, units in self._saves[c]:
                    row = saved[k]
                    more = each - row[0]
                    if more > 0:
                        gain += more
                        if units > 1:
                            for least in row[1:units]:
                                if each > least:
                                    gain += each - least
            found.append((gain, c))
        found.sort(key=lambda one: (-one[0], one[1]))
        return found

    def _most(self, c: int, saved: Saved) -> int:
        """What a candidate gains at most that can carry only so many units: those that gain most."""
        gains = [each - least for k, each, units in self._saves[c] for least in saved[k][:units] if each > least]
        return sum(sorted(gains, reverse=True)[: self._capped[c]])
