"""store_day_…: a day of stores and warehouses: bots work off the queues of all nodes, step by step, and some reject.

A tenth of the work that is to be shipped is rejected at first; what is measured then is how soon the next node sees the
units in its queue. A fifth of the rest is told at once, as by a device that was without a network.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.figures import Figure, at_most, exactly, percentile
from bench.load import Call, send
from bench.orders import CLIENT, document, placements
from bench.system import Bench
from local.progress import Failed
from local.seed.seed import OPERATOR, STORES_PER_ITEM, TENANT, read
from local.state import Running
from local.world.control import write_control
from local.world.http_bot import NodeBotHttp
from local.world.work import Control, Step, Work, message_id, plan, read_view

ORDERS = 200
PICKUP_EVERY = 4
REJECT_EVERY = 10
TOLD_AT_ONCE_EVERY = 5
CALLERS = 4
BOTS = 8
LONGEST_DAY_SECONDS = 600.0
LONGEST_NEXT_SECONDS = 60.0
PAUSE_SECONDS = 0.2
LOOK_SECONDS = 0.01
WMS = f"{TENANT}-wms"


@dataclass
class Day:
    """What the bots of all nodes have done."""

    running: Running
    steps: int = 0
    works: int = 0
    rejected: set[str] = field(default_factory=set)
    next_seen: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _first: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, view: dict[str, Any]) -> str:
        """What is to be done with some work: `reject`, `at_once` or `steps`; by its number in this day."""
        with self._lock:
            self.works += 1
            if view["method"] == "ship" and view["replaces"] is None:
                self._first += 1
                if self._first % REJECT_EVERY == 0:
                    return "reject"
            return "at_once" if self.works % TOLD_AT_ONCE_EVERY == 0 else "steps"

    def did(self, steps: int) -> None:
        with self._lock:
            self.steps += steps

    def noted(self, trouble: str) -> None:
        with self._lock:
            self.troubles.append(trouble)


def measure(bench: Bench) -> list[Figure]:
    """Bots of all nodes work off what 200 orders ask of them."""
    running = bench.running
    with by_hand(running):
        with bench.progress.step(f"{ORDERS} orders for stores and warehouses"):
            placed = [document["id"] for document in send(running, CLIENT, orders(ORDERS), CALLERS).created]
        began = time.perf_counter()
        day = Day(running)
        with bench.progress.step("the day of their nodes"):
            done = _work_off(day, placed)
        seconds = time.perf_counter() - began
    if not day.next_seen:
        raise Failed(f"no rejected work came to another node: {day.troubles[:3]}")
    for trouble in day.troubles[:5]:
        print(f"  {trouble}", flush=True)
    return [
        Figure("store_day_tasks_per_s", round(day.steps / seconds, 2), "steps/s"),
        Figure("store_day_reject_to_next_p50_s", round(percentile(day.next_seen, 50), 3), "s"),
        at_most("store_day_reject_to_next_p95_s", percentile(day.next_seen, 95), "s", 1),
        exactly("store_day_lost", ORDERS - done + len(day.rejected) - len(day.next_seen), "orders", 0),
    ]


@contextmanager
def by_hand(running: Running) -> Iterator[None]:
    """Keep the nodes of the running system from doing their work themselves."""
    write_control(running.state_dir, {"paused": True})
    try:
        yield
    finally:
        write_control(running.state_dir, {})


def orders(how_many: int) -> Iterator[Call]:
    """Orders of two lines that are shipped; every fourth has one line, which is collected where it is in stock."""
    stores = [row["id"] for row in read("nodes.csv") if row["kind"] == "store"]
    positions = {row["sku"]: position for position, row in enumerate(read("items.csv"))}
    for number, call in enumerate(placements(how_many)):
        if number % PICKUP_EVERY:
            yield call
            continue
        sku = call.body["lines"][0]["sku"]
        holding = [store for at, store in enumerate(stores) if (positions[sku] + at) % STORES_PER_ITEM == 0]
        one = document(call.key, (sku,))
        one["lines"][0] |= {"method": "pickup", "pickup_node": holding[number % len(holding)]}
        yield Call(call.path, call.key, one)


def _work_off(day: Day, placed: list[str]) -> int:
    """The bots of all nodes at work until every order is over; how many are completed."""
    nodes = [row["id"] for row in read("nodes.csv") if row["kind"] != "web"]
    with ThreadPoolExecutor(BOTS) as pool:
        working = [pool.submit(_bot, day, nodes[first::BOTS]) for first in range(BOTS)]
        try:
            return _wait_for(day, set(placed))
        finally:
            day.over.set()
            for one in working:
                one.result()


def _bot(day: Day, nodes: list[str]) -> None:
    """One bot of some nodes: what is new in their queues is worked off, one piece after the other."""
    bot = NodeBotHttp(day.running, TENANT, client=WMS)
    while not day.over.is_set():
        new = [view for node in nodes for view in _queue(day.running, node)]
        for view in new:
            try:
                _work(day, bot, view)
            except Exception as trouble:  # noqa: BLE001
                # One piece of work that goes wrong is told and counted as lost; the day goes on.
                day.noted(f"{view['id']}: {type(trouble).__name__} {trouble}"[:300])
        if not new:
            time.sleep(PAUSE_SECONDS)


def _queue(running: Running, node: str) -> list[dict[str, Any]]:
    """The work that is new at a node, what is due first first."""
    answer = running.call(WMS, "GET", f"/v1/nodes/{node}/tasks?step=new&limit=20")
    if not answer.ok:
        return []
    return [one["fulfillment_order"] for one in answer.json()["entries"] if one["fulfillment_order"]["node_id"] == node]


def _work(day: Day, bot: NodeBotHttp, view: dict[str, Any]) -> None:
    work = read_view(TENANT, view)
    turn = day.turn(view)
    if turn == "reject":
        began = time.perf_counter()
        bot.take(work, Step("reject", {"reason": "out_of_stock"}))
        day.rejected.add(work.fulfillment_order_id)
        seconds = _until_next(day.running, view, began)
        if seconds is not None:
            day.next_seen.append(seconds)
        day.did(1)
        return
    steps = plan(work, Control())
    if turn == "at_once":
        _tell(day.running, work, steps)
    else:
        for step in steps:
            bot.take(work, step)
    day.did(len(steps))


def _tell(running: Running, work: Work, steps: list[Step]) -> None:
    """All steps of some work as one list of a device."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    actions = [
        {
            "id": message_id(work, step),
            "action": step.verb,
            "subject": work.fulfillment_order_id,
            "occurred_at": now,
            "body": dict(step.data),
        }
        for step in steps
    ]
    path = f"/v1/nodes/{work.node_id}/device-actions"
    body = {"device_id": "handheld", "actions": actions}
    answer = running.call(WMS, "POST", path, body, key=f"told-{work.fulfillment_order_id}")
    results = [one["result"] for one in answer.json()["results"]] if answer.ok else [str(answer.status)]
    if set(results) != {"done"}:
        raise Failed(f"a device was answered {results}")


