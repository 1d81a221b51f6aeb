"""One of two sides that act at once: what it does, again and again until there is an answer to rely on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.simulation.directed import People
from tests.simulation.machine.scheduler import Slot

_MOST_TRIES = 6


class Side:
    """One of the two: what it does runs as an actor, and everything that it starts belongs to it."""

    def __init__(self, simulation: Any, number: int) -> None:
        self.number = number
        self.simulation = simulation
        self.people = People(simulation)
        self.tries = 0
        self.begun = 0
        # How many calls with an effect it has made.
        self.effects = 0
        self.heard: list[int] = []
        self.about_to: str | None = None
        # Whether the present call reads what nobody else changes, and whether that is the registry.
        self.at_still = False
        self.at_registry = False

    def invoke(self, function: str, event: Any) -> Any:
        """Call a function until it says that it is done, as queues, streams and workflows do; its answer."""
        for _ in range(_MOST_TRIES):
            self.again()
            slot = Slot()
            self.simulation.lambdas.invoke(function, event, partial(self.simulation.scheduler.fill, slot))
            outcome = self.simulation.scheduler.wait(slot)
            failed = isinstance(outcome.value, dict) and outcome.value.get("batchItemFailures")
            if outcome.error is None and not failed:
                break
        return outcome.value

    def http(
        self, method: str, path: str, body: Any, key: str, client: str, scopes: Sequence[str] | None = None
    ) -> Any:
        """Call the API until there is an answer to rely on; without `scopes` the client has its own."""
        for _ in range(_MOST_TRIES):
            self.again()
            answer = self.simulation.http(method, path, body, key, client=client, scopes=scopes)
            if answer.is_final or (answer.status == 409 and answer.body.get("code") != "still_running"):
                break
        return answer

    def again(self) -> None:
        """A new try: what the one before has heard no longer counts."""
        self.tries += 1
        self.heard = []
