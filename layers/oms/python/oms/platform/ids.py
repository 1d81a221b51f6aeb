"""Identifiers: prefixed, sortable by time, made in one place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Protocol

from ulid import ULID

from oms.platform.clock import Clock


class Ids(Protocol):
    """Anything that can make a new identifier."""

    def new(self, prefix: str) -> str:
        """A new identifier such as `ord_01J…`."""
        ...


class TimeOrderedIds:
    """ULIDs from the injected clock and randomness (48 bits of milliseconds, 80 bits of randomness)."""

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._randomness = randomness

    def new(self, prefix: str) -> str:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        return f"{prefix}_{ULID(milliseconds.to_bytes(6, 'big') + self._randomness(10))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same identifier for the same parts, for objects whose identity follows from others.

    First 130 bits of SHA-256 over the parts, in the ULID alphabet, so a retry can never make a second object.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{ULID(digest[:16])}"


def child_id(prefix: str, parent_id: str, number: int) -> str:
    """The id of the n-th child of an object: `ful_01J…_2` of `ord_01J…`."""
    return f"{prefix}_{parent_id.split('_', 1)[1]}_{number}"


def child_number(child: str) -> int:
    """The how-manieth child an id made by `child_id` names."""
    return int(child.rpartition("_")[2])


def parent_id(prefix: str, child: str) -> str:
    """The id of the object that a child's id was made from; a text of another form gives an id that no object has."""
    return f"{prefix}_{child.split('_')[1]}" if child.count("_") == 2 else f"{prefix}_"
