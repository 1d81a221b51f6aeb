"""What the fulfilment workflow of some work is started with. Pure."""

from __future__ import annotations

from oms.fulfillment.holds import is_waiting, wait_seconds
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.orders.backorders import waits_for_more
from oms.orders.model import Order
from oms.orders.unfinished import awaits_payment


def unreleased_work(tenant: str, order: Order) -> list[dict[str, object]]:
    """The workflow inputs of an order's work that no workflow waits for: not released yet, or just taken over.

    What waits for the rest of its order or line, or for the money of an edit, is left out.
    """
    return [
        _input(tenant, order, work)
        for work in order.fulfillment_orders
        if work.needs_workflow and not waits_for_more(order, work) and not awaits_payment(order, work)
    ]


def _input(tenant: str, order: Order, work: FulfillmentOrder) -> dict[str, object]:
    """The ids that every state of the workflow gets, and how long it waits for the node: at first, and after that.

    At first it waits for as long as the work is on offer, or on hold for what other nodes send.
    """
    first = work.offer_seconds if work.offered_to else None
    if work.status is Status.ON_HOLD and is_waiting(order, work):
        first = wait_seconds(work)
    return {
        "tenant": tenant,
        "order_id": work.order_id,
        "fulfillment_order_id": work.id,
        "timeout_seconds": first or work.timeout_seconds,
        "rest_seconds": work.timeout_seconds,
    }
