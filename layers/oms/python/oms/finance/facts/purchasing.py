"""What finance reads from the events of purchase orders. Amounts are minor units of `currency`."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from oms.finance.facts.base import Fact
from oms.platform.fields import Amount, Code, SignedAmount


class PurchaseFact(Fact):
    """Units of a supplier for an order: `payable` is their cost less what is left to us as commission."""

    order_id: Code
    purchase_order_id: Code
    cost: Amount
    commission: Amount
    payable: Amount

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.cost - self.commission != self.payable:
            raise ValueError("payable is not cost - commission")
        return self


class PurchaseOrderPlaced(PurchaseFact):
    """Units were ordered at a supplier."""


class PurchaseOrderShipped(PurchaseFact):
    """A supplier has sent units to the customer."""

    shipment_id: Code


class InvoiceFact(Fact):
    """A supplier's invoice; `difference` is what it wants beyond what is owed already for what it has sent."""

    order_id: Code
    purchase_order_id: Code
    invoice_id: Code
    status: str
    difference: SignedAmount


class SupplierInvoiceRecorded(InvoiceFact):
    """An invoice came; what it wants is owed where it was matched."""


class SupplierInvoiceDecided(InvoiceFact):
    """A person decided about an invoice that differs; what it wants is owed where it was approved."""
