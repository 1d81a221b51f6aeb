"""Makes a run that found something as calm as it can be while it still finds it: what is left is the cause.

First the end of the choices is cut off, then blocks of them become 0, then single ones smaller.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.simulation.seeds import Trace, play

Judge = Callable[[Sequence[int]], bool]


def shrink(trace: Trace, seconds: float = 60.0) -> Trace:
    """The calmest run that was found in the time which violates the same invariant."""
    end = time.monotonic() + seconds

    def still(choices: Sequence[int]) -> bool:
        if time.monotonic() > end:
            return False
        played = play(trace.seed, choices, plant=trace.plant, stop_at=trace.invariant)
        return trace.invariant in played.invariants

    choices = _cut(list(trace.choices), still)
    before: list[int] | None = None
    while choices != before and time.monotonic() < end:
        before = list(choices)
        choices = _lower(_calm(choices, still), still)
    played = play(trace.seed, choices, plant=trace.plant, told=True, stop_at=trace.invariant)
    found = [str(violation) for violation in played.violations if violation.invariant == trace.invariant]
    return Trace(trace.seed, played.choices[: len(choices)], trace.invariant, trace.plant, [*played.story, *found])


def _cut(choices: list[int], still: Judge) -> list[int]:
    """The shortest beginning, by halving; everything after it is 0."""
    low, high = 0, len(choices)
    while low < high:
        middle = (low + high) // 2
        if still(choices[:middle]):
            high = middle
        else:
            low = middle + 1
    return choices[:high]


def _calm(choices: list[int], still: Judge) -> list[int]:
    """Make blocks of choices that are not 0 to 0, from large blocks to single ones."""
    size = max(1, sum(map(bool, choices)) // 2)
    while True:
        places = [place for place, number in enumerate(choices) if number]
        start = 0
        while start < len(places):
            tried = list(choices)
            for place in places[start : start + size]:
                tried[place] = 0
            if still(tried):
                choices = tried
            start += size
        if size == 1:
            return choices
        size //= 2


def _lower(choices: list[int], still: Judge) -> list[int]:
    """Make single choices smaller."""
    for place, number in enumerate(choices):
        for smaller in range(1, number):
            tried = [*choices[:place], smaller, *choices[place + 1 :]]
            if still(tried):
                choices = tried
                break
    return choices
