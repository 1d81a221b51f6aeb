"""Fill an empty system with a small retailer, through the doors that a real one uses.

Nodes, items and the stock of the distribution centres go in over HTTP; the stores report theirs on the inventory
stream. Every number is worked out from the position in the files, so that two machines hold the same stock.
"""

import csv
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.progress import Failed
from local.state import Answer, Running

DATA = Path(__file__).resolve().parent / "data"
TENANT = "acme"
OPERATOR = f"{TENANT}-operator"
LEGAL_ENTITY = "100"
UNITS_AT_A_DC = 5_000
# Each item is in a third of the stores, so that a basket often needs more than one of them.
STORES_PER_ITEM = 3
MOST_MOVEMENTS_IN_A_CALL = 300
MOST_RECORDS_IN_A_CALL = 500
STOCK_ARRIVES_WITHIN_SECONDS = 90.0
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
STORE_HOURS = {**{day: [["10:00", "21:00"]] for day in WEEKDAYS}, "sunday": [["11:00", "19:00"]]}

# The web shop sells and holds no stock.
WEB_SHOP = {
    "id": "web",
    "kind": "web",
    "name": "Web shop",
    "legal_entity": LEGAL_ENTITY,
    "address": {"lines": ["web"], "city": "New York", "region": "NY", "country": "US"},
    "latitude": 40.7128,
    "longitude": -74.006,
    "time_zone": "America/New_York",
}


def seed(running: Running) -> None:
    """Register nodes and items and bring in their stock. Raises Failed when the system refuses something."""
    nodes, items = read("nodes.csv"), read("items.csv")
    documents = [WEB_SHOP, *(node_document(row, _today(running)) for row in nodes)]
    _put(running, "/v1/nodes", {"nodes": documents}, "seed-nodes")
    _put(running, "/v1/items", {"items": [_item_document(row) for row in items]}, "seed-items")
    skus = [item["sku"] for item in items]
    warehouses = [row["id"] for row in nodes if row["kind"] == "dc"]
    stores = [row["id"] for row in nodes if row["kind"] == "store"]
    receive(running, [(warehouse, sku, UNITS_AT_A_DC) for warehouse in warehouses for sku in skus])
    counts = list(_store_counts(stores, skus))
    _report(running, counts)
    _wait_for(running, counts)


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of one seed file."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def node_document(row: dict[str, str], today: datetime) -> dict[str, Any]:
    """Return a node as the registry takes it: stores keep hours and a holiday, distribution centres are always open."""
    is_store = row["kind"] == "store"
    at_the_node: dict[str, Any] = {"journeys": ["ship", "ship_to_store", "delivery"], "skills": ["bulk", "hazmat"]}
    if is_store:
        christmas = [{"date": f"{year}-12-25", "name": "Christmas Day"} for year in (today.year, today.year + 1)]
        at_the_node = {
            "journeys": ["ship", "pickup", "ship_to_store", "delivery", "returns"],
            "skills": ["gift_wrap"],
            "hours": STORE_HOURS,
            "holidays": christmas,
        }
    return {
        "id": row["id"],
        "kind": row["kind"],
        "name": row["name"],
        "legal_entity": LEGAL_ENTITY,
        "address": {
            "lines": [row["street"]],
            "city": row["city"],
            "region": row["state"],
            "postal_code": row["postal_code"],
            "country": "US",
        },
        "latitude": float(row["latitude"]),
        "longitude": float(row["longitude"]),
        "time_zone": row["time_zone"],
        **at_the_node,
    }


def _item_document(row: dict[str, str]) -> dict[str, Any]:
    return {"sku": row["sku"], "description": row["description"] or row["sku"], "kind": "stock", "unit": "each"}


def receive(running: Running, stock: list[tuple[str, str, int]]) -> None:
    """Book received goods, each as (node id, SKU, units), over HTTP."""
    for first in range(0, len(stock), MOST_MOVEMENTS_IN_A_CALL):
        movements = [
            {"node_id": node, "sku": sku, "kind": "received", "quantity": units, "reason": "opening stock"}
            for node, sku, units in stock[first : first + MOST_MOVEMENTS_IN_A_CALL]
        ]
        _expect(
            running.call(
                OPERATOR, "POST", "/v1/inventory/movements", {"movements": movements}, key=f"seed-received-{first}"
            )
        )


def _store_counts(stores: list[str], skus: list[str]) -> Iterator[tuple[str, str, int]]:
    """Yield what each store has counted, as (node id, SKU, units)."""
    for position, sku in enumerate(skus):
        for number, store in enumerate(stores):
            if (position + number) % STORES_PER_ITEM == 0:
                yield store, sku, 12 + (position * 7 + number * 5) % 25


def _report(running: Running, counts: list[tuple[str, str, int]]) -> None:
    """Put the stores' counts on the inventory stream, in order per item."""
    stream = running.aws("kinesis")
    as_of = (_today(running) - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    records = [
        {
            "PartitionKey": sku,
            "Data": json.dumps(
                {
                    "tenant": TENANT,
                    "source": f"store.{store}",
                    "sequence": 1,
                    "kind": "snapshot",
                    "node_id": store,
                    "sku": sku,
                    "quantity": units,
                    "as_of": as_of,
                }
            ).encode(),
        }
        for store, sku, units in counts
    ]
    for first in range(0, len(records), MOST_RECORDS_IN_A_CALL):
        answer = stream.put_records(
            StreamName=running.outputs["InventoryStreamName"], Records=records[first : first + MOST_RECORDS_IN_A_CALL]
        )
        if answer["FailedRecordCount"]:
            raise Failed(f"the inventory stream refused {answer['FailedRecordCount']} counts of the stores")


def _wait_for(running: Running, counts: list[tuple[str, str, int]]) -> None:
    """Wait until the last count of each store is on its row."""
    last = {store: (sku, units) for store, sku, units in counts}
    deadline = time.monotonic() + STOCK_ARRIVES_WITHIN_SECONDS
    for store, (sku, units) in last.items():
        while _on_hand(running, sku, store) != units:
            if time.monotonic() > deadline:
                raise Failed(f"the stock of {store} did not arrive from the stream", running.state_dir / "engine.log")
            time.sleep(0.25)


def _on_hand(running: Running, sku: str, node: str) -> int:
    document = _expect(running.call(OPERATOR, "GET", f"/v1/inventory/{sku}")).json()
    return next((int(row["on_hand"]) for row in document["nodes"] if row["node_id"] == node), 0)


def _put(running: Running, path: str, body: dict[str, Any], key: str) -> None:
    """Send a bulk load; it has to take every row."""
    said = _expect(running.call(OPERATOR, "PUT", path, body, key=key)).json()
    if said["refused"]:
        first = next(row for row in said["results"] if "problem" in row)
        raise Failed(f"the system refused {said['refused']} rows of {path}, the first one with {first['problem']}")


def _expect(answer: Answer) -> Answer:
    if not answer.ok:
        raise Failed(f"the system refused its seed: {answer.status} {answer.body.decode(errors='replace')[:500]}")
    return answer


def _today(running: Running) -> datetime:
    """Return the present instant on the system's own clock."""
    return datetime.now(UTC) + timedelta(seconds=running.clock_offset)
