"""What the plan of some work is judged by beside a plan that might take it over, and what is kept of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oms.orders.model import Group
from oms.platform.geo import UNKNOWN_DISTANCE
from oms.registry.model import Node
from oms.sourcing.costs import terms_by
from oms.sourcing.decision_log import Takeover
from oms.sourcing.model import Plan
from oms.sourcing.reads import destination_of, sources_of
from oms.sourcing.strategy import Step


def takeover(work_id: str, node_id: str, before: Plan, after: Plan) -> Takeover:
    """What is kept of the plan of some work at a node, which another one is better than."""
    return Takeover(
        fulfillment_order_id=work_id,
        node_id=node_id,
        scenario=str(before.scenario),
        shipments=before.shipments,
        metres=None if before.metres >= UNKNOWN_DISTANCE else before.metres,
        cost=before.cost,
        saving=before.cost - after.cost,
    )


def priced_among(
    current: Plan,
    group: Group,
    nodes: Mapping[str, Node],
    units: Mapping[tuple[str, str], int],
    here: Mapping[tuple[str, str], int],
    steps: Sequence[Step],
    *,
    leave: frozenset[str],
) -> Plan:
    """The plan at the present node at its cost among all nodes: a sort counts what the others have."""
    step = next((one for one in steps if one.name == current.scenario), None)
    if step is None or current.missing or current.shipments != 1:
        return current
    sources = [one for one in sources_of(group, nodes, closed_too=False) if one.node_id not in leave]
    wanted = {sku for one in current.allotments for sku in one.stock}
    (node_id,) = {one.node_id for one in current.allotments}
    alone, among = (
        terms_by(step, sources, nodes, destination_of(group, nodes), some, wanted)[1].shipment_cost[node_id]
        for some in (here, units)
    )
    return replace(current, cost=current.cost + among - alone)
