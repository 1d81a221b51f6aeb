"""The fact that an order is over because all of it has left. Pure."""

from __future__ import annotations

from oms.orders.events import OrderCompleted
from oms.orders.model import Order


def completed(order: Order) -> OrderCompleted:
    """That nothing of an order is left to do."""
    header = order.header
    return OrderCompleted(
        order_id=header.id,
        external_id=header.external_id,
        currency=header.currency,
        shipped=sum(shipment.amounts.total for shipment in order.shipments),
    )
