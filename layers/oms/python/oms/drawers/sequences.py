"""The numbers that a till gave its movements: which have come, and which are missing. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# First and last number of a run that has come without a gap.
Run = tuple[int, int]


def has(runs: Sequence[Run], number: int) -> bool:
    """Whether a number has come."""
    return any(first <= number <= last for first, last in runs)


def with_number(runs: Sequence[Run], number: int) -> tuple[Run, ...]:
    """The runs with one number more; one that has come already changes nothing."""
    joined: list[Run] = []
    for first, last in sorted([*runs, (number, number)]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def gaps(runs: Sequence[Run]) -> tuple[Run, ...]:
    """First and last number of each gap below the highest number that has come; a till counts from 1."""
    found: list[Run] = []
    expected = 1
    for first, last in runs:
        if first > expected:
            found.append((expected, first - 1))
        expected = last + 1
    return tuple(found)


def missing(runs: Sequence[Run]) -> int:
    """How many numbers have been left out."""
    return sum(last - first + 1 for first, last in gaps(runs))
