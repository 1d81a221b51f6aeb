"""Covers: a few candidates that together carry an order, or most of what it would be dear to leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oms.sourcing.solver.candidates import Problem

MOST_TRIED = 6
_MOST_IN_COVER = 3


def covers(problem: Problem, kept: Sequence[int]) -> Iterator[frozenset[int]]:
    """From each of the widest candidates on, the few that together carry what would be dearest to leave."""
    lines, candidates = problem.lines, problem.candidates
    worth = [short * line.quantity for short, line in zip(problem.short, lines, strict=True)]

    def gain(c: int, done: set[int]) -> tuple[int, int, int]:
        candidate = candidates[c]
        return (sum(worth[n] for n in candidate.lines if n not in done), -candidate.options[0].fixed, -c)

    most = min(problem.order.max_shipments or _MOST_IN_COVER, _MOST_IN_COVER)
    for first in sorted(kept, key=lambda c: gain(c, set()), reverse=True)[:MOST_TRIED]:
        chosen, done = frozenset({first}), set(candidates[first].lines)
        yield chosen
        while len(done) < len(lines) and len(chosen) < most:
            following = max(kept, key=lambda c: gain(c, done))
            if not gain(following, done)[0]:
                break
            chosen, done = chosen | {following}, done | set(candidates[following].lines)
            yield chosen
