"""Nodes and items as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.platform.problems import NotFound
from oms.registry.model import Item, Node, in_force, upcoming
from oms.registry.requests import NodeFilter
from oms.registry.store import load_items, node_versions


def read_node(database: Database, tenant: str, node_id: str, at: datetime) -> dict[str, Any]:
    """One node as it is in force at an instant, with the changes planned after it; raises NotFound."""
    versions = node_versions(database, tenant, node_id)
    if not versions:
        raise NotFound()
    return node_document(versions, at)


def list_nodes(database: Database, tenant: str, wanted: NodeFilter, now: datetime) -> dict[str, Any]:
    """A page of the nodes in force at an instant, by id; `next_cursor` is that of the page after it."""
    at = wanted.at or now
    versions = node_versions(database, tenant)
    nodes = [
        node
        for node in in_force(versions, at)
        if (wanted.kind is None or node.kind == wanted.kind) and (wanted.cursor is None or node.id > wanted.cursor)
    ]
    page = nodes[: wanted.limit]
    own = [[version for version in versions if version.id == node.id] for node in page]
    return {
        "nodes": [node_document(versions_of_one, at) for versions_of_one in own],
        "next_cursor": page[-1].id if len(nodes) > len(page) else None,
    }


def read_item(database: Database, tenant: str, sku: str) -> dict[str, Any]:
    """One item; raises NotFound."""
    item = load_items(database, tenant, [sku]).get(sku)
    if item is None:
        raise NotFound()
    return item_document(item)


def node_document(versions: Sequence[Node], at: datetime) -> dict[str, Any]:
    """A node from all its versions: what holds at an instant, or else what will first.

    `version` is the newest change, to be named in If-Match; `in_force` says which change holds (null: none yet).
    """
    holding, planned = in_force(versions, at), upcoming(versions, at)
    shown = (holding or planned)[0]
    return {
        **_version_document(shown),
        "version": max(node.version for node in versions),
        "in_force": holding[0].version if holding else None,
        "upcoming": [_version_document(node) for node in planned],
        "available_actions": ["put_node"],
    }


def item_document(item: Item) -> dict[str, Any]:
    """An item."""
    return {**item.model_dump(mode="json", exclude={"told"}), "available_actions": ["put_item"]}


def _version_document(node: Node) -> dict[str, Any]:
    document = node.model_dump(mode="json", exclude={"latitude_microdegrees", "longitude_microdegrees"})
    return {
        **document,
        "latitude": _degrees(node.latitude_microdegrees),
        "longitude": _degrees(node.longitude_microdegrees),
        "effective_from": format_instant(node.effective_from),
    }


def _degrees(microdegrees: int) -> float:
    """For the answer only: six decimals come out exactly as they went in."""
    return microdegrees / 1_000_000
