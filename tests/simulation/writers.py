"""`python -m tests.simulation.writers [--attempts 10000]`: many writers want the same few units, under faults.

Every writer holds units of a basket or orders them at once, gives baskets up, lets them expire, turns them into orders
and cancels these, while every kind of fault strikes all the time. In the end all heals: nothing may be oversold by then
or at any commit before, and nothing that nobody holds any more may still be claimed.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from tests.simulation.actors import Actors
from tests.simulation.machine.evidence import Violation
from tests.simulation.machine.faults import CALL_KINDS, OTHER_KINDS, WEATHER
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import line, order, simulated

# What they want: little of each, at one node or two.
WANTED = ("LAST", "LAMP", "MUG")
MINUTE = 60_000


@dataclass(slots=True)
class Written:
    """How it went: answers by kind of attempt and status, what was broken, and what the checker found."""

    attempts: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    # Units that are still claimed once nobody wants anything any more.
    leaked: int = 0
    rested: bool = False


class Writers(Actors):
    """So many writers, each with its share of the attempts."""

    def __init__(self, simulation: Simulation, writers: int, attempts: int) -> None:
        super().__init__(simulation)
        self.written = Written(attempts=attempts)
        self._orders: list[str] = []
        for number in range(writers):
            own = attempts // writers + (number < attempts % writers)
            self.act(f"writer {number}", partial(self._write, number, own), self.pause(0.9))

    def _write(self, number: int, attempts: int) -> None:
        for attempt in range(attempts):
            self._attempt(f"w-{number}-{attempt}")
            self.simulation.sleep(self.pause(0.8))

    def _attempt(self, name: str) -> None:
        """A basket, which ends in one of four ways, or an order straight away."""
        sku = WANTED[self.pick(len(WANTED), 0.7)]
        if self.strikes(0.3):
            self._order(name, sku)
            return
        body = {"channel": "web", "ttl_seconds": 60, "lines": [{"sku": sku, "quantity": 1 + self.pick(2, 0.3)}]}
        made = self._send("reserve", "POST", "/v1/reservations", body, name)
        if made is None:
            return
        self.simulation.sleep(self.pause(0.8))
        path, end = f"/v1/reservations/{made}", self.pick(4, 0.8)
        if end == 1:
            self._send("give up", "DELETE", path, None, f"{name}-over")
        elif end == 2:
            self._send("keep", "PATCH", path, {"ttl_seconds": 90}, f"{name}-more")
        elif end == 3:
            self._order(f"{name}-o", sku, reservation_id=made)

    def _order(self, name: str, sku: str, **more: str) -> None:
        """Whoever gets an order lets go of it again, so that there is something for the others."""
        made = self._send("order", "POST", "/v1/orders", {**order(name, line(sku)), **more}, name)
        if made is not None:
            self._orders.append(made)
            self.simulation.sleep(self.pause(0.8))
            self.cancel(made)

    def cancel(self, order_id: str) -> None:
        body = {"reason": "changed_mind"}
        self._send("cancel", "POST", f"/v1/orders/{order_id}/cancellations", body, f"{order_id}-{self.calls}")
        self.calls += 1

    def _send(self, kind: str, method: str, path: str, body: object, key: str) -> str | None:
        answer = self.send(method, path, body, key)
        self.written.answers[kind, answer.status] += 1
        return answer.body["id"] if answer.status == 201 else None

    def let_go(self) -> None:
        """All that is left is given up: nodes say what they were asked, orders are cancelled."""
        for order_id in self._orders:
            self.act("writer", partial(self.cancel, order_id), self.pause(0.5))

    def answer_for_nodes(self) -> None:
        """Nodes take nothing and let go of everything."""
        for (_, sk), row in sorted(self.simulation.rows("orders").items()):
            if sk == "ORDER" and row["status"] == "PENDING_REVIEW":
                self.act("reviewer", partial(self.cancel, row["pk"].rsplit("#", 1)[1]), 0)


def play(writers: int, attempts: int, seed: int = 1) -> Written:
    """Let them write until all attempts are made, then heal, let go of everything, and look."""
    simulation = simulated(seed)
    faults = simulation.faults
    faults.kinds = frozenset((*CALL_KINDS, *WEATHER, *OTHER_KINDS)) - {"given_up"}
    faults._call_kinds = tuple(kind for kind in CALL_KINDS if kind in faults.kinds)
    faults.budget, faults.spared, faults.rate, faults.tricks = attempts, 0, 0.01, 0
    # Each attempt is followed by a dozen calls of consumers and workflows, and all of them by the clock.
    simulation.lambdas.most = 100_000 + 100 * attempts
    actors = Writers(simulation, writers, attempts)
    for minute in range(1, 60 + attempts // writers):
        simulation.scheduler.after(minute * MINUTE, partial(simulation.ring, "ExpireReservations"))
    simulation.run((60 + attempts // writers) * MINUTE // 1_000)
    faults.over = True
    for minutes in (1, 60, 26 * 60):
        simulation.scheduler.after(minutes * MINUTE, actors.let_go)
        simulation.scheduler.after(minutes * MINUTE + 1, actors.answer_for_nodes)
    for minutes in (10, 120, 27 * 60):
        simulation.scheduler.after(minutes * MINUTE, partial(simulation.ring, "ExpireReservations"))
        simulation.scheduler.after(minutes * MINUTE, partial(simulation.ring, "RecoverSagas"))
    written = actors.written
    written.rested = simulation.run_until_quiet()
    written.violations = simulation.violations
    written.faults = Counter(point[0] for point in faults.fired.elements())
    rows = [row for (_, sk), row in simulation.rows("stock").items() if sk.startswith("NODE#") and "#HOLD#" not in sk]
    written.leaked = sum(row["reserved"] + row["allocated"] for row in rows)
    return written


def main() -> int:
    """Run it and print what came of it; 1 where anything was oversold or leaked."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.writers", description=__doc__.split("\n")[0])
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    begun = time.process_time()
    written = play(arguments.writers, arguments.attempts, arguments.seed)
    seconds = time.process_time() - begun
    print(f"{arguments.writers} writers, {written.attempts} attempts, {seconds:.0f} s; came to rest: {written.rested}")
    print("answers:", ", ".join(f"{kind} {status}: {n}" for (kind, status), n in sorted(written.answers.items())))
    print("faults: ", ", ".join(f"{kind} {n}" for kind, n in sorted(written.faults.items())))
    print(f"oversold or otherwise wrong: {len(written.violations)}; units still claimed by nobody: {written.leaked}")
    for violation in written.violations[:10]:
        print(f"  {violation.invariant} {violation.where}: {violation.what}")
    return 1 if written.violations or written.leaked or not written.rested else 0


if __name__ == "__main__":
    raise SystemExit(main())
