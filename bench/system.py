"""The system under measurement: this clone, deployed and seeded on the local engine, in a state folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.progress import Progress
from local.run import bring_up, nothing_left_behind
from local.state import Running
from local.stop import clear, end, running_processes

WARM_ORDERS = 60


@dataclass(slots=True)
class Bench:
    """What a script measures with; the system is brought up when the first script asks for it.

    `orders` is how many orders the long run takes.
    """

    state: Path
    port: int
    orders: int
    progress: Progress
    _running: Running | None = None

    @property
    def running(self) -> Running:
        """The system, fresh, seeded and warm."""
        if self._running is None:
            self.stop()
            with nothing_left_behind(self.state) as started:
                self._running = bring_up(self.state, self.port, self.progress, started)
                self._warm_up(self._running)
        return self._running

    def _warm_up(self, running: Running) -> None:
        """Let every function start its workers, so that no figure pays for the first call."""
        from bench.load import send
        from bench.orders import CLIENT, Captures, placements

        with self.progress.step(f"warm up: {WARM_ORDERS} orders"):
            captures = Captures(running)
            send(running, CLIENT, placements(WARM_ORDERS), callers=8)
            captures.wait_for(WARM_ORDERS)

    def stop(self) -> None:
        """End the system, if there is one."""
        self._running = None
        end(running_processes(self.state), self.state)
        clear(self.state)


@contextmanager
def pipeline_paused(running: Running) -> Iterator[None]:
    """Keep the publisher from reading the stream of events: orders are stored and nothing happens to them."""
    functions = running.aws("lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    publisher = next(row["UUID"] for row in mappings if "PublishEvents" in row["FunctionArn"])
    functions.update_event_source_mapping(UUID=publisher, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=publisher, Enabled=True)
