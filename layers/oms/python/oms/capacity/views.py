"""The capacity of a node as it is shown."""

from __future__ import annotations

from oms.capacity.model import Limited, Pause
from oms.capacity.reads import room_of
from oms.capacity.store import load_pause
from oms.capacity.writes import counter_key
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.registry.model import Node
from oms.registry.reads import known_nodes


def read_capacity(runtime: Runtime, principal: Principal, node_id: str) -> dict[str, Value]:
    """What a node may still take on; an unknown node and one that is not the caller's raise NotFound."""
    node = own_node(runtime, principal, "fulfillment.read", node_id)
    pause = load_pause(runtime.database, principal.tenant, node_id)
    return capacity_document(runtime, principal.tenant, node, pause)


def own_node(runtime: Runtime, principal: Principal, permission: str, node_id: str) -> Node:
    """A node of the caller; unknown or somebody else's raises NotFound."""
    authorize(principal, permission, counter_key(principal.tenant, node_id, "").pk, node=node_id)
    nodes = known_nodes(runtime.database, principal.tenant, runtime.clock.now(), named=[node_id])
    if node_id not in nodes:
        raise NotFound(f"There is no node {node_id}.")
    return nodes[node_id]


def capacity_document(runtime: Runtime, tenant: str, node: Node, pause: Pause | None) -> dict[str, Value]:
    """The pause of a node, where it is paused, and each of its limits with what is taken of it in this period."""
    now = runtime.clock.now()
    room = room_of(runtime.database, tenant, {node.id: node}, [node.id], now)
    paused = pause is not None and pause.holds(format_instant(now))
    return {
        "node_id": node.id,
        "pause": {"reason": pause.reason, "until": pause.until} if pause is not None and paused else None,
        "limits": [_limit(one) for one in room.limited.get(node.id, ())],
        "version": pause.version if pause else 0,
        "available_actions": ["pause", "resume"] if paused else ["pause"],
    }


def _limit(one: Limited) -> dict[str, Value]:
    return {
        "of": one.limit.of,
        "per": one.limit.per,
        "currency": one.limit.currency,
        "most": one.limit.most,
        "period": one.use.period.partition("#")[2],
        "taken": one.taken,
        "left": one.left,
    }
