"""What everybody in a run can do: act by themselves, wait for a while, and call the API until there is an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.simulation.machine.gateway import Answer
from tests.simulation.machine.simulation import Simulation

PAUSES = (0.01, 0.2, 1.0, 5.0, 40.0)
MOST_TRIES = 8


class Actors:
    """Some people or systems of one run, whose decisions are its choices."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.pick = simulation.choices.pick
        self.strikes = simulation.choices.strikes
        self.calls = 0

    def act(self, name: str, act: Callable[[], object], after: float) -> None:
        """Have something done after some seconds."""
        self.simulation.actor(name, act, after=after)

    def pause(self, likelihood: float = 0.6) -> float:
        """Seconds until somebody does the next thing."""
        return PAUSES[self.pick(len(PAUSES), likelihood)]

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        key: str,
        client: str = "acme-web",
        headers: Mapping[str, str] | None = None,
        scopes: Sequence[str] | None = None,
    ) -> Answer:
        """A call that is made again with the same key until there is an answer to rely on.

        Without `scopes` the client has its own.
        """
        simulation = self.simulation
        of_caller: dict[str, Any] = {"client": client, "headers": headers, "scopes": scopes}
        for attempt in range(MOST_TRIES):
            impatient = not simulation.faults.over and attempt == 0 and self.strikes(0.1)
            patience = 0.05 if impatient else 30.0
            answer = simulation.http(method, path, body, key, patience=patience, **of_caller)
            if answer.is_final or (answer.status == 409 and answer.body["code"] != "still_running"):
                break
            simulation.sleep(min(0.5 * 2**attempt, 30.0))
        return answer
