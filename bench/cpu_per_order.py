"""cpu_ms_per_order: processor time of the whole system for one order, from post to captured money."""

from __future__ import annotations

import time

from bench.figures import Figure, at_most
from bench.load import send
from bench.orders import CLIENT, Captures, placements
from bench.processes import metered
from bench.system import Bench

ORDERS = 400
CALLERS = 6
# The last events are published and posted to the ledger after the money was taken.
SETTLE_SECONDS = 2.0
VENDURE = "Vendure 3.7: 180 ms to place and 78 ms to capture and ship; Medusa 2.21: 850 ms to place"


def measure(bench: Bench) -> list[Figure]:
    """Everything that `make run` started is counted, with the fake provider and the nodes; the callers are not."""
    running = bench.running
    captures = Captures(running)
    with bench.progress.step(f"processor time of {ORDERS} orders"), metered(bench.state) as meter:
        report = send(running, CLIENT, placements(ORDERS), CALLERS)
        captures.wait_for(len(report.created))
        time.sleep(SETTLE_SECONDS)
    spent = {name: total / len(report.created) for name, total in meter.milliseconds().items()}
    parts = [Figure(f"cpu_ms_per_order_{name}", round(value, 2), "ms") for name, value in sorted(spent.items())]
    return [at_most("cpu_ms_per_order", sum(spent.values()), "ms", 120, VENDURE), *parts]
