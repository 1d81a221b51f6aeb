"""A lower bound by dual ascent.

Relaxed, an order is a facility location problem: opening a shipment by a service costs its fixed part, a unit of a line
its share of weight steps and its handling, and no more units of a line can come from it than it has. For any prices u
per unit of each line, with w = max(0, u - cost), the sum of quantity x u is a lower bound as long as, for each
facility, the sum of (units it has) x w stays within its fixed cost (weak duality of the linear relaxation). The ascent
raises the prices one by one to the next cost as long as that holds (Erlenkotter 1978, "A dual-based procedure for
uncapacitated facility location"). Where a line wants more units than the facilities that are paid for have, its price
rises on: what a facility is paid too much is taken off the bound, as it opens no more than once (the dual of y <= 1).
All numbers are multiplied by the grams of a weight step, so that they stay whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.sourcing.solver.candidates import Problem
from oms.sourcing.solver.problem import NOW

Units = dict[tuple[int, str], int]  # by slot and SKU
Offer = tuple[int, int, int]  # what a unit costs, the facility, how many units it has


class Offers:
    """What each line could pay where, worked out once; a facility is a candidate with one of its services."""

    def __init__(self, problem: Problem, sequence: Sequence[int]) -> None:
        grams, lines = problem.step_g, problem.lines
        skus = [line.sku for line in lines]
        position = {number: k for k, number in enumerate(sequence)}
        self.names: list[int] = []  # the candidate of each facility
        self.of: list[list[int]] = []  # the facilities of each candidate
        self.fixed: list[int] = []
        self.step: list[int] = []
        # Per candidate, last line first: its place in the sequence, what a unit costs without steps, its weight, units.
        self.carries: list[list[tuple[int, int, int, int]]] = []
        free: list[list[Offer]] = [[] for _ in sequence]
        shared: list[list[Offer]] = [[] for _ in sequence]
        for index, candidate in enumerate(problem.candidates):
            stock = problem.now if candidate.wave == NOW else problem.whole
            carries = []
            for number, cents in candidate.lines.items():
                line = lines[number]
                units = min(line.quantity, stock[candidate.slot, line.sku], candidate.node.cap_units)
                carries.append((position[number], cents * grams, problem.weights[number], units))
            if len(carries) > 1:
                carries.sort(reverse=True)
            self.carries.append(carries)
            self.of.append([])
            for option in candidate.options:
                facility, step = len(self.names), option.step
                self.of[index].append(facility)
                self.names.append(index)
                self.fixed.append(option.fixed * grams)
                self.step.append(step)
                for k, cost, weight, units in carries:
                    free[k].append((cost, facility, units))
                    shared[k].append((cost + step * weight, facility, units))
        for offers in (*free, *shared):
            offers.sort()
        self.lists = free, shared
        self.short = [problem.short[number] * grams for number in sequence]
        if problem.order.ship_complete:
            # Nothing of it may be short, and all of it left out is known: no line may seem cheaper than that.
            whole = sum(short * line.quantity for short, line in zip(problem.short, lines, strict=True))
            self.short = [whole * grams] * len(sequence)
        self.quantities = [lines[number].quantity for number in sequence]
        # Only where two lines want the same goods does one line change what another can have.
        self._contested = [skus[number] if skus.count(skus[number]) > 1 else None for number in sequence]
        self._candidates = problem.candidates
        self.caps = [candidate.node.cap_units for candidate in problem.candidates]
        self.grams = grams

    def keep(self, kept: Iterable[int]) -> None:
        """Forget all other candidates."""
        known, names = set(kept), self.names
        free, shared = ([[offer for offer in row if names[offer[1]] in known] for row in rows] for rows in self.lists)
        self.lists = free, shared

    def rows(self, start: int, kept: Iterable[int], free: tuple[Units, Units], *, shared: bool) -> list[list[Offer]]:
        """For each line from `start` on what the kept candidates offer it, with the units that are still `free`."""
        known, names = set(kept), self.names
        rows: list[list[Offer]] = [[]] * start
        for k in range(start, len(self.short)):
            row = [offer for offer in self.lists[shared][k] if names[offer[1]] in known]
            sku = self._contested[k]
            if sku is not None:
                row = [(cost, at, min(units, self._there(at, sku, free))) for cost, at, units in row]
                row = [offer for offer in row if offer[2] > 0]
            rows.append(row)
        return rows

    def _there(self, facility: int, sku: str, free: tuple[Units, Units]) -> int:
        candidate = self._candidates[self.names[facility]]
        now, whole = free
        units = whole[candidate.slot, sku]
        return min(units, now[candidate.slot, sku]) if candidate.wave == NOW else units


class Bound:
    """What the lines from the k-th on cost at least, `rest[k]`, where nothing stands open; scaled.

    `shared` says whether weight steps are counted as shares of what they weigh, or one for each shipment: both are less
    than what is billed. What stands open adds `opening` to it, as it is paid for apart from the lines.
    """

    def __init__(self, offers: Offers, shared: bool, prices: list[int], left: list[int], start: int) -> None:
        self._offers, self.shared = offers, shared
        self._prices, self._left = prices, left
        self._saved: dict[int, list[tuple[list[int], list[int]]]] = {}
        count = len(prices)
        self.rest = rest = [0] * (count + 1)
        ahead = 0
        for k in range(count - 1, start - 1, -1):
            ahead += prices[k] * offers.quantities[k]
            rest[k] = ahead
        # Of each candidate that is paid too much, how much that is for the lines from each place on.
        self._over: dict[int, list[int]] = {}
        if min(left, default=0) < 0:
            for c in {offers.names[facility] for facility, more in enumerate(left) if more < 0}:
                over = [0] * (count + 1)
                for k in range(start, count):
                    over[k] = max(0, -self.opening(c, k, 0))
                    rest[k] -= over[k]
                self._over[c] = over

    def price(self, k: int) -> int:
        """What each unit of the k-th line costs at least, where nothing stands open."""
        return self._prices[k]

    def over(self, c: int, k: int) -> int:
        """How much too much a candidate is paid for the lines from the k-th on."""
        return self._over[c][k] if c in self._over else 0

    def at_least(self, c: int) -> int:
        """What opening a candidate that carries nothing yet adds at least; less exact than `opening`, but at hand."""
        left = self._left
        facilities = self._offers.of[c]
        return max(0, left[facilities[0]] if len(facilities) == 1 else min([left[facility] for facility in facilities]))

    def opens_at(self, c: int) -> int:
        """What opening a candidate that carries nothing yet adds to the bound of all lines: as `opening`, sooner."""
        offers, prices = self._offers, self._prices
        scale = offers.grams
        least = None
        for facility in offers.of[c]:
            fixed, step = offers.fixed[facility], offers.step[facility]
            free = shares = 0
            for k, cost, weight, units in offers.carries[c]:
                over = prices[k] - cost
                if over > 0:
                    free += over * units
                    over -= step * weight
                    if over > 0:
                        shares += over * units
            added = fixed + step * scale - free
            if self.shared and fixed - shares > added:
                added = fixed - shares
            if least is None or added < least:
                least = added
        return (least or 0) + (self._over[c][0] if c in self._over else 0)

    def opening(self, c: int, k: int, grams: int) -> int:
        """What an open candidate that carries so much adds to the bound of the lines from the k-th on."""
        offers = self._offers
        scale = offers.grams
        billed = -(-grams // scale) * scale or scale
        saved = self._saved.get(c)
        if saved is None:
            saved = self._saved[c] = self._save(c)
        least = None
        for facility, (free, shares) in zip(offers.of[c], saved, strict=True):
            fixed, step = offers.fixed[facility], offers.step[facility]
            added = fixed + step * billed - free[k]
            if self.shared:
                other = fixed + step * grams - shares[k]
                if other > added:
                    added = other
            if least is None or added < least:
                least = added
        return (least or 0) + (self._over[c][k] if c in self._over else 0)

    def _save(self, c: int) -> list[tuple[list[int], list[int]]]:
        """By service and place: how much the lines from there on pay beyond their cost, without and with shares."""
        offers, prices = self._offers, self._prices
        count, saved = len(prices), []
        for facility in offers.of[c]:
            step = offers.step[facility]
            free, shares = [0] * (count + 1), [0] * (count + 1)
            spare = shared = 0
            below = count
            for k, cost, weight, units in offers.carries[c]:
                over = prices[k] - cost
                if over > 0:
                    for between in range(k + 1, below):
                        free[between], shares[between] = spare, shared
                    below = k + 1
                    spare += over * units
                    over -= step * weight
                    if over > 0:
                        shared += over * units
            for between in range(below):
                free[between], shares[between] = spare, shared
            saved.append((free, shares))
        return saved


def dual_ascent(
    offers: Offers,
    rows: Sequence[Sequence[Offer]],
    turns: Iterable[int],
    *,
    shared: bool,
    start: int = 0,
    opened: Iterable[int] = (),
) -> Bound:
    """Prices for the lines from `start` on, where the candidates in `opened` are paid for already.

    `rows` is what each line is offered, as of `Offers.rows`. `turns` is the order in which prices are raised, by place
    in the sequence: another order, another bound.
    """
    grams = offers.grams
    if shared:
        left = list(offers.fixed)
    else:
        left = [fixed + step * grams for fixed, step in zip(offers.fixed, offers.step, strict=True)]
    for c in opened:
        for facility in offers.of[c]:
            left[facility] = 0
    prices = [
        short if not row or short < row[0][0] else row[0][0] for row, short in zip(rows, offers.short, strict=True)
    ]
    _raise(offers, prices, rows, left, turns)
    for c in opened:
        # It is paid for: what it is paid more comes off where it is counted as open.
        for facility in offers.of[c]:
            left[facility] = 0
    return Bound(offers, shared, prices, left, start)


def _raise(
    offers: Offers, prices: list[int], rows: Sequence[Sequence[Offer]], left: list[int], turns: Iterable[int]
) -> None:
    # A facility that charges a line no more than its price pays for the rise of that price, as long as it can; those
    # that cannot are passed over as long as they have fewer units than the line wants.
    shorts, quantities = offers.short, offers.quantities
    open_lines = list(turns)
    while open_lines:
        still = []
        for k in open_lines:
            row, price, wanted = rows[k], prices[k], quantities[k]
            most = shorts[k] - price
            if most <= 0:
                continue
            paying, room = 0, most
            for cost, facility, units in row:
                if cost > price:
                    most = min(most, cost - price)
                    break
                paying += 1
                spare = left[facility] // units
                if spare <= 0:
                    wanted -= units
                    if wanted <= 0:
                        room = 0
                        break
                elif spare < room:
                    room = spare
            rise = min(most, room)
            if rise <= 0:
                continue
            for _, facility, units in row[:paying]:
                left[facility] -= rise * units
            prices[k] = price + rise
            if price + rise < shorts[k] and (rise == most or wanted > 1):
                still.append(k)
        open_lines = still
