"""From the stream of stored events to the queue of outgoing webhooks: who is to hear of something.

A message says only that there is something new of an entity; whoever takes it reads the events themselves, in order. So
messages may come late, twice or in any order, and a tenant without subscribers costs one read for a batch of events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oms.platform.commands import Runtime
from oms.webhooks.messages import Work
from oms.webhooks.model import Subscription
from oms.webhooks.store import load_subscriptions

Send = Callable[[str], None]


def queue_webhooks(runtime: Runtime, records: Sequence[Mapping[str, Any]], send: Send) -> None:
    """Put work on the queue for every subscriber who is to hear of these records of table `events`."""
    for tenant, told in _by_tenant(records).items():
        subscriptions = load_subscriptions(runtime.database, tenant)
        for work in _works(tenant, told, subscriptions):
            send(work.body())


def _by_tenant(records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record["eventName"] == "INSERT":
            envelope = json.loads(record["dynamodb"]["NewImage"]["detail"]["S"])
            found.setdefault(envelope["meta"]["tenant"], []).append(envelope)
    return found


def _works(tenant: str, told: Sequence[Mapping[str, Any]], subscriptions: Sequence[Subscription]) -> list[Work]:
    newest: dict[tuple[str, str], int] = {}
    works: list[Work] = []
    for envelope in told:
        meta, data = envelope["meta"], envelope["data"]
        for subscription in subscriptions:
            if subscription.wants(meta["type"]):
                lane = (subscription.id, meta["entity"])
                newest[lane] = max(newest.get(lane, 0), meta["sequence"])
        if meta["type"] == "WebhookSubscriptionResumed":
            works.append(Work(kind="drain", tenant=tenant, subscription_id=data["subscription_id"]))
        if meta["type"] == "WebhookRedeliveryRequested":
            wanted = {name: data[name] for name in ("delivery_ids", "occurred_from", "occurred_to")}
            works.append(Work(kind="redeliver", tenant=tenant, subscription_id=data["subscription_id"], **wanted))
    lanes = [
        Work(kind="lane", tenant=tenant, subscription_id=name, entity=entity, sequence=sequence)
        for (name, entity), sequence in newest.items()
    ]
    return [*works, *lanes]
