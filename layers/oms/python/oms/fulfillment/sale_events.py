"""What was sold at a till of goods that a node held for a customer. Amounts in minor units of `currency`."""

from __future__ import annotations

from oms.fulfillment.events import EventLine
from oms.platform.events import EventData


class FulfillmentOrderSold(EventData):
    """Units of some work that were held for payment in the store were sold at a till, and are with the customer.

    `total` is what they cost in minor units of `currency`, a part of the sale's.
    """

    order_id: str
    fulfillment_order_id: str
    node_id: str
    sale_id: str
    shipment_id: str
    total: int
    currency: str
    lines: tuple[EventLine, ...]
