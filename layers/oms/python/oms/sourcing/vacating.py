"""vacate_node: what a node that has closed has not begun goes to other nodes at once; of the rest a person is told."""

from __future__ import annotations

from oms.fulfillment.commands import escalate_fulfillment_order
from oms.fulfillment.model import Status
from oms.fulfillment.protocol import TAKEN
from oms.orders.reads import work_of_node
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.consumers import call_from_workflow
from oms.sourcing.rerouting import NODE_CLOSED, reroute_fulfillment_order


def vacate_node(runtime: Runtime, tenant: str, node_id: str, closed_from: str) -> int:
    """Give the open work of a node that has closed to others; how many pieces of it were moved.

    A node that closes later keeps its work: until then it may do it, and afterwards its time runs out.
    Work that others do not have all units for stays, and so does work that the node has begun: both are put in front of
    a person, once. A repeat finds what is left.
    """
    moved = 0
    if closed_from > format_instant(runtime.clock.now()):
        return moved
    for status in (Status.SCHEDULED, Status.OPEN, *sorted(TAKEN)):
        # The whole list first: what is moved leaves it.
        for work_id in list(work_of_node(runtime.database, tenant, node_id, status.value)):
            if status not in TAKEN:
                outcome = reroute_fulfillment_order(runtime, tenant, work_id, NODE_CLOSED)
                if outcome.body["rerouted"]:
                    moved += 1
                    continue
            call = call_from_workflow("escalate_fulfillment_order", tenant, f"{work_id}#{NODE_CLOSED}")
            escalate_fulfillment_order(runtime, call, work_id, NODE_CLOSED)
    return moved
