"""hot_sku: 400 buyers want one of 100 units at the same moment."""

from __future__ import annotations

import time
from typing import Any

from bench.figures import Figure, at_most, exactly, percentile
from bench.load import Call, send
from bench.orders import CLIENT, Captures, document
from bench.system import Bench
from local.seed.seed import OPERATOR
from local.state import Running

UNITS = 100
BUYERS = 400
WAREHOUSE = "dc-columbus"
SETTLED_WITHIN_SECONDS = 30.0


def measure(bench: Bench) -> list[Figure]:
    """Exactly the units that exist are sold: every buyer above gets 409, and the counter says the same."""
    running = bench.running
    sku = f"HOT{time.time_ns() // 1_000_000}"
    _stock(running, sku)
    captures = Captures(running)
    buyers = [Call("/v1/orders", f"{sku}-{n}", document(f"{sku}-{n}", (sku,))) for n in range(BUYERS)]
    with bench.progress.step(f"{BUYERS} buyers for {UNITS} units"):
        report = send(running, CLIENT, buyers, BUYERS, all_at_once=True)
        captures.wait_for(len(report.created))
    statuses = report.statuses
    row = _row_when_settled(running, sku)
    sold = len(report.created)
    return [
        exactly("hot_sku_confirmed", sold, "orders", UNITS, "Vendure 3.7 confirms 400, Medusa 2.21 confirms 4"),
        exactly("hot_sku_refused_409", statuses[409], "orders", BUYERS - UNITS),
        exactly("hot_sku_5xx", sum(n for status, n in statuses.items() if status >= 500), "answers", 0),
        exactly("hot_sku_units_unsold", row["available"] + row["reserved"] + row["allocated"], "units", 0),
        exactly("hot_sku_counter_minus_orders", UNITS - row["on_hand"] - sold, "units", 0),
        at_most("hot_sku_p99_s", percentile(report.latencies, 99), "s", 10),
    ]


def _stock(running: Running, sku: str) -> None:
    item = {"sku": sku, "description": "what everybody wants", "kind": "stock", "unit": "each"}
    received = {"node_id": WAREHOUSE, "sku": sku, "kind": "received", "quantity": UNITS, "reason": "opening stock"}
    for answer in (
        running.call(OPERATOR, "PUT", f"/v1/items/{sku}", item, key=sku),
        running.call(OPERATOR, "POST", "/v1/inventory/movements", {"movements": [received]}, key=sku),
    ):
        if not answer.ok:
            raise RuntimeError(f"the item was refused: {answer.status} {answer.body!r}")


def _row_when_settled(running: Running, sku: str) -> dict[str, Any]:
    """The stock of the item once nothing of it is promised any more."""
    deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
    while True:
        nodes = running.call(OPERATOR, "GET", f"/v1/inventory/{sku}").json()["nodes"]
        row: dict[str, Any] = next(row for row in nodes if row["node_id"] == WAREHOUSE)
        if not row["reserved"] + row["allocated"] or time.monotonic() > deadline:
            return row
        time.sleep(0.25)
