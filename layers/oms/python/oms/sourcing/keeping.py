"""Which nodes keep what was promised for a group: its last day or, where that has no days, when it leaves or is ready.

A plan asks nodes that are too late only for what nobody else has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oms.orders.model import Group
from oms.orders.request import Method
from oms.platform.clock import parse_instant
from oms.platform.dynamodb import Database
from oms.platform.geo import Place, metres
from oms.registry.model import Node
from oms.sourcing.arrivals import arrival, pickup, transfer
from oms.sourcing.rates import Service
from oms.sourcing.reads import destination_of, live_services

# Where no fixed moment of collection says when goods leave, they leave later by as long as the customer took to order,
# which may be half an hour, and the order to be paid. Nobody is told of these minutes.
_MINUTES_TO_ORDER = timedelta(hours=1)


def late_nodes(
    database: Database,
    tenant: str,
    groups: Iterable[Group],
    nodes: Mapping[str, Node],
    giving: Iterable[str],
    now: datetime,
    *,
    leaves_too: bool = False,
) -> dict[int, frozenset[str]]:
    """Which of the `giving` nodes break the promise of each group, by its number, if they begin now.

    Groups without a promise are not named; an order without any costs no read. With `leaves_too` goods also break it
    that arrive in time and leave later than was promised.
    """
    bound = [group for group in groups if group.promise is not None]
    if not bound:
        return {}
    services: dict[str, Service] = {}
    for _, one in live_services(database, tenant):
        services.setdefault(one.id, one)
    asked = {node_id: nodes[node_id] for node_id in giving if node_id in nodes}
    found = {}
    for group in bound:
        service, place = services.get(group.service or ""), destination_of(group, nodes)
        late = (
            node_id
            for node_id, node in asked.items()
            if not _keeps(group, node, nodes, service, place, now, leaves_too)
        )
        found[group.group_no] = frozenset(late)
    return found


def _keeps(
    group: Group,
    node: Node,
    nodes: Mapping[str, Node],
    service: Service | None,
    place: Place | None,
    now: datetime,
    leaves_too: bool,
) -> bool:
    promise = group.promise
    assert promise is not None
    if group.method is Method.PICKUP:
        there = pickup(node, now)
        return there is not None and not _after(there.ready, promise.ready_at, _MINUTES_TO_ORDER)
    away = metres(node.place, place)
    if group.pickup_node is not None:
        sent = transfer(node, service, away, nodes[group.pickup_node], now)
    else:
        sent = arrival(node, service, away, now)
    if sent is None or sent.leaves is None:
        return False
    fixed = node.lead_time.collections is not None
    leaves = not _after(sent.leaves, promise.ship_by, timedelta() if fixed else _MINUTES_TO_ORDER)
    if promise.latest is None:
        return leaves
    arrives = sent.latest is not None and sent.latest.isoformat() <= promise.latest
    return arrives and (leaves or not leaves_too)


def _after(moment: datetime | None, promised: str | None, minutes: timedelta) -> bool:
    return promised is not None and (moment is None or moment > parse_instant(promised) + minutes)


def keeps_through_hub(
    group: Group,
    senders: Iterable[str],
    hub_id: str,
    nodes: Mapping[str, Node],
    service: Service | None,
    now: datetime,
) -> bool:
    """Whether the promise of a group is kept where its units go by one service to a hub, and in one parcel from there.

    Without days of transit nobody knows, so the promise is not risked.
    """
    if group.promise is None:
        return True
    hub, zone, begins = nodes[hub_id], ZoneInfo(nodes[hub_id].time_zone), now
    for node_id in senders:
        sent = arrival(nodes[node_id], service, metres(nodes[node_id].place, hub.place), now)
        if sent is None or sent.latest is None:
            return False
        # What comes on a day is there when the day begins, as for a store that others send to.
        came = datetime(sent.latest.year, sent.latest.month, sent.latest.day, tzinfo=zone).astimezone(UTC)
        begins = max(begins, came)
    parcel = arrival(hub, service, metres(hub.place, destination_of(group, nodes)), begins)
    if parcel is None or parcel.leaves is None:
        return False
    if group.promise.latest is None:
        return not _after(parcel.leaves, group.promise.ship_by, timedelta())
    return parcel.latest is not None and parcel.latest.isoformat() <= group.promise.latest
