"""Where subscriptions, lanes, deliveries and dead letters live (table `registry`).

| access pattern | how |
|---|---|
| the subscriptions of a tenant | Query pk T#<tenant>#WEBHOOKS, sk begins SUBSCRIPTION# |
| how far an entity's events are for one | GetItem pk T#<tenant>#WEBHOOK#<subscription>#<entity>, sk LANE |
| entities that wait while it is paused | Query pk T#<tenant>#WEBHOOK#<subscription>, sk begins WAITING# |
| its deliveries, by time | Query pk T#<tenant>#WEBHOOK_LOG#<subscription>, sk <occurred at>_<event id>; for 30 days |
| dead letters of a tenant | Query pk T#<tenant>#DEAD_LETTERS, sk <occurred at>_<event id>_<subscription>; for 30 days |

What is sent are the events themselves: table `events`, partition T#<tenant>#<entity>, from EVENT#<sequence> on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.platform.dynamodb import Database, Page
from oms.platform.events import event_key, events_partition
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put, remove
from oms.webhooks.model import Delivery, Lane, Subscription

TABLE = "registry"
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is stored: what of it decides who hears it, and the envelope that is sent, as it was published."""

    id: str
    type: str
    sequence: int
    occurred_at: str
    detail: str


def subscription_key(tenant: str, subscription_id: str) -> Key:
    """Where a subscription is kept."""
    return Key(f"{tenant_prefix(tenant)}WEBHOOKS", f"SUBSCRIPTION#{subscription_id}")


def load_subscription(database: Database, tenant: str, subscription_id: str) -> Subscription | None:
    """One subscription, or None."""
    item = database.get(TABLE, subscription_key(tenant, subscription_id))
    return Subscription.model_validate_json(str(item["body"])) if item else None


def load_subscriptions(database: Database, tenant: str) -> list[Subscription]:
    """All subscriptions of a tenant, by id."""
    items = database.query(TABLE, f"{tenant_prefix(tenant)}WEBHOOKS", begins="SUBSCRIPTION#")
    return [Subscription.model_validate_json(str(item["body"])) for item in items]


def subscription_write(tenant: str, after: Subscription, before: Subscription | None) -> Write:
    """A new subscription, or a changed one, held to the version that was read."""
    item: Item = {"version": after.version, "body": after.model_dump_json()}
    key = subscription_key(tenant, after.id)
    return create(TABLE, key, item) if before is None else put(TABLE, key, item, version=before.version)


def load_lane(database: Database, tenant: str, subscription_id: str, entity: str) -> Lane:
    """How far the events of an entity are gone to a subscriber."""
    item = database.get(TABLE, _lane_key(tenant, subscription_id, entity))
    return Lane.model_validate_json(str(item["body"])) if item else Lane(entity=entity)


def lane_write(tenant: str, subscription_id: str, after: Lane, before: Lane) -> Write:
    """A lane as it is now, held to the version that was read."""
    item: Item = {"version": after.version, "body": after.model_dump_json()}
    key = _lane_key(tenant, subscription_id, after.entity)
    return create(TABLE, key, item) if not before.version else put(TABLE, key, item, version=before.version)


def waiting_write(tenant: str, subscription_id: str, entity: str, sequence: int) -> Write:
    """That an entity has events for a subscriber who is paused."""
    return put(TABLE, _waiting_key(tenant, subscription_id, entity), {"entity": entity, "sequence": sequence})


def no_longer_waiting(tenant: str, subscription_id: str, entity: str) -> Write:
    """That the events of an entity are on their way again."""
    return remove(TABLE, _waiting_key(tenant, subscription_id, entity))


def load_waiting(database: Database, tenant: str, subscription_id: str) -> Iterator[tuple[str, int]]:
    """The entities whose events wait for a subscriber, with the sequence that is known of each."""
    for item in database.query(TABLE, f"{tenant_prefix(tenant)}WEBHOOK#{subscription_id}", begins="WAITING#"):
        yield str(item["entity"]), int(str(item["sequence"]))


