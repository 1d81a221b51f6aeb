"""Where notices live in table `orders`.

| what | pk | sk |
|---|---|---|
| a notice | T#<tenant>#NOTICES#<order id> | NOTICE#<id> |

The id of a notice follows from what it is about, so there is one for each. What it tells of is an event of table
`events`, read by its key (T#<tenant>#<entity>, EVENT#<number>).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from oms.notifications.model import Cause, Notice
from oms.platform.dynamodb import Database
from oms.platform.events import event_key
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put

TABLE = "orders"


def load_notice(database: Database, tenant: str, order_id: str, notice_id: str) -> Notice | None:
    """One notice of an order, or None."""
    item = database.get(TABLE, _key(tenant, order_id, notice_id))
    return Notice.model_validate_json(str(item["body"])) if item else None


def load_notices(database: Database, tenant: str, order_id: str) -> list[Notice]:
    """All notices of an order, oldest first."""
    items = database.query(TABLE, _partition(tenant, order_id), begins="NOTICE#")
    found = [Notice.model_validate_json(str(item["body"])) for item in items]
    return sorted(found, key=_age)


def load_cause(database: Database, tenant: str, cause: Cause) -> Mapping[str, Any]:
    """What the event says that a notice tells of."""
    item = database.get("events", event_key(tenant, cause.entity, cause.sequence))
    if item is None:
        raise LookupError(f"{cause.entity} has no event {cause.sequence}")
    data: Mapping[str, Any] = json.loads(str(item["detail"]))["data"]
    return data


def notice_write(tenant: str, notice: Notice, before: Notice | None) -> Write:
    """A new notice, or a changed one, held to the version that was read."""
    key = _key(tenant, notice.order_id, notice.id)
    item: Item = {"version": notice.version, "body": notice.model_dump_json()}
    return create(TABLE, key, item) if before is None else put(TABLE, key, item, version=before.version)


def _age(notice: Notice) -> tuple[str, bool, int, str]:
    """Of those of one instant first what was told first, and then what was asked for again."""
    return (notice.created_at, notice.resend_of is not None, notice.cause.sequence, notice.id)


def _partition(tenant: str, order_id: str) -> str:
    return f"{tenant_prefix(tenant)}NOTICES#{order_id}"


def _key(tenant: str, order_id: str, notice_id: str) -> Key:
    return Key(_partition(tenant, order_id), f"NOTICE#{notice_id}")
