"""order_to_captured_per_s: the whole life of an order, many times over, with nothing lost and nothing done twice."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

from bench.figures import Figure, at_least, exactly
from bench.load import Report, send
from bench.orders import CLIENT, PRICES, Captures, placements
from bench.system import Bench
from local.state import Running

CALLERS = 8
# So many orders may be on their way at once: a steady flow, not a heap that is worked off.
MOST_UNDER_WAY = 64
EARLY = 100
WINDOW = 500


def measure(bench: Bench) -> list[Figure]:
    """Orders flow through at their own pace; each is counted at the provider and in the product's own tables."""
    running, orders = bench.running, bench.orders
    captures = Captures(running)
    began = time.perf_counter()
    with bench.progress.step(f"{orders} orders from post to captured"):
        report = _flow(running, captures, orders)
        captures.wait_for(len(report.created))
    placed = {document["id"] for document in report.created}
    stored = _payment_statuses(running, placed)
    lost = sum(captures.per_order[order] == 0 or stored.get(order) != "CAPTURED" for order in placed)
    doubled = sum(captures.per_order[order] > 1 or captures.amounts[order] > sum(PRICES) for order in placed)
    figures = [
        at_least("order_to_captured_per_s", len(placed) / (captures.at[-1] - began), "orders/s", 15),
        exactly("order_to_captured_lost", lost + orders - len(placed), "orders", 0),
        exactly("order_to_captured_doubled", doubled, "orders", 0),
    ]
    return figures + _slowing(captures.at)


def _flow(running: Running, captures: Captures, orders: int) -> Report:
    """Place orders so that never more than a few dozen are under way."""
    placed = 0
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            captures.read()

    async def room() -> None:
        nonlocal placed
        while placed - len(captures.at) >= MOST_UNDER_WAY:
            await asyncio.sleep(0.02)
        placed += 1

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return send(running, CLIENT, placements(orders), CALLERS, before_each=room)
    finally:
        over.set()
        watcher.join()


def _slowing(at: Sequence[float]) -> list[Figure]:
    """The pace around the 100th order and around the last; a short run has too few to compare."""
    if len(at) < EARLY + 2 * WINDOW:
        return []
    early = WINDOW / (at[EARLY + WINDOW] - at[EARLY])
    late = WINDOW / (at[-1] - at[-1 - WINDOW])
    return [
        Figure("order_to_captured_per_s_at_100", round(early, 2), "orders/s"),
        Figure(f"order_to_captured_per_s_at_{len(at)}", round(late, 2), "orders/s"),
        # A tenth is the noise of two windows on a shared machine.
        at_least("order_to_captured_pace_kept", late / early, "of the early pace", 0.9),
    ]


def _payment_statuses(running: Running, wanted: set[str]) -> dict[str, Any]:
    """The payment status of orders, read from their headers by the keys of their table."""
    dynamodb = running.aws("dynamodb")
    table = running.outputs["OrdersTableName"]
    found = {}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="sk = :header",
        ExpressionAttributeValues={":header": {"S": "ORDER"}},
        ProjectionExpression="pk, payment_status",
    )
    for page in pages:
        for item in page["Items"]:
            order = item["pk"]["S"].rsplit("#", 1)[1]
            if order in wanted:
                found[order] = item["payment_status"]["S"]
    return found
