"""What suppliers ask for (table `registry`).

| access pattern | how |
|---|---|
| what a supplier asks for some items | BatchGet pk T#<tenant>#ITEM#<sku>, sk SUPPLIER#<node> |
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Write, put
from oms.purchasing.model import SupplierItem

TABLE = "registry"


def supplier_item_key(tenant: str, node_id: str, sku: str) -> Key:
    """Where it is kept what a supplier asks for an item."""
    return Key(f"{tenant_prefix(tenant)}ITEM#{sku}", f"SUPPLIER#{node_id}")


def supplier_item_write(tenant: str, item: SupplierItem) -> Write:
    """What a supplier asks for an item from now on."""
    return put(TABLE, supplier_item_key(tenant, item.node_id, item.sku), {"body": item.model_dump_json()})


def load_supplier_items(
    database: Database, tenant: str, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], SupplierItem]:
    """What is known of items at suppliers, by node and SKU, read consistently."""
    keys = [(TABLE, supplier_item_key(tenant, node_id, sku)) for node_id, sku in dict.fromkeys(wanted)]
    found = database.get_many(keys)
    items = [SupplierItem.model_validate_json(str(row["body"])) for row in found.values()]
    return {(item.node_id, item.sku): item for item in items}
