"""Work that cannot stay where it is, since its node has closed or has lost the stock for it, goes to other nodes.

Only work that its node has not begun, and only where others have all of it; of the rest a person is told.
"""

from __future__ import annotations

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.fulfillment.protocol import TAKEN
from oms.inventory.reads import stock_rows
from oms.orders.reads import work_of_node
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.registry.kits import exploded
from oms.registry.reads import node_as_it_is
from oms.sourcing.rerouting import NODE_CLOSED, SHORT_PICK, STOCK_SHORT, reroute_fulfillment_order

# What waits for legs stays, since they come there; a person is told.
_NOT_BEGUN = (Status.SCHEDULED, Status.OPEN, Status.ON_HOLD)


def vacate_node(runtime: Runtime, tenant: str, node_id: str, closed_from: str) -> int:
    """Give the open work of a node that has closed to others; how many pieces of it were moved.

    A node that closes later keeps its work: until then it may do it, and afterwards its time runs out. So does one that
    is open again when the news of its closing comes late or anew.
    Work that others do not have all units for stays, and so does work that the node has begun: both are put in front of
    a person, once. A repeat finds what is left.
    """
    now = runtime.clock.now()
    node = node_as_it_is(runtime.database, tenant, node_id, now)
    if closed_from > format_instant(now) or (node is not None and node.status == "active"):
        return 0
    moved = 0
    for status in (*_NOT_BEGUN, *sorted(TAKEN)):
        # The whole list first: what is moved leaves it.
        for work in list(work_of_node(runtime.database, tenant, node_id, status.value)):
            if status not in TAKEN and _moves(runtime, tenant, work.id, NODE_CLOSED):
                moved += 1
            else:
                escalate(runtime, tenant, work.id, NODE_CLOSED)
    return moved


def relieve_shortage(runtime: Runtime, tenant: str, sku: str, node_id: str) -> int:
    """Give work for which a node lacks units of an item to others, until it has enough for the rest.

    The work that is due last goes first, and of work that is due together the newest: what was promised for sooner
    keeps its units. A person is told of work that would have to go and that nobody else has all units for, or that was
    begun. Answers how many pieces of work were moved.
    """
    works = [
        work
        for status in (*_NOT_BEGUN, *sorted(TAKEN))
        for work in work_of_node(runtime.database, tenant, node_id, status.value)
        if _units(work, sku)
    ]
    works.sort(key=lambda work: (work.due_at or work.respond_by or "", work.created_at, work.id), reverse=True)
    moved, told = 0, 0
    for work in works:
        # Read anew each time: whatever was moved, shipped or received meanwhile counts.
        row = stock_rows(runtime.database, tenant, [(sku, node_id)]).get((sku, node_id))
        if row is None or row.deficit <= told:
            break
        if work.status not in TAKEN and _moves(runtime, tenant, work.id, STOCK_SHORT):
            moved += 1
        else:
            escalate(runtime, tenant, work.id, STOCK_SHORT)
            told += _units(work, sku)
    return moved


def find_other_nodes(runtime: Runtime, tenant: str, work_id: str) -> bool:
    """Give what a node was short of to others while it goes on with the rest; a person is told where nobody has it."""
    if _moves(runtime, tenant, work_id, SHORT_PICK):
        return True
    escalate(runtime, tenant, work_id, SHORT_PICK)
    return False


def _units(work: FulfillmentOrder, sku: str) -> int:
    return sum(exploded(line.stock_sku, line.components, line.remaining).get(sku, 0) for line in work.lines)


def _moves(runtime: Runtime, tenant: str, work_id: str, reason: str) -> bool:
    return bool(reroute_fulfillment_order(runtime, tenant, work_id, reason).body["rerouted"])
