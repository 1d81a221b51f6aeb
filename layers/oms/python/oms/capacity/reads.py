"""What other contexts may ask about how much nodes take on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from oms.capacity.model import Limited, Pause, Room, uses_of
from oms.capacity.store import load_counters, load_pauses
from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database
from oms.registry.model import Node


def room_of(
    database: Database, tenant: str, nodes: Mapping[str, Node], candidates: Iterable[str], now: datetime
) -> Room:
    """What some nodes may still take on now; of the others only whether they are paused."""
    uses = {
        node_id: uses_of(nodes[node_id], now)
        for node_id in dict.fromkeys(candidates)
        if node_id in nodes and nodes[node_id].capacity
    }
    periods = sorted({(node_id, use.period) for node_id, own in uses.items() for use in own})
    counters = load_counters(database, tenant, periods) if periods else {}
    limited = {
        node_id: [
            Limited(limit, use, _taken(counters.get((node_id, use.period), {}), use.counter))
            for limit, use in zip(nodes[node_id].capacity, own, strict=True)
        ]
        for node_id, own in uses.items()
    }
    at = format_instant(now)
    paused = frozenset(one.node_id for one in load_pauses(database, tenant) if one.holds(at))
    return Room(limited, paused)


def pauses_of(database: Database, tenant: str) -> list[Pause]:
    """The pauses of nodes, for whoever asks about another instant."""
    return load_pauses(database, tenant)


def _taken(counter: Mapping[str, object], name: str) -> int:
    amount = counter.get(name, 0)
    assert isinstance(amount, int), f"{name} is not a number"
    return amount
