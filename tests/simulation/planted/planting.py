"""How a fault is planted: its name, what it breaks, and what of the product is replaced while it lasts."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

Patch = contextlib.AbstractContextManager[Any]
PLANTED: dict[str, str] = {}
BREAKS: dict[str, frozenset[str]] = {}
_patches: dict[str, Callable[[], list[Patch]]] = {}


def fault(name: str, breaks: str, what: str) -> Callable[[Callable[[], list[Patch]]], Callable[[], list[Patch]]]:
    """Give a fault its name, the invariants one of which it must be found by, and its sentence."""

    def named(patches: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
        PLANTED[name] = what
        BREAKS[name] = frozenset(breaks.split())
        _patches[name] = patches
        return patches

    return named


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """The product with one fault, while this lasts; the retailer that runs begin from is sound."""
    from tests.simulation.world import retailer

    retailer()
    with contextlib.ExitStack() as stack:
        for patch in _patches[name]():
            stack.enter_context(patch)
        yield


def module(name: str) -> Any:
    """A module of the product."""
    return importlib.import_module(f"oms.{name}")


def wrapped(target: Any, name: str, made: Callable[[Any], Any]) -> Patch:
    """Replace a function by what `made` makes of it."""
    return mock.patch.object(target, name, made(getattr(target, name)))


def running() -> Any:
    """The simulation that runs now."""
    from tests.simulation.machine import seams

    return seams.running


def other_writes(change: Callable[[Any, list[Any]], list[Any]]) -> Patch:
    """Other writes than those that were meant, in every transaction."""
    database, merge = module("platform.dynamodb").Database, module("platform.writes").merge

    def made(commit: Any) -> Any:
        return lambda self, writes: commit(self, change(self, merge(writes)))

    return wrapped(database, "commit", made)


def provider(name: str, made: Callable[[Any], Any]) -> Patch:
    """Another call to the payment provider."""
    return wrapped(module("payments.adapters.strict_psp").StrictPsp, name, made)


def small_sagas() -> list[Patch]:
    """No fault, but what makes one show: already the claims of a small order do not fit one transaction."""
    chunks = mock.patch.object(module("orders.large"), "CLAIMS_PER_CHUNK", 1)
    return [chunks, mock.patch.object(module("orders.commands"), "MOST_ACTIONS", 8)]


def short_leases() -> list[Patch]:
    """No fault either: a lease ends while its runner is still alive."""
    return [mock.patch.object(module("platform.saga"), "LEASE", timedelta(milliseconds=10))]


def tiny_shards() -> list[Patch]:
    """No fault: already a few units are laid into shards, since no run has many."""
    return [mock.patch.object(module("inventory.shards.model"), "LEAST_UNITS", 1)]
