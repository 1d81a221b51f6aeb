"""A plan that is being made: which candidates stand open, what they carry and what is left of stock and capacity."""

from __future__ import annotations

from oms.sourcing.solver.candidates import Problem, line_sequence
from oms.sourcing.solver.problem import NOW

Fill = tuple[tuple[int, int], ...]  # (candidate, units) of one line


class Filling:
    """Units are put into candidates and taken out again; prices and room follow."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._candidates = problem.candidates
        self._sequence = line_sequence(problem)
        self._kept = list(range(len(self._candidates)))
        self._weight: dict[int, int] = {}  # of the open candidates
        self._free = dict(problem.now), dict(problem.whole)
        self._nodes = {candidate.slot: candidate.node for candidate in self._candidates}
        cent, wanted = problem.per_cost, sum([line.quantity for line in problem.lines])
        self._overtimes = [
            (slot, node.regular_units, node.overtime_cents * cent)
            for slot, node in self._nodes.items()
            if node.overtime_cents and node.regular_units < wanted
        ]
        self._counts: dict[int, int] = {}
        self._handling = 0
        self._units = dict.fromkeys(self._nodes, 0)
        self._shipments = dict.fromkeys(self._nodes, 0)
        self._fills: list[Fill] = [()] * len(problem.lines)

    def _by_price(self, number: int, preferred: frozenset[int]) -> list[tuple[int, int]]:
        """The candidates of a line by what all of it would add there."""
        line, grams = self._problem.lines[number], self._problem.weights[number]
        found = []
        for c in self._kept:
            candidate = self._candidates[c]
            cents = candidate.lines.get(number)
            if cents is None:
                continue
            units = self._room(number, c, line.quantity)
            if units:
                held = self._weight.get(c, 0)
                added = self._price(c, held + units * grams) - (self._price(c, held) if c in self._weight else 0)
                if c in preferred and c not in self._weight:
                    added -= candidate.options[0].fixed
                found.append(((added + cents * units) * line.quantity // units, c))
        found.sort()
        return found

    def _room(self, number: int, c: int, wanted: int) -> int:
        """How many units of a line a candidate can still take; a line that may not be split comes whole or not."""
        candidate, line = self._candidates[c], self._problem.lines[number]
        node, slot = candidate.node, candidate.slot
        if c not in self._weight:
            limit = self._problem.order.max_shipments
            if self._shipments[slot] >= node.cap_shipments or (limit is not None and len(self._weight) >= limit):
                return 0
        key = (slot, line.sku)
        now, whole = self._free
        there = min(now[key], whole[key]) if candidate.wave == NOW else whole[key]
        units = min(wanted, there, node.cap_units - self._units[slot])
        return units if units >= (1 if line.split_ok else line.quantity) else 0

    def _move(self, number: int, c: int, units: int) -> None:
        candidate = self._candidates[c]
        slot, key = candidate.slot, (candidate.slot, self._problem.lines[number].sku)
        if units > 0 and c not in self._weight:
            self._weight[c] = 0
            self._counts[c] = 0
            self._shipments[slot] += 1
        self._weight[c] += units * self._problem.weights[number]
        self._counts[c] += units
        if not self._counts[c]:
            del self._weight[c]
            self._shipments[slot] -= 1
        self._units[slot] += units
        now, whole = self._free
        whole[key] -= units
        if candidate.wave == NOW:
            now[key] -= units
        self._handling += units * candidate.lines[number]

    def _price(self, c: int, grams: int) -> int:
        """What a shipment of so many grams costs by its cheapest service."""
        steps = -(-grams // self._problem.step_g) or 1
        options = self._candidates[c].options
        if len(options) == 1:
            return options[0].fixed + options[0].step * steps
        return min([option.fixed + option.step * steps for option in options])

    def _overtime(self) -> int:
        cents = 0
        for slot, regular, each in self._overtimes:
            if self._units[slot] > regular:
                cents += each * (self._units[slot] - regular)
        return cents
