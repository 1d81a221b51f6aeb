"""Kits whose components may come from different nodes: each component is a line of its own beside the kit's. Pure.

The kit's line keeps the money, and its units are what its components' units make: a unit of it is as far as the least
advanced of its components, and has left when the last of them has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pydantic import BaseModel, ConfigDict


class PartOf(BaseModel):
    """Of which kit a line is a component: its line and SKU, units in each, and of how many components it is one."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    each: int
    parts: int


def rolled_up(
    parts: Sequence[tuple[int, Mapping[str, int]]], states: Sequence[str], *, cancelled: int
) -> dict[str, int]:
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
