"""What other contexts may read of the registry, kept in a warm function for a minute.

An item or node that is not known is never remembered as missing, so a new one can be used at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from oms.platform.dynamodb import Database
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.model import Item, Node, in_force
from oms.registry.segments import skus_of
from oms.registry.store import CACHE_TIME, NodeCache, load_items, node_versions

_MOST_ITEMS = 20_000
_nodes = NodeCache()
_items: dict[tuple[str, str], tuple[datetime, Item]] = {}


def known_nodes(database: Database, tenant: str, now: datetime, *, named: Iterable[str] = ()) -> Mapping[str, Node]:
    """The nodes of a tenant in force now, by id; where a named one is not among those kept, all are read again."""
    return _nodes.nodes(database, tenant, now, at_least=dict.fromkeys(named, 1))


def named_node(database: Database, tenant: str, now: datetime, node_id: str, pointer: str) -> Node:
    """The node that a request names at a pointer; one that nobody knows raises InvalidRequest."""
    nodes = known_nodes(database, tenant, now, named=[node_id])
    if node_id not in nodes:
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_node", f"there is no node {node_id}")])
    return nodes[node_id]


def node_as_it_is(database: Database, tenant: str, node_id: str, now: datetime) -> Node | None:
    """A node in force now, read anew, for whoever acts on old news of it."""
    return next(iter(in_force(node_versions(database, tenant, node_id), now)), None)


def item_as_it_is(database: Database, tenant: str, sku: str) -> Item | None:
    """An item, read anew, for whoever is refused by what it was before."""
    return load_items(database, tenant, [sku]).get(sku)


def known_items(database: Database, tenant: str, skus: Iterable[str], now: datetime) -> Mapping[str, Item]:
    """The items that exist among these SKUs, by SKU; a name of stock in a segment stands for the item that it is of."""
    names = skus_of(skus)
    found = _known(database, tenant, names, now)
    return {name: item for sku, item in found.items() for name in names[sku]}


def _known(database: Database, tenant: str, skus: Iterable[str], now: datetime) -> dict[str, Item]:
    found: dict[str, Item] = {}
    wanted = []
    for sku in skus:
        loaded_at, item = _items.get((tenant, sku), (None, None))
        if loaded_at is not None and item is not None and abs(now - loaded_at) < CACHE_TIME:
            found[sku] = item
        else:
            wanted.append(sku)
    if wanted:
        loaded = load_items(database, tenant, wanted)
        if len(_items) > _MOST_ITEMS:
            _items.clear()
        _items.update({(tenant, sku): (now, item) for sku, item in loaded.items()})
        found.update(loaded)
    return found


def sold_items(database: Database, tenant: str, skus: Iterable[str], now: datetime) -> Mapping[str, Item]:
    """The items that exist among these SKUs, and the components of the kits among them."""
    found = known_items(database, tenant, skus, now)
    parts = [one.sku for item in found.values() for one in item.components]
    return {**known_items(database, tenant, parts, now), **found} if parts else found


def forget() -> None:
    """Drop what is remembered, for tests that change tables behind our back."""
    _items.clear()
    _nodes.forget()
