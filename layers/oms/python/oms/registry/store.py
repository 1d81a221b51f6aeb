"""Reading and writing the registry (table `registry`).

| access pattern | how |
|---|---|
| all versions of all nodes of a tenant | Query pk T#<tenant>#NODE |
| all versions of one node | the same, sk begins NODE#<id># |
| one item, or many | BatchGet pk T#<tenant>#ITEM#<sku>, sk ITEM |

A version of a node is one row, sk NODE#<id>#<effective from>#<version>: rows are added and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item as Row
from oms.platform.writes import Key, Write, create, put
from oms.registry.model import Item, Node, in_force

TABLE = "registry"
CACHE_TIME = timedelta(seconds=60)


def load_nodes(database: Database, tenant: str, at: datetime) -> list[Node]:
    """The nodes of a tenant as they are in force at an instant, by id."""
    return in_force(node_versions(database, tenant), at)


def node_versions(database: Database, tenant: str, node_id: str | None = None) -> list[Node]:
    """Every version of every node, or of one node."""
    begins = "NODE#" if node_id is None else f"NODE#{node_id}#"
    rows = database.query(TABLE, f"{tenant_prefix(tenant)}NODE", begins=begins)
    return [Node.model_validate_json(str(row["body"])) for row in rows]


def load_items(database: Database, tenant: str, skus: Iterable[str]) -> dict[str, Item]:
    """The items that exist among these SKUs."""
    keys = [(TABLE, item_key(tenant, sku)) for sku in dict.fromkeys(skus)]
    found = database.get_many(keys)
    items = [Item.model_validate_json(str(row["body"])) for row in found.values()]
    return {item.sku: item for item in items}


def item_key(tenant: str, sku: str) -> Key:
    """Where an item is kept."""
    return Key(f"{tenant_prefix(tenant)}ITEM#{sku}", "ITEM")


def node_write(tenant: str, node: Node) -> Write:
    """One more version of a node."""
    sort = f"NODE#{node.id}#{format_instant(node.effective_from)}#{node.version:06d}"
    row: Row = {"version": node.version, "body": node.model_dump_json()}
    return create(TABLE, Key(f"{tenant_prefix(tenant)}NODE", sort), row)


def item_write(tenant: str, item: Item) -> Write:
    """An item: made when this is its first version, else stored over the version before."""
    row: Row = {"version": item.version, "body": item.model_dump_json()}
    key = item_key(tenant, item.sku)
    return create(TABLE, key, row) if item.version == 1 else put(TABLE, key, row, version=item.version - 1)


class NodeCache:
    """The nodes of a tenant kept in a warm function for 60 seconds by the caller's clock.

    Versions that begin later are kept too, so a planned change takes effect on time.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, list[Node]]] = {}

    def forget(self) -> None:
        """Read everything again next time."""
        self._kept.clear()

    def nodes(
        self, database: Database, tenant: str, now: datetime, *, at_least: Mapping[str, int] | None = None
    ) -> dict[str, Node]:
        """The nodes in force now, by id.

        `at_least` names versions that the caller knows to exist; where one is missing the nodes are read again.
        """
        loaded_at, versions = self._kept.get(tenant, (None, []))
        newest: dict[str, int] = {}
        for node in versions:
            newest[node.id] = max(newest.get(node.id, 0), node.version)
        behind = any(newest.get(node_id, 0) < version for node_id, version in (at_least or {}).items())
        if loaded_at is None or behind or not timedelta() <= now - loaded_at < CACHE_TIME:
            versions = node_versions(database, tenant)
            self._kept[tenant] = (now, versions)
        return {node.id: node for node in in_force(versions, now)}