def _until_next(running: Running, rejected: dict[str, Any], began: float) -> float | None:
    """Seconds from the reject call until another node sees the units in its queue; None where none does."""
    while time.perf_counter() - began < LONGEST_NEXT_SECONDS:
        order = running.call(OPERATOR, "GET", f"/v1/orders/{rejected['order_id']}").json()
        for work in order["fulfillment_orders"]:
            if work["replaces"] == rejected["id"] and _is_seen(running, work):
                return time.perf_counter() - began
        time.sleep(LOOK_SECONDS)
    return None


def _is_seen(running: Running, work: dict[str, Any]) -> bool:
    """Whether the node of some work has it in its queue, or has begun with it."""
    if work["status"] == "OPEN":
        return any(one["id"] == work["id"] for one in _queue(running, work["node_id"]))
    return bool(work["status"] != "SCHEDULED")


def _wait_for(day: Day, wanted: set[str]) -> int:
    """How many of these orders are completed, when all are over or the day is."""
    until, done = time.monotonic() + LONGEST_DAY_SECONDS, 0
    left = set(wanted)
    while left and time.monotonic() < until:
        for order_id in sorted(left):
            status = day.running.call(OPERATOR, "GET", f"/v1/orders/{order_id}").json()["status"]
            if status in ("COMPLETED", "CANCELLED"):
                left.discard(order_id)
                done += status == "COMPLETED"
            else:
                break
        time.sleep(PAUSE_SECONDS)
    return done
