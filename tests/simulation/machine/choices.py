"""Every decision of a run, each a whole number: drawn from a seed, written down, and repeated from what was written.

0 is always the harmless answer (carry on, oldest first, no fault), so a run of zeros is a calm day and a shorter list
of choices is a calmer run.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


class Choices:
    """Decisions from a seed, or those of an earlier run; once these are used up, every further one is 0."""

    def __init__(self, seed: int | str = 0, recorded: Sequence[int] | None = None) -> None:
        self.made: list[int] = []
        self._chance = Random(f"choices:{seed}").random
        self._recorded = None if recorded is None else list(recorded)

    def pick(self, count: int, likelihood: float = 1.0) -> int:
        """A number in [0, count): 0, or with the given likelihood any of them."""
        if self._recorded is not None:
            place = len(self.made)
            number = self._recorded[place] % count if place < len(self._recorded) else 0
        else:
            drawn = self._chance()
            number = int(drawn / likelihood * count) if drawn < likelihood else 0
            if number == count:
                number = 0
        self.made.append(number)
        return number

    def strikes(self, likelihood: float) -> bool:
        """Whether something unlikely happens."""
        if self._recorded is not None:
            return self.pick(2) == 1
        happens = self._chance() < likelihood
        self.made.append(1 if happens else 0)
        return happens

    def compact(self) -> list[int]:
        """What was decided, without the zeros at the end."""
        end = len(self.made)
        while end and self.made[end - 1] == 0:
            end -= 1
        return self.made[:end]
