"""The door to a provider of activations: what it may be asked, and how that can end.

A provider knows a key for ever: however often it is asked under one, it is one activation. An adapter never repeats a
call by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from oms.platform.effects import NoTrace as NoTrace
from oms.platform.effects import Unknown as Unknown


@dataclass(frozen=True, slots=True)
class Wanted:
    """One unit that is to be activated."""

    sku: str
    order_id: str


@dataclass(frozen=True, slots=True)
class Activated:
    """It is: its name there, and the code that the customer needs, where there is one besides that name."""

    reference: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """It was not done under this key and will not be."""

    code: str


class ActivationProvider(Protocol):
    """A provider of activations."""

    def activate(self, wanted: Wanted, *, key: str) -> Activated | Declined | Unknown:
        """Activate a unit; under a key that is known, the same answer again."""
        ...

    def find(self, key: str) -> Activated | Declined | NoTrace | Unknown:
        """What became of the call under a key."""
        ...
