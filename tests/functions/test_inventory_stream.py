"""The inventory stream: deltas, counts, repeats, poison, and how few transactions a batch takes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from oms.inventory.model import StockRow
from oms.inventory.store import movements_of, rows_of
from oms.platform.dynamodb import Database
from tests.functions.conftest import NOW, Api
from tests.functions.test_inventory import DAY, NODE, SCOPES
from tests.stock_claims import claim
from tests.template import Deployed, deployed  # noqa: F401  (a fixture)

Feed = Callable[..., list[str]]


def message(sku: str = "A", quantity: Any = 1, sequence: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "tenant": "acme",
        "source": "wms",
        "sequence": sequence,
        "kind": "delta",
        "node_id": "n1",
        "sku": sku,
        "quantity": quantity,
        "as_of": when(0),
        **more,
    }


def when(minutes: int) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


def minute(number: int) -> datetime:
    return NOW + timedelta(minutes=number)


@pytest.fixture
def transactions(database: Database) -> list[int]:
    """The number of actions of each transaction that was committed, as they come."""
    sizes: list[int] = []

    def remember(params: dict[str, Any], **_: Any) -> None:
        sizes.append(len(params["TransactItems"]))

    database.client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", remember)
    return sizes


@pytest.fixture
def feed(function) -> Feed:
    """Puts messages (or raw bytes) through the function; returns the sequence numbers it gives back."""
    registry = Api(function("registry").handler, SCOPES)
    registry.put("/v1/nodes", {"nodes": [NODE | {"id": "n1"}, NODE | {"id": "n2"}]}, key="nodes")
    items = [{"sku": sku, "description": sku} for sku in ("A", "B", *(f"S{n}" for n in range(40)))]
    registry.put("/v1/items", {"items": items}, key="items")
    handler = function("inventory_stream").handler

    def send(*messages: dict[str, Any] | bytes, arrived: datetime = NOW) -> list[str]:
        records = []
        for number, content in enumerate(messages):
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            kinesis = {
                "data": b64encode(data).decode(),
                "sequenceNumber": str(number),
                "partitionKey": "k",
                "approximateArrivalTimestamp": arrived.timestamp(),
            }
            records.append({"eventID": f"shard-0:{number}", "eventSource": "aws:kinesis", "kinesis": kinesis})
        answer = handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return send


def row(database: Database, sku: str = "A", node_id: str = "n1") -> StockRow | None:
    """The row, but for when it was told of last."""
    return {found.node_id: replace(found, told_at=None) for found in rows_of(database, "acme", sku)}.get(node_id)


@pytest.mark.capability("D2")
def test_deltas_and_counts_change_on_hand_and_repeats_do_not(feed: Feed, database: Database):
    first = [message(quantity=10), message(quantity=-3, sequence=2), message(quantity=5, sequence=1, source="pos")]
    assert feed(*first) == []
    assert row(database) == StockRow("A", "n1", on_hand=12, available=12, version=1, restocked_on=DAY)
    assert feed(*first) == []
    assert feed(message(quantity=100, sequence=1)) == []
    assert row(database) == StockRow("A", "n1", on_hand=12, available=12, version=1, restocked_on=DAY)
    assert feed(message(kind="snapshot", quantity=20, sequence=3)) == []
    assert row(database) == StockRow("A", "n1", on_hand=20, available=20, version=2, restocked_on=DAY)
    assert sum(entry.changes["on_hand"] for entry in movements_of(database, "acme", "A", "n1")) == 20


@pytest.mark.capability("D2", "D12")
def test_a_new_segment_may_come_to_several_nodes_in_one_batch(feed: Feed, database: Database):
    used = {"segment": {"condition": "used"}}
    assert feed(message(quantity=2, **used), message(quantity=3, node_id="n2", **used), message(sku="B")) == []
    rows = rows_of(database, "acme", "A#condition=used")
    assert [(one.node_id, one.on_hand) for one in rows] == [("n1", 2), ("n2", 3)]
    assert [one.on_hand for one in rows_of(database, "acme", "B")] == [1]


@pytest.mark.capability("D2", whole=True)
def test_counts_and_deltas_hold_once_and_in_order_and_keep_newer_allocations(feed: Feed, database: Database, clock):
    batch = [message(kind="snapshot", quantity=10), message(quantity=4, sequence=2), message(quantity=-1, sequence=3)]
    assert feed(*batch) == []
    assert row(database) == StockRow("A", "n1", on_hand=13, available=13, version=1, restocked_on=DAY)
    # Repeated, as a batch and alone, and late: an older delta and an older count.
    assert feed(*batch) == []
    assert feed(batch[1], message(quantity=50, sequence=2), message(kind="snapshot", quantity=99, sequence=1)) == []
    assert row(database) == StockRow("A", "n1", on_hand=13, available=13, version=1, restocked_on=DAY)
    # Units are allocated after the instant of a count that is told later.
    clock.advance(minutes=10)
    database.commit(claim("allocate_available", "acme", "A", "n1", 5))
    assert feed(message(kind="snapshot", quantity=12, sequence=4, as_of=when(5))) == []
    assert row(database) == StockRow("A", "n1", on_hand=12, allocated=5, available=7, version=3, restocked_on=DAY)


@pytest.mark.capability("D2")
def test_a_snapshot_does_not_erase_claims_and_shipments_newer_than_its_cut_off(feed: Feed, database: Database):
    feed(message(quantity=10))
    database.commit(claim("reserve", "acme", "A", "n1", 2))
    database.commit(claim("allocate_available", "acme", "A", "n1", 3))
    database.commit(claim("ship", "acme", "A", "n1", 1, at=minute(5)))
    # Counted before the shipment, told after it.
    assert feed(message(kind="snapshot", quantity=10, sequence=2, as_of=when(4))) == []
    assert row(database) == StockRow(
        "A", "n1", on_hand=9, reserved=2, allocated=2, available=5, version=5, restocked_on=DAY
    )
    # Counted after it.
    assert feed(message(kind="snapshot", quantity=8, sequence=3, as_of=when(6))) == []
    assert row(database) == StockRow(
        "A", "n1", on_hand=8, reserved=2, allocated=2, available=4, version=6, restocked_on=DAY
    )


def test_a_batch_of_a_hundred_records_takes_few_transactions(feed: Feed, database: Database, transactions: list[int]):
    batch = [message(f"S{n % 20}", 1, n // 20 + 1, node_id=f"n{n % 2 + 1}") for n in range(100)]
    assert feed(*batch) == []
    assert transactions == [2 + 20 * 3]
    assert sum(row(database, f"S{n}", f"n{n % 2 + 1}").on_hand for n in range(20)) == 100
    transactions.clear()
    assert feed(*(message(f"S{n}", 1, 1, source="pos") for n in range(40))) == []
    assert transactions == [2 + 29 * 3, 2 + 11 * 3]


IMPOSSIBLE = [
    message(sku="unknown"),
    message(node_id="n7"),
    message(tenant="other"),
    message(quantity=-50),
    message(as_of=when(60 * 25)),
]
UNREADABLE = [
    b"not json",
    message(quantity=1.5),
    message(kind="guess"),
    message(kind="snapshot", quantity=-1),
    message(as_of="2026-03-09T12:00:00"),
    {name: value for name, value in message().items() if name != "sequence"},
]


@pytest.fixture
def parked(deployed: Deployed) -> Callable[[], list[dict[str, Any]]]:  # noqa: F811
    """What lies among the dead letters of the function."""

    def read() -> list[dict[str, Any]]:
        sqs = boto3.client("sqs")
        queue = deployed.name("InventoryStreamDeadLetters")
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]

    return read


@pytest.mark.parametrize("poison", IMPOSSIBLE)
def test_what_may_become_possible_comes_again_and_what_came_before_it_is_taken_in(
    feed: Feed, database: Database, parked, poison: Any
):
    batch = [message("B", 2, 1), poison, message("B", 3, 2), message("S1", 1, 1)]
    assert feed(*batch) == ["1"]
    assert row(database, "B").on_hand == 2
    assert (row(database, "A"), row(database, "S1")) == (None, None)
    assert parked() == []
    # The stream goes on behind it.
    assert feed(*batch[2:]) == []
    assert (row(database, "B").on_hand, row(database, "S1").on_hand) == (5, 1)


@pytest.mark.parametrize("poison", IMPOSSIBLE)
def test_what_stays_impossible_is_set_aside_with_its_text(feed: Feed, database: Database, parked, poison: Any):
    batch = [message("B", 2, 1), poison, message("B", 3, 2), message("S1", 1, 1)]
    assert feed(*batch, arrived=NOW - timedelta(seconds=21)) == []
    assert (row(database, "B").on_hand, row(database, "S1").on_hand) == (5, 1)
    assert row(database, "A") is None
    (found,) = parked()
    assert (found["record"], found["sequence"], found["partition_key"]) == ("shard-0:1", "1", "k")
    assert (found["cause"], json.loads(found["text"])) == ("not_possible", poison)


@pytest.mark.parametrize("poison", UNREADABLE)
def test_what_can_never_be_read_holds_up_nobody(feed: Feed, database: Database, parked, poison: Any):
    batch = [message("B", 2, 1), poison, message("B", 3, 2), message("S1", 1, 1)]
    assert feed(*batch) == []
    assert (row(database, "B").on_hand, row(database, "S1").on_hand) == (5, 1)
    (found,) = parked()
    assert found["sequence"] == "1"
    assert found["cause"] in ("malformed_json", "invalid_request")
    assert found["text"] == (poison if isinstance(poison, bytes) else json.dumps(poison).encode()).decode()


def test_a_card_number_is_not_kept(feed: Feed, parked):
    assert feed(message(source="4242424242424242")) == []
    (found,) = parked()
    assert (found["cause"], found["text"]) == ("card_number_found", None)


def test_poison_late_in_a_large_batch_keeps_each_row_in_order(feed: Feed, database: Database):
    batch = [message(f"S{n}", 1, 1) for n in range(40)]
    batch += [message("S0", -9, 2), message("S0", 20, 3)]
    assert feed(*batch) == ["40"]
    assert [row(database, f"S{n}").on_hand for n in range(40)] == [1] * 40
    assert feed(*batch[41:]) == []
    assert row(database, "S0").on_hand == 21


def test_a_feed_that_falls_below_what_is_promised_shows_the_deficit(feed: Feed, database: Database):
    feed(message(quantity=5))
    database.commit(claim("reserve", "acme", "A", "n1", 4))
    assert feed(message(quantity=-3, sequence=2)) == []
    found = row(database)
    assert (found.on_hand, found.available, found.deficit) == (2, -2, 2)


def test_an_empty_batch_is_no_failure(feed: Feed, transactions: list[int]):
    assert feed() == []
    assert transactions == []
