"""Facts about what suppliers ask for and invoice. Amounts in minor units of `currency`."""

from __future__ import annotations

from typing import ClassVar

from oms.platform.events import EventData
from oms.purchasing.model import SupplierItem


class SupplierItemsPut(EventData):
    """It was said what suppliers ask for some items; purchase orders that are placed from now on cost that."""

    version: ClassVar[int] = 2

    items: tuple[SupplierItem, ...]


class _OfInvoice(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str
    purchase_order_id: str
    invoice_id: str
    status: str
    reason: str | None = None
    # What it wants beyond what was agreed for its units.
    difference: int
    currency: str
    legal_entity: str
    store: str
    channel: str


class SupplierInvoiceRecorded(_OfInvoice):
    """A supplier's invoice came and was matched with what was ordered and has left; one that differs waits."""

    number: str
    total: int


class SupplierInvoiceDecided(_OfInvoice):
    """A person approved an invoice that differs, which is then owed as it is, or rejected it."""

    decided_reason: str
