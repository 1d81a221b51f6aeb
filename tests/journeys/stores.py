"""Stores as the journeys play them: a store of its own, its counter and till, and what customers find in their mail."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

from local.state import Answer
from tests.journeys.shop import Shop, until

ANN = {"name": "Ann Smith", "email": "ann@example.com"}
ZONE = ZoneInfo("America/New_York")


def rules_of(shop: Shop, path: str, content: dict[str, Any]) -> None:
    """Let rules that are new hold from now on."""
    put = shop.running.call("acme-operator", "PUT", path, content, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    headers, key = {"if-match": "1"}, uuid.uuid4().hex
    body = {"number": 1}
    promoted = shop.running.call("acme-operator", "POST", f"{path}/promotions", body, key=key, headers=headers)
    assert promoted.status == 200, promoted.body


def store_of_its_own(
    shop: Shop, rule: dict[str, Any] | None = None, journeys: tuple[str, ...] = ("pickup",), **more: Any
) -> str:
    """A store that is always open unless it says `hours`, perhaps with a collection rule of its own."""
    name = f"store-{uuid.uuid4().hex[:8]}"
    node = {
        "kind": "store",
        "name": "Pickup store",
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
        "latitude": 40.7,
        "longitude": -74.0,
        "time_zone": "America/New_York",
        "journeys": list(journeys),
        **more,
    }
    put = shop.running.call("acme-operator", "PUT", f"/v1/nodes/{name}", {"id": name, **node}, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    if rule is not None:
        rules_of(shop, f"/v1/collection-rules/{name}", {"rules": [{"id": name, "nodes": [name], **rule}]})
    return name


def does(shop: Shop, work_id: str, *verbs: str, **body: Any) -> None:
    """Steps of a node that are taken; the last one says `body`."""
    for verb in verbs:
        answer = shop.node_does(work_id, verb, body if verb == verbs[-1] else None)
        assert answer.status == 200, (verb, answer.body)


def refused(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status, answer.json()["code"]


def units(shop: Shop, sku: str, node: str) -> tuple[int, int, int]:
    """How many units are on hand, allocated and available."""
    row = shop.stock(sku, node)
    return row["on_hand"], row["allocated"], row["available"]


def mail(shop: Shop, order_id: str, subject: str) -> tuple[str, str]:
    """The address and the text of the message about an order whose subject begins so, once it is in the mail folder."""
    return until(lambda: next(_found(shop, order_id, subject), None), f"no message '{subject}' about {order_id} came")


def subjects(shop: Shop, order_id: str) -> list[str]:
    """The subjects of all messages about an order, in the order of the alphabet."""
    return sorted(str(message["Subject"]) for message in _messages(shop, order_id))


def _found(shop: Shop, order_id: str, subject: str) -> Iterator[tuple[str, str]]:
    for message in _messages(shop, order_id):
        if message["Subject"].startswith(subject):
            body = message.get_body(("plain",))
            assert body is not None
            yield str(message["To"]), body.get_content()


def _messages(shop: Shop, order_id: str) -> Iterator[Any]:
    s3, bucket = shop.running.aws("s3"), shop.running.outputs["IntakeBucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"notices/acme/{order_id}/").get("Contents", [])
    for one in listed:
        yield message_from_bytes(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read(), policy=default)


def midnight(day: int) -> datetime:
    """The midnight in New York that so many days from now begins; 1 is tonight's."""
    today = datetime.now(ZONE).date()
    return datetime.combine(today + timedelta(days=day), datetime.min.time(), ZONE)


def shown(instant: datetime) -> str:
    """An instant as the API writes it."""
    return instant.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def sale(shop: Shop, store: str, *lines: dict[str, Any], tenders: list[dict[str, Any]], **more: Any) -> Answer:
    """The answer to a sale at a till of a store."""
    total = sum(one["total"] for one in lines)
    body = {
        "node_id": store,
        "workstation": "till-1",
        "business_date": datetime.now(ZONE).date().isoformat(),
        "sequence": 1,
        "type": "sale",
        "cashier": "ann",
        "currency": "USD",
        "lines": list(lines),
        "totals": {"goods": total, "total": total},
        "tenders": tenders,
        **more,
    }
    return shop.post("/v1/pos/transactions", body, client="acme-operator")
