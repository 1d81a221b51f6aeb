"""Rows of supply (table `stock`) as writes; its lines lie with the stock of their SKU."""

from __future__ import annotations

from oms.inventory.rows import TABLE, sku_partition
from oms.inventory.supply.model import Supply, SupplyLine
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put


def supply_key(tenant: str, supply_id: str) -> Key:
    """Where supply is kept."""
    return Key(f"{tenant_prefix(tenant)}SUPPLY#{supply_id}", "SUPPLY")


def line_key(tenant: str, sku: str, supply_id: str, line_no: int) -> Key:
    """Where a line of supply is kept."""
    return Key(sku_partition(tenant, sku), f"SUPPLY#{supply_id}#{line_no:04d}")


def supply_write(tenant: str, supply: Supply) -> Write:
    """Supply as it is now, held to the version before it."""
    row: Item = {"version": supply.version, "body": supply.model_dump_json(exclude_defaults=True)}
    key = supply_key(tenant, supply.id)
    return create(TABLE, key, row) if supply.version == 1 else put(TABLE, key, row, version=supply.version - 1)


def line_write(tenant: str, supply: Supply, line: SupplyLine, to_come: int) -> Write:
    """A line as it is now. The transaction is held to the version of its supply."""
    row: Item = {
        "body": line.model_dump_json(exclude_defaults=True),
        "kind": supply.kind.value,
        "node_id": supply.node_id,
        "to_come": to_come,
    }
    if supply.from_node is not None:
        row["from_node"] = supply.from_node
    return put(TABLE, line_key(tenant, line.sku, supply.id, line.line_no), row)
