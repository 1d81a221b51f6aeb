"""Finding the work of a node for whoever asks for it, so that nobody learns what others have."""

from __future__ import annotations

from oms.fulfillment.model import FulfillmentOrder, HoldRole
from oms.fulfillment.offers import acting_node
from oms.orders.model import Order
from oms.orders.store import load_order, partition
from oms.platform.commands import Runtime
from oms.platform.ids import parent_id
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound, StaleVersion

# The permissions to see the work of nodes, and to do it.
READ, WRITE = "fulfillment.read", "fulfillment.write"


def role_of(principal: Principal) -> HoldRole:
    """As what a caller acts on work: as the node that its token is bound to, else as an operator."""
    return HoldRole.NODE if principal.nodes else HoldRole.OPERATOR


def find_work(
    runtime: Runtime, principal: Principal, permission: str, fulfillment_order_id: str
) -> tuple[Order, FulfillmentOrder]:
    """A fulfilment order this caller may see or change, with its order; unknown or somebody else's raises NotFound."""
    order = load_order(runtime.database, principal.tenant, parent_id("ord", fulfillment_order_id))
    return own_work(order, principal, permission, fulfillment_order_id)


def own_work(
    order: Order | None,
    principal: Principal,
    permission: str,
    fulfillment_order_id: str,
    expected_version: int | None = None,
) -> tuple[Order, FulfillmentOrder]:
    """The same of an order that is read already; `expected_version` that is not the order's raises StaleVersion."""
    found = [work for work in order.fulfillment_orders if work.id == fulfillment_order_id] if order else []
    try:
        if order is None or not found:
            raise NotFound()
        node_id = acting_node(found[0], principal.nodes)
        authorize(principal, permission, partition(principal.tenant, order.header.id), node=node_id)
    except NotFound as hidden:
        # The same answer for both, so that nobody learns what others have.
        raise NotFound(f"There is no fulfilment order {fulfillment_order_id}.") from hidden
    if expected_version is not None and expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order, found[0]


def require_own_node(principal: Principal, work: FulfillmentOrder) -> None:
    """Let only the node that has the work go on; one that it is only offered or sent to gets NotFound."""
    if principal.nodes and work.node_id not in principal.nodes:
        raise NotFound(f"There is no fulfilment order {work.id}.")
