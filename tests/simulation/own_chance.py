"""Chance for runs with two sides: each draws from its own, and a repeat draws anew."""

from __future__ import annotations

from random import Random
from typing import Any


class OwnChance(Random):
    """Chance that a side has for itself, so that what it draws does not depend on when the other one draws."""

    def __init__(self, stage: Any) -> None:
        super().__init__(0)
        self._stage = stage
        self._own: dict[Any, Random] = {}

    def _source(self) -> Random | None:
        stage = self.__dict__.get("_stage")
        side = stage.side if stage is not None else None
        if side is None:
            return None
        name = (side, stage.sides[side].tries)
        return self._own.setdefault(name, Random(repr(name)))

    def random(self) -> float:
        source = self._source()
        return super().random() if source is None else source.random()

    def getrandbits(self, count: int) -> int:
        source = self._source()
        return super().getrandbits(count) if source is None else source.getrandbits(count)
