"""Whether work keeps what was promised for its group: its last day or, where that has no days, when it is to leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.fulfillment.model import FulfillmentOrder
from oms.orders.model import Group
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.geo import metres
from oms.registry.model import Node
from oms.sourcing.arrivals import arrival, transfer
from oms.sourcing.reads import destination_of, live_services

# Why a person is told of work that was given to another node.
PROMISE_AT_RISK = "PROMISE_AT_RISK"


def late_work(
    runtime: Runtime,
    tenant: str,
    group: Group,
    nodes: Mapping[str, Node],
    works: Sequence[FulfillmentOrder],
    *,
    leaves_too: bool = False,
) -> list[FulfillmentOrder]:
    """The work of a group that breaks its promise if it is begun now; none where nothing was promised.

    With `leaves_too` also work that arrives in time, and leaves later than was promised.
    """
    promise, now = group.promise, runtime.clock.now()
    if promise is None:
        return []
    services = [one for _, one in live_services(runtime.database, tenant) if one.id == group.service]
    service, place = next(iter(services), None), destination_of(group, nodes)

    def keeps(work: FulfillmentOrder) -> bool:
        node = nodes[work.node_id]
        away = metres(node.place, place)
        if group.pickup_node is not None:
            sent = transfer(node, service, away, nodes[group.pickup_node], now)
        else:
            sent = arrival(node, service, away, now)
        if sent is None or sent.leaves is None:
            return False
        leaves = promise.ship_by is None or format_instant(sent.leaves) <= promise.ship_by
        if promise.latest is None:
            return leaves
        arrives = sent.latest is not None and sent.latest.isoformat() <= promise.latest
        return arrives and (leaves or not leaves_too)

    return [work for work in works if not keeps(work)]
