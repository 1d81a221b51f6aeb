"""A small finance world for tests: the template's tables in moto, a clock that stands still, and facts to post.

from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

def test_something(books):
    assert deliver(books, [authorized("O1", 11325)]) == []
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from oms.finance.closing import store as closing_store
from oms.finance.closing.commands import close_sealed_day, finish_seal
from oms.finance.closing.model import Seal, SealState
from oms.finance.commands import Books
from oms.finance.consumer import post_batch
from oms.finance.lanes import Day, StoreDay
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_day
from oms.platform.clock import FixedClock, format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.dynamodb import Database
from oms.platform.principal import system_principal
from oms.platform.settings import setting, table_name
from oms.registry import reads as registry
from tests.moto_resources import create
from tests.template import REGION, Deployed, template

TENANT = "demo"
ENTITY = "100"
STORE = "web"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
FUNCTIONS = ("post_ledger", "finance_export", "finance", "drawers", "settlements", "number_documents")
TABLES = ("ledger", "events", "commands", "registry")


@pytest.fixture(scope="module")
def finance_cloud() -> Iterator[Deployed]:
    """AWS in memory, made once for a module's tests, in the environment of the finance functions."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(variable, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("POWERTOOLS_SERVICE_NAME", "tests")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        made = create(template())
        made.enter(patch, *FUNCTIONS)
        yield made


@pytest.fixture
def books(finance_cloud: Deployed) -> Books:
    """What a freshly started function has, over empty tables and an empty bucket."""
    made = make_books()
    clear(made)
    return made


def clear(books: Books) -> None:
    """Empty the tables and the bucket, and forget what was read from them."""
    client = books.runtime.database.client
    for name in (table_name(table) for table in TABLES):
        for row in client.scan(TableName=name)["Items"]:
            client.delete_item(TableName=name, Key={"pk": row["pk"], "sk": row["sk"]})
    s3 = boto3.client("s3")
    for version in s3.list_object_versions(Bucket=bucket_name()).get("Versions", []):
        s3.delete_object(Bucket=bucket_name(), Key=version["Key"], VersionId=version["VersionId"])
    registry.forget()
    books.ends.clear()


def bucket_name() -> str:
    return setting("EXPORT_BUCKET")


def rows_of(table: str, begins: str = "") -> list[dict[str, Any]]:
    """The stored rows of a table whose partition begins with a text, as DynamoDB keeps them."""
    rows = boto3.client("dynamodb").scan(TableName=table_name(table))["Items"]
    return [row for row in rows if row["pk"]["S"].startswith(begins)]


def make_books(at: datetime = NOON, *, seed: int = 1) -> Books:
    """What a freshly started function would have, except that it never waits."""
    client = boto3.client("dynamodb")
    runtime = Runtime(FixedClock(at), database=Database(client), random=Random(seed), pause=lambda _: None)
    return Books(runtime)


def event(type_: str, data: Mapping[str, Any], *, id: str = "evt_1", at: datetime = NOON) -> dict[str, Any]:
    """An event as the bus delivers it."""
    meta = {
        "id": id,
        "type": type_,
        "version": 1,
        "occurred_at": format_instant(at),
        "correlation_id": id,
        "causation_id": id,
        "tenant": TENANT,
    }
    return {"source": "spine", "detail-type": type_, "detail": {"meta": meta, "data": dict(data)}}


def queue(*events: Mapping[str, Any]) -> dict[str, Any]:
    """An SQS batch of events, with message ids m0, m1, …"""
    return {"Records": [{"messageId": f"m{n}", "body": json.dumps(entry)} for n, entry in enumerate(events)]}


