"""order_placed_per_s_c8: how many orders eight callers place in a second, and how long one of them waits."""

from __future__ import annotations

from bench.figures import Figure, at_least, at_most, exactly, percentile
from bench.load import Report, send
from bench.orders import CLIENT, Captures, placements
from bench.system import Bench, pipeline_paused

ORDERS = 1_000
CALLERS = 8
VENDURE = "Vendure 3.7: 8.9/s with 8 buyers; Medusa 2.21: 1.4/s"


def measure(bench: Bench) -> list[Figure]:
    """Place orders with the whole pipeline working behind them, then with the pipeline paused."""
    running = bench.running
    captures = Captures(running)
    with bench.progress.step(f"{ORDERS} orders from {CALLERS} callers, pipeline running"):
        live = send(running, CLIENT, placements(ORDERS), CALLERS)
    with bench.progress.step("until the last of them is captured"):
        captures.wait_for(len(live.created))
    with pipeline_paused(running), bench.progress.step(f"{ORDERS} orders from {CALLERS} callers, pipeline paused"):
        paused = send(running, CLIENT, placements(ORDERS), CALLERS)
    with bench.progress.step("until the last of them is captured"):
        captures.wait_for(len(live.created) + len(paused.created))
    return [
        at_least("order_placed_per_s_c8", ORDERS / live.seconds, "orders/s", 40, VENDURE),
        Figure("order_placed_p50_ms_c8", round(_milliseconds(live, 50), 2), "ms"),
        at_most("order_placed_p99_ms_c8", _milliseconds(live, 99), "ms", 600, "Vendure 3.7: 1,100 ms"),
        at_least("order_placed_paused_per_s_c8", ORDERS / paused.seconds, "orders/s", 80, VENDURE),
        exactly("order_placed_refused", 2 * ORDERS - len(live.created) - len(paused.created), "orders", 0),
    ]


def _milliseconds(report: Report, percent: float) -> float:
    return percentile(report.latencies, percent) * 1000
