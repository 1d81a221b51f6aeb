"""Kits whose components may come from different nodes: each component is a line of its own beside the kit's. Pure.

The kit's line keeps the money, and its units are what its components' units make: a unit of it is as far as the least
advanced of its components, and has left when the last of them has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict


class PartOf(BaseModel):
    """Of which kit a line is a component: its line and SKU, units in each, and of how many components it is one."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    each: int
    parts: int


class _Piece(Protocol):
    @property
    def line_no(self) -> int: ...
    @property
    def each(self) -> int: ...
    @property
    def part_of(self) -> PartOf | None: ...


P = TypeVar("P", bound=_Piece)


def pieces_of(lines: Iterable[P]) -> dict[int, list[P]]:
    """The lines of components that go on their own, by the line of their kit."""
    found: dict[int, list[P]] = {}
    for line in lines:
        if line.part_of is not None:
            found.setdefault(line.part_of.line_no, []).append(line)
    return found


def whole_kits(pieces: Mapping[int, Sequence[_Piece]], units: Mapping[int, int]) -> dict[int, int]:
    """How many kits are complete, by their lines, when there are so many units of each line of a component."""
    return {kit: min(units.get(one.line_no, 0) // one.each for one in own) for kit, own in pieces.items()}


def rolled_up(parts: Sequence[tuple[int, Mapping[str, int]]], states: Sequence[str], cancelled: int) -> dict[str, int]:
    """How many whole kits are in each state, from the units of each component per kit and by state.

    `states` are in the order in which units go through them; of cancelled kits all components are.
    """
    counts = {"cancelled": cancelled}
    reached = [0] * len(parts)
    beyond = 0
    for state in reversed(states):
        reached = [have + units.get(state, 0) for have, (_, units) in zip(reached, parts, strict=True)]
        whole = min(have // each for have, (each, _) in zip(reached, parts, strict=True))
        counts[state] = whole - beyond
        beyond = whole
    return {state: count for state, count in counts.items() if count}


def worth_of_parts(total: int, pieces: Sequence[int]) -> list[int]:
    """A kit's total shared out to its components by their units, to the minor unit."""
    ends, done = [0], 0
    for units in pieces:
        done += units
        ends.append(total * done // sum(pieces))
    return [end - start for start, end in pairwise(ends)]


class Counted(Protocol):
    """So many units of one line."""

    @property
    def line_no(self) -> int: ...
    @property
    def quantity(self) -> int: ...


def units_by_line(counted: Iterable[Counted]) -> dict[int, int]:
    """Units summed by the number of their line."""
    units: dict[int, int] = {}
    for one in counted:
        units[one.line_no] = units.get(one.line_no, 0) + one.quantity
    return units
