"""Brings into the system what the file's sales need: nodes in force at its dates, its SKUs, enough stock.

Everything goes in through the public API under keys of the run, so doing it twice changes nothing.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import quote

from local.progress import Failed
from local.seed.seed import node_document, read
from tools.replaying.api import Api
from tools.replaying.order_documents import company_of, shop_of
from tools.replaying.plan import Plan

WRITE_OFF_NODE = "dc-columbus"
MOST_ITEMS_IN_A_CALL = 400
MOST_MOVEMENTS_IN_A_CALL = 300
MOST_UNITS_IN_A_MOVEMENT = 1_000_000
READERS = 6

Stock = dict[str, list[int]]


def register_nodes(api: Api, run: str, first_day: datetime) -> None:
    """Make the seeded nodes known from the present of the moved clock on, and the shop of the file.

    The seed has them in force from the day of `make run`, which is later than the dates of the file.
    """
    nodes = [node_document(row, first_day) for row in read("nodes.csv")]
    _put(api, "/v1/nodes", "nodes", [*nodes, shop(run)], f"replay-{run}-nodes")


def shop(run: str) -> dict[str, Any]:
    """Return the node that sells; its zone makes the business days of the ledger those of the file."""
    return {
        "id": shop_of(run),
        "kind": "web",
        "name": "UK online shop of the replay",
        "legal_entity": company_of(run),
        "address": {"lines": ["Simulated"], "city": "London", "country": "GB"},
        "latitude": 51.5,
        "longitude": -0.12,
        "time_zone": "Europe/London",
        "journeys": [],
    }


def register_items(api: Api, plan: Plan, run: str) -> set[str]:
    """Register every SKU of the plan; returns those that the system had not known."""
    rows = [{"sku": sku, "description": plan.descriptions[sku] or sku, "kind": "stock"} for sku in plan.skus]
    fresh: set[str] = set()
    for first in range(0, len(rows), MOST_ITEMS_IN_A_CALL):
        part = rows[first : first + MOST_ITEMS_IN_A_CALL]
        results = _put(api, "/v1/items", "items", part, f"replay-{run}-items-{first}")
        fresh |= {result["sku"] for result in results if result["status"] == 201}
    return fresh


def _put(api: Api, path: str, name: str, rows: Sequence[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Send a bulk load, every row of which has to be taken; returns what became of each."""
    said = api.send("PUT", path, {name: rows}, key=key).document
    if said["refused"]:
        first = next(row for row in said["results"] if "problem" in row)
        raise Failed(f"the system refused {said['refused']} rows of {path}, the first one with {first['problem']}")
    results: list[dict[str, Any]] = said["results"]
    return results


def receive(api: Api, plan: Plan, run: str) -> None:
    """Receive at each distribution centre all that will be sold, so that one parcel can always hold a whole order."""
    movements = list(_receipts(plan))
    for first in range(0, len(movements), MOST_MOVEMENTS_IN_A_CALL):
        part = movements[first : first + MOST_MOVEMENTS_IN_A_CALL]
        api.send("POST", "/v1/inventory/movements", {"movements": part}, key=f"replay-{run}-receipts-{first}")


def _receipts(plan: Plan) -> Iterator[dict[str, Any]]:
    for node in (row["id"] for row in read("nodes.csv") if row["kind"] == "dc"):
        for sku in plan.skus:
            units = units_received(plan, sku, node)
            while units:
                part = min(units, MOST_UNITS_IN_A_MOVEMENT)
                yield {"node_id": node, "sku": sku, "kind": "received", "quantity": part, "reason": "replay"}
                units -= part


def units_received(plan: Plan, sku: str, node: str) -> int:
    """How many units of a SKU a distribution centre gets for the whole replay."""
    return plan.sold[sku] + (plan.written_off[sku] if node == WRITE_OFF_NODE else 0)


def total_received(plan: Plan, sku: str) -> int:
    return sum(units_received(plan, sku, row["id"]) for row in read("nodes.csv") if row["kind"] == "dc")


def read_stock(api: Api, skus: Sequence[str]) -> Stock:
    """Return [on hand, promised] per SKU over all nodes; promised is reserved plus allocated."""
    with ThreadPoolExecutor(READERS) as readers:
        return dict(zip(skus, readers.map(lambda sku: _stock_of(api, sku), skus), strict=True))


def _stock_of(api: Api, sku: str) -> list[int]:
    totals = api.get(f"/v1/inventory/{quote(sku, safe='')}")["totals"]
    return [totals["on_hand"], totals["reserved"] + totals["allocated"]]
