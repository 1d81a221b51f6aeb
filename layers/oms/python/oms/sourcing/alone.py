"""What it costs to serve a group from one node alone, judged among all nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oms.orders.model import Group
from oms.registry.model import Node
from oms.sourcing.costs import terms_by
from oms.sourcing.model import Plan, Source
from oms.sourcing.reads import destination_of
from oms.sourcing.strategy import Step


def priced_among_all(
    alone: Plan,
    step: Step | None,
    group: Group,
    sources: Sequence[Source],
    nodes: Mapping[str, Node],
    units: Mapping[tuple[str, str], int],
    here: Mapping[tuple[str, str], int],
) -> Plan:
    """A plan that one node serves alone, at its cost among all nodes: a sort counts what the others have.

    `units` are those of all nodes by SKU and node, `here` those that the plan was made from.
    """
    if step is None or alone.missing or alone.shipments != 1:
        return alone
    wanted = {sku for one in alone.allotments for sku in one.stock}
    (node_id,) = {one.node_id for one in alone.allotments}
    before, among = (
        terms_by(step, sources, nodes, destination_of(group, nodes), some, wanted)[1].shipment_cost[node_id]
        for some in (here, units)
    )
    return replace(alone, cost=alone.cost + among - before)
