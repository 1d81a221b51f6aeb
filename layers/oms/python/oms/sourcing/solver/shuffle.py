"""Orders of things that look like chance and are the same each time: a batch gives the same plans for the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
_MASK = (1 << 64) - 1


class Shuffle:
    """Numbers by xorshift (Marsaglia 2003), from a seed."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + 1) & _MASK or 1

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        x = self._state
        x ^= (x << 13) & _MASK
        x ^= x >> 7
        x ^= (x << 17) & _MASK
        self._state = x
        return (x >> 16) % count

    def choice(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """So many of the items, each at most once, in any sequence."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(count)]