def load_delivery(database: Database, tenant: str, subscription_id: str, delivery_id: str) -> Delivery | None:
    """One delivery, or None."""
    item = database.get(TABLE, Key(log_partition(tenant, subscription_id), delivery_id))
    return Delivery.model_validate_json(str(item["body"])) if item else None


def deliveries_since(database: Database, tenant: str, subscription_id: str, since: str) -> Iterator[Delivery]:
    """The deliveries of a subscriber from an instant or a delivery on, oldest first."""
    for item in database.query(TABLE, log_partition(tenant, subscription_id), since=since or "0"):
        yield Delivery.model_validate_json(str(item["body"]))


def delivery_page(database: Database, tenant: str, subscription_id: str, after: str | None, limit: int) -> Page:
    """A page of the newest deliveries of a subscriber."""
    return database.query_page(TABLE, log_partition(tenant, subscription_id), begins="2", limit=limit, after=after)


def delivery_write(tenant: str, subscription_id: str, after: Delivery, before: Delivery | None, now: datetime) -> Write:
    """A delivery as it is now, held to the version that was read; it is forgotten in a month."""
    item: Item = {"version": after.version, "body": after.model_dump_json(), "expires_at": _end(now)}
    key = Key(log_partition(tenant, subscription_id), after.id)
    return create(TABLE, key, item) if before is None else put(TABLE, key, item, version=before.version)


def dead_letter_id(subscription_id: str, delivery_id: str) -> str:
    """The name of the dead letter that a delivery becomes."""
    return f"{delivery_id}_{subscription_id}"


def dead_letter_write(tenant: str, subscription_id: str, delivery: Delivery, now: datetime) -> Write:
    """That a delivery is a dead letter."""
    item: Item = {"subscription_id": subscription_id, "delivery_id": delivery.id, "expires_at": _end(now)}
    return put(TABLE, _dead_letter_key(tenant, dead_letter_id(subscription_id, delivery.id)), item)


def dead_letter_gone(tenant: str, subscription_id: str, delivery_id: str) -> Write:
    """That a delivery is no dead letter any more, if it was one."""
    return remove(TABLE, _dead_letter_key(tenant, dead_letter_id(subscription_id, delivery_id)))


def load_dead_letter(database: Database, tenant: str, letter_id: str) -> Item | None:
    """One dead letter, or None."""
    return database.get(TABLE, _dead_letter_key(tenant, letter_id))


def dead_letter_page(database: Database, tenant: str, after: str | None, limit: int) -> Page:
    """A page of the newest dead letters of a tenant."""
    return database.query_page(TABLE, _dead_letters(tenant), begins="2", limit=limit, after=after)


def events_after(database: Database, tenant: str, entity: str, sequence: int) -> Iterator[Told]:
    """The events of an entity behind one of them, in order."""
    first = event_key(tenant, entity, sequence + 1)
    for item in database.query("events", events_partition(tenant, entity), since=first.sk):
        yield _told(item)


def load_event(database: Database, tenant: str, entity: str, sequence: int) -> Told | None:
    """One event, or None."""
    item = database.get("events", event_key(tenant, entity, sequence))
    return _told(item) if item else None


def log_partition(tenant: str, subscription_id: str) -> str:
    """Where the deliveries of a subscriber are kept."""
    return f"{tenant_prefix(tenant)}WEBHOOK_LOG#{subscription_id}"


def _told(item: Mapping[str, Any]) -> Told:
    detail = str(item["detail"])
    meta = json.loads(detail)["meta"]
    return Told(meta["id"], meta["type"], meta["sequence"], meta["occurred_at"], detail)


def _lane_key(tenant: str, subscription_id: str, entity: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}WEBHOOK#{subscription_id}#{entity}", "LANE")


def _waiting_key(tenant: str, subscription_id: str, entity: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}WEBHOOK#{subscription_id}", f"WAITING#{entity}")


def _dead_letters(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}DEAD_LETTERS"


def _dead_letter_key(tenant: str, letter_id: str) -> Key:
    return Key(_dead_letters(tenant), letter_id)


def _end(now: datetime) -> int:
    return int((now + timedelta(days=KEPT_DAYS)).timestamp())
