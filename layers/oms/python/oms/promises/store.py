"""Reading and writing promises (table `commands`).

| access pattern | how |
|---|---|
| a promise | GetItem T#<tenant>#PROMISE#<id>, sk PROMISE |
"""

from __future__ import annotations

from datetime import timedelta

from oms.platform.clock import parse_instant
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Write, create
from oms.promises.model import Promise

TABLE = "commands"
# What an order was held to is on the order; the promise itself is kept for whoever asks what else was offered.
_KEPT = timedelta(days=90)


def promise_key(tenant: str, promise_id: str) -> Key:
    """Where a promise is kept."""
    return Key(f"{tenant_prefix(tenant)}PROMISE#{promise_id}", "PROMISE")


def load_promise(database: Database, tenant: str, promise_id: str) -> Promise | None:
    """One promise, or None."""
    item = database.get(TABLE, promise_key(tenant, promise_id))
    return Promise.model_validate_json(str(item["body"])) if item else None


def new_promise(tenant: str, promise: Promise) -> Write:
    """A promise that must not exist yet; DynamoDB forgets it by itself."""
    forgotten = parse_instant(promise.expires_at) + _KEPT
    body = promise.model_dump_json(exclude_defaults=True)
    return create(TABLE, promise_key(tenant, promise.id), {"body": body, "expires_at": int(forgotten.timestamp())})
