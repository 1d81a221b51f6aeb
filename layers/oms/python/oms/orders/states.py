"""The states of an order and of its children by name, and which of them a change leaves otherwise. Pure."""

from __future__ import annotations

from oms.orders.model import Order, fulfillment_status, payment_status, status
from oms.platform.writes import Item


def statuses(order: Order) -> Item:
    """The statuses that follow from the children."""
    return {
        "status": str(status(order)),
        "payment_status": str(payment_status(order)),
        "fulfillment_status": str(fulfillment_status(order)),
    }


def state_changes(before: Order, after: Order) -> dict[str, tuple[str | None, str | None]]:
    """Every state that is not what it was, before and after: of the order, of its work, its tenders and its refunds."""
    was, now = states(before), states(after)
    return {name: (was.get(name), state) for name, state in now.items() if was.get(name) != state}


def states(order: Order) -> dict[str, str]:
    """Every state of an order, of its work, its parcels, tenders and refunds, by the name the timeline gives it."""
    return {
        **{name: str(value) for name, value in statuses(order).items()},
        **{f"fulfillment_order {work.id}": work.status.value for work in order.fulfillment_orders},
        **{f"parcel {one.tracking_number}": one.status.value for left in order.shipments for one in left.parcels},
        **{f"payment {payment.id}": payment.state.value for payment in order.payments},
        **{f"refund {refund.id}": refund.status.value for refund in order.refunds},
    }
