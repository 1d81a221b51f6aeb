"""The hubs of an order that becomes work: read what its groups are weighed by, and weigh them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.inventory.ages import NO_AGES
from oms.orders.model import Group, Line, Order
from oms.platform.commands import Runtime
from oms.registry.model import Node, weights_of
from oms.registry.reads import sold_items
from oms.sourcing.consolidating import Parcels, may_be_one, weigh
from oms.sourcing.decision_log import HubDecision
from oms.sourcing.legs import Hub
from oms.sourcing.rates import Service
from oms.sourcing.reads import about_order, country_of, live_services, live_steps
from oms.sourcing.strategy import Step, steps_about, steps_for
from oms.sourcing.works import Move, items_of


def hubs_for(
    runtime: Runtime, tenant: str, order: Order, nodes: Mapping[str, Node], moves: Sequence[Move]
) -> tuple[dict[int, Hub], list[HubDecision]]:
    """The hubs of the groups of an order whose units several nodes have, and why each has one or none.

    It costs no read where each group has one node, or nobody asks for one parcel.
    """
    several = [(group, parts) for group in order.header.groups if (parts := _parts(group, moves))]
    asked = order.header.consolidate
    if not several or not (asked or order.header.may_be_consolidated):
        return {}, []
    live = live_steps(runtime.database, tenant)
    now = runtime.clock.now()
    lines = [move.line for _, parts in several for own in parts.values() for move in own]
    items = sold_items(runtime.database, tenant, items_of(lines), now)
    weights, about = weights_of(items), steps_about(live, items, NO_AGES, about_order(order.header))
    hubs, told = {}, []
    for group, parts in several:
        steps: list[Step] = steps_for(about, order.header.channel, group.method, country_of(group, nodes))
        service = _service(runtime, tenant, group) if group.promise is not None else None
        grams = {node_id: sum(_grams(move, weights) for move in own) for node_id, own in parts.items()}
        hub, said = weigh(Parcels(group, grams), nodes, steps, service, now, requested=asked)
        if hub is not None:
            hubs[group.group_no] = hub
        if said is not None:
            told.append(said)
    return hubs, told


def _parts(group: Group, moves: Sequence[Move]) -> dict[str, list[Move]]:
    """The goods of a group by the node that gives them, where there are several."""
    parts: dict[str, list[Move]] = {}
    for move in moves:
        if move.line.group_no == group.group_no and move.line.claims_stock:
            parts.setdefault(move.to_node, []).append(move)
    return parts if may_be_one(group, list(parts)) else {}


def _grams(move: Move, weights: Mapping[str, int]) -> int:
    line: Line = move.line
    return weights.get(line.agreed.stock_sku, 0) * move.quantity


def _service(runtime: Runtime, tenant: str, group: Group) -> Service | None:
    found = (one for _, one in live_services(runtime.database, tenant) if one.id == group.service)
    return next(found, None)
