"""Stores of which the ledger has heard nothing on a business date."""

from __future__ import annotations

from collections.abc import Collection

from oms.finance.lanes import Day
from oms.platform.commands import Runtime
from oms.registry.model import NodeKind
from oms.registry.reads import known_nodes


def silent_stores(runtime: Runtime, day: Day, heard: Collection[str]) -> tuple[str, ...]:
    """The active stores and sites of an entity that are not among those heard of."""
    nodes = known_nodes(runtime.database, day.tenant, runtime.clock.now())
    return tuple(
        node.id
        for node in nodes.values()
        if node.kind in (NodeKind.STORE, NodeKind.WEB)
        and node.legal_entity == day.entity
        and node.status == "active"
        and node.id not in heard
    )