def deliver(books: Books, events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Post one batch; returns the ids of the messages that failed."""
    answer = post_batch(books, queue(*events))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


_SELLER = {"currency": "USD", "legal_entity": ENTITY, "store": STORE, "channel": "shop"}


def authorized(order: str, amount: int, **other: Any) -> dict[str, Any]:
    data = {**_payment(order), "psp_reference": f"auth-{order}", "amount": amount, **_SELLER, **other}
    return event("PaymentAuthorized", data, id=f"evt-auth-{order}")


def captured(order: str, amount: int, *, capture: str = "1", **other: Any) -> dict[str, Any]:
    data = {
        **_payment(order),
        "psp_reference": f"auth-{order}",
        "capture_id": f"cap-{order}-{capture}",
        "amount": amount,
        "released": 0,
        "final": True,
        "shipment_ids": [f"shp-{order}-{capture}"],
        **_SELLER,
        **other,
    }
    return event("PaymentCaptured", data, id=f"evt-cap-{order}-{capture}")


def released(order: str, amount: int, *, release: str = "1", **other: Any) -> dict[str, Any]:
    data = {**_payment(order), "release_id": f"rel-{order}-{release}", "amount": amount, **_SELLER, **other}
    return event("PaymentReleased", data, id=f"evt-rel-{order}-{release}")


def shipped(
    order: str, goods: int, *, shipping: int = 0, tax: int = 0, discount: int = 0, shipment: str = "1", **other: Any
) -> dict[str, Any]:
    data = {
        "order_id": f"ord_{order}",
        "fulfillment_order_id": f"ful_{order}",
        "shipment_id": f"shp-{order}-{shipment}",
        "node_id": "DC1",
        "mode": "ship",
        "goods": goods,
        "discount": discount,
        "shipping": shipping,
        "tax": tax,
        "total": goods - discount + shipping + tax,
        "lines": [{"line_no": 1, "sku": "A", "quantity": 1}],
        **_SELLER,
        **other,
    }
    return event("ShipmentShipped", data, id=f"evt-shp-{order}-{shipment}")


def _payment(order: str) -> dict[str, Any]:
    return {"order_id": f"ord_{order}", "payment_id": f"pay_{order}", "tender": "card", "provider": "fakepsp"}


def day(on: date = TODAY, entity: str = ENTITY) -> Day:
    return Day(TENANT, entity, on)


def close_day(books: Books, on: date = TODAY, entity: str = ENTITY, *, tenant: str = TENANT) -> None:
    """Seal every store of a day whatever stands against it, and close the day."""
    wanted = Day(tenant, entity, on)
    now = books.runtime.clock.now()
    for one in closing_store.stores(books.runtime.database, wanted):
        call = Call("seal_day", system_principal(tenant, "tests"), f"{on}-{entity}-{one.store}", "", None, "evt_1")
        if one.state is not SealState.SEALED:
            finish_seal(books.runtime, call, StoreDay(wanted, one.store), lambda: Seal(sealed_by="t", sealed_at=now))
    assert close_sealed_day(books.runtime, wanted)


def entries_on(books: Books, on: date = TODAY, entity: str = ENTITY) -> list[PostedEntry]:
    """What stands in the ledger of one day."""
    return list(entries_of_day(books.runtime.database, day(on, entity)))


def net_change(entries: Iterable[PostedEntry]) -> dict[str, int]:
    """Debit less credit per account, in minor units, without the accounts that did not change."""
    net: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            net[line.account] = net.get(line.account, 0) + line.debit - line.credit
    return {account: amount for account, amount in sorted(net.items()) if amount}


class WriteMeter:
    """Counts the write units of committed transactions, by item size as DynamoDB bills them.

    A transaction costs two units per begun KB of each item, and the index one per begun KB of an entry that it holds.
    """

    def __init__(self, books: Books) -> None:
        self.units = 0
        self.transactions = 0
        self.largest_item = 0
        events = books.runtime.database.client.meta.events
        events.register("provide-client-params.dynamodb.TransactWriteItems", self._count)

    def _count(self, params: dict[str, Any], **_: Any) -> None:
        self.transactions += 1
        for action in params["TransactItems"]:
            ((_, request),) = action.items()
            item = request.get("Item") or request["Key"]
            size = sum(len(name.encode()) + _size(value) for name, value in item.items())
            self.largest_item = max(self.largest_item, size)
            begun = -(-size // 1024)
            self.units += 2 * begun + (begun if "gsi1pk" in item else 0)


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, content),) = attribute.items()
    if kind == "L":
        return 3 + sum(1 + _size(entry) for entry in content)
    return 1 if kind in ("BOOL", "NULL") else len(str(content).encode())
