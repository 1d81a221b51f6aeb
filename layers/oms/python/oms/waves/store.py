"""Where pick waves live in table `orders`.

| access pattern | how |
|---|---|
| one wave | GetItem pk T#<tenant>#WAVE#<id>, sk WAVE |
| the work of a wave, and whose it is | BatchGet of the orders' own items |
| work of a node that waits | index `by_status`, see orders/store.py |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from oms.fulfillment.model import FulfillmentOrder
from oms.orders.store import agreed_key, work_key
from oms.platform.dynamodb import Database
from oms.platform.ids import parent_id
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put
from oms.waves.model import Wave

TABLE = "orders"


def wave_key(tenant: str, wave_id: str) -> Key:
    """Where a wave is kept."""
    return Key(f"{tenant_prefix(tenant)}WAVE#{wave_id}", "WAVE")


def load_wave(database: Database, tenant: str, wave_id: str) -> Wave | None:
    """One wave as it is stored, or None."""
    item = database.get(TABLE, wave_key(tenant, wave_id))
    return Wave.model_validate_json(str(item["body"])) if item else None


def wave_write(tenant: str, wave: Wave) -> Write:
    """A wave as it is now; a change is held to the version before it."""
    item: Item = {"version": wave.version, "body": wave.model_dump_json(exclude_defaults=True)}
    key = wave_key(tenant, wave.id)
    return create(TABLE, key, item) if wave.version == 1 else put(TABLE, key, item, version=wave.version - 1)


def load_works(database: Database, tenant: str, work_ids: Iterable[str]) -> dict[str, FulfillmentOrder]:
    """Some work by id, as it is now."""
    keys = {work_id: work_key(tenant, parent_id("ord", work_id), work_id) for work_id in work_ids}
    found = database.get_many([(TABLE, key) for key in keys.values()])
    return {
        work_id: FulfillmentOrder.model_validate_json(str(found[TABLE, key]["body"]))
        for work_id, key in keys.items()
        if (TABLE, key) in found
    }


def load_external_ids(database: Database, tenant: str, order_ids: Iterable[str]) -> Mapping[str, str]:
    """What the channels of some orders call them."""
    keys = {order_id: agreed_key(tenant, order_id) for order_id in dict.fromkeys(order_ids)}
    found = database.get_many([(TABLE, key) for key in keys.values()])
    return {
        order_id: str(json.loads(str(found[TABLE, key]["body"]))["external_id"])
        for order_id, key in keys.items()
        if (TABLE, key) in found
    }
