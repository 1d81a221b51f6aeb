"""Faults in the measure that a case names, where the nth call of a function is not enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from tests.simulation.machine.faults import BROKEN, CONTENDED, THROTTLED
from tests.simulation.machine.simulation import Simulation

TABLE_OPERATIONS = frozenset({"GetItem", "BatchGetItem", "Query", "TransactWriteItems"})


def contend(simulation: Simulation, function: str, times: int) -> None:
    """The next transactions of a function meet other ones, so many times."""
    left = times

    def strikes(name: str, operation: str) -> str | None:
        nonlocal left
        if name != function or operation != "TransactWriteItems" or not left:
            return None
        left -= 1
        return CONTENDED

    _before_each_call(simulation, strikes)


def throttle(simulation: Simulation, share: float, seconds: float) -> None:
    """For so long, DynamoDB refuses this share of all calls."""
    dice, end = Random(share), simulation.scheduler.now + seconds * 1000

    def strikes(_: str, operation: str) -> str | None:
        if simulation.scheduler.now >= end or operation not in TABLE_OPERATIONS:
            return None
        return THROTTLED if dice.random() < share else None

    _before_each_call(simulation, strikes)


@contextmanager
def out_of_order(simulation: Simulation, function: str) -> Iterator[None]:
    """So long, every call that a function makes fails."""
    down = True
    _before_each_call(simulation, lambda name, _: BROKEN if down and name == function else None)
    yield
    down = False


def three_times(simulation: Simulation) -> None:
    """Every bus delivers everything three times."""
    deliver: Callable[[str, str], None] = simulation.buses._deliver

    def thrice(queue: str, body: str) -> None:
        for _ in range(3):
            deliver(queue, body)

    simulation.buses._deliver = thrice  # type: ignore[method-assign]


def hold_back(simulation: Simulation, kind: str, seconds: float) -> None:
    """Events of a kind reach their rules so much later than all others."""
    deliver: Callable[[str, str], None] = simulation.buses._deliver

    def late(queue: str, body: str) -> None:
        if f'"detail-type": "{kind}"' not in body:
            deliver(queue, body)
            return
        simulation.scheduler.after(seconds * 1000, lambda: deliver(queue, body))

    simulation.buses._deliver = late  # type: ignore[method-assign]


def _before_each_call(simulation: Simulation, strikes: Callable[[str, str], str | None]) -> None:
    usual: Callable[..., Any] = simulation.faults.at_call

    def at_call(function: str, operation: str, *, write: bool) -> str | None:
        fault = strikes(function, operation)
        if fault is None:
            usually: str | None = usual(function, operation, write=write)
            return usually
        simulation.faults.fired[fault, function, operation] += 1
        return fault

    simulation.faults.at_call = at_call  # type: ignore[method-assign]


def without_care(simulation: Simulation) -> None:
    """No payment workflow begins, so that nobody renews a hold or asks for another card."""
    deliver: Callable[[str, str], None] = simulation.buses._deliver

    def deaf(queue: str, body: str) -> None:
        if "StartPaymentWorkflow" not in queue:
            deliver(queue, body)

    simulation.buses._deliver = deaf  # type: ignore[method-assign]
