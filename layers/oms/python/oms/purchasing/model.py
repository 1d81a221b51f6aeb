"""What a supplier asks for an item, and how far a purchase order is. Pure.

A purchase order is the other side of the work that a supplier has: it has the same units, and its status follows from
the work's. What may be done with it is what may be done with the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.model import Status as WorkStatus
from oms.platform.fields import Amount, Code, Currency, RatePpm
from oms.platform.ids import parent_id
from oms.platform.intake import Request

# One transaction of a call: its record, its event and its rows.
MOST_SUPPLIER_ITEMS = 80


class SupplierItem(Request):
    """What a supplier asks for a unit of an item, in minor units, and what share of that it leaves us as commission.

    An invoice of it may differ by `invoice_tolerance_ppm` of what was agreed before a person is asked.
    """

    node_id: Code
    sku: Code
    supplier_sku: Code | None = None
    currency: Currency
    unit_cost: Amount
    commission_ppm: RatePpm = 0
    invoice_tolerance_ppm: RatePpm = 0


class PutSupplierItems(Request):
    """What suppliers ask for; each row replaces what was known of that item at that supplier."""

    supplier_items: Annotated[tuple[SupplierItem, ...], Field(min_length=1, max_length=MOST_SUPPLIER_ITEMS)]


class PurchaseStatus(StrEnum):
    """The states of a purchase order."""

    SENT = "SENT"  # the supplier has not answered
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SHIPPED = "SHIPPED"
    REJECTED = "REJECTED"
    CLOSED = "CLOSED"  # the supplier gave up what it had not shipped
    CANCELLED = "CANCELLED"


# Each state of the work -> that of its purchase order. Before it is given to the supplier there is none.
STATUS_OF: Mapping[WorkStatus, PurchaseStatus] = {
    WorkStatus.OPEN: PurchaseStatus.SENT,
    WorkStatus.ACCEPTED: PurchaseStatus.ACKNOWLEDGED,
    WorkStatus.PICKING: PurchaseStatus.ACKNOWLEDGED,
    WorkStatus.PACKED: PurchaseStatus.ACKNOWLEDGED,
    WorkStatus.READY: PurchaseStatus.ACKNOWLEDGED,
    WorkStatus.IN_TRANSIT: PurchaseStatus.SHIPPED,
    WorkStatus.COMPLETED: PurchaseStatus.SHIPPED,
    WorkStatus.REJECTED: PurchaseStatus.REJECTED,
    WorkStatus.INCOMPLETE: PurchaseStatus.CLOSED,
    WorkStatus.CANCELLED: PurchaseStatus.CANCELLED,
    WorkStatus.REPLACED: PurchaseStatus.CANCELLED,
}


def purchase_status(work: FulfillmentOrder) -> PurchaseStatus:
    """How far the purchase order of some work is."""
    return STATUS_OF[work.status]


def purchase_id(work_id: str) -> str:
    """The id of the purchase order that goes with some work: `pur_01J…_2` of `ful_01J…_2`."""
    return f"pur_{work_id.split('_', 1)[1]}"


def order_and_work(purchase_order_id: str) -> tuple[str, str]:
    """The ids of the order and of the work that a purchase order belongs to."""
    return parent_id("ord", purchase_order_id), f"ful_{purchase_order_id.partition('_')[2]}"
