"""How what suppliers send for us is posted."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.purchasing import (
    InvoiceFact,
    PurchaseOrderShipped,
    SupplierInvoiceDecided,
    SupplierInvoiceRecorded,
)
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import Rule


def _supplied(fact: PurchaseOrderShipped) -> list[Line]:
    return [
        debit("5010", fact.cost, fact.currency),
        credit("4050", fact.commission, fact.currency),
        credit("2210", fact.payable, fact.currency),
    ]


def _invoiced(fact: InvoiceFact) -> list[Line]:
    """What is owed beyond what was agreed, or less, once the invoice holds."""
    if fact.status not in _HOLDS or not fact.difference:
        return []
    more, less = max(0, fact.difference), max(0, -fact.difference)
    return [
        debit("5010", more, fact.currency),
        credit("2210", more, fact.currency),
        debit("2210", less, fact.currency),
        credit("5010", less, fact.currency),
    ]


_HOLDS = ("MATCHED", "APPROVED")
RULES: tuple[Rule[Any], ...] = (
    Rule("goods_supplied", 1, PurchaseOrderShipped, lambda f: (f.shipment_id,), _supplied),
    Rule("supplier_invoiced", 1, SupplierInvoiceRecorded, lambda f: (f.invoice_id,), _invoiced),
    Rule("supplier_invoice_approved", 1, SupplierInvoiceDecided, lambda f: (f.invoice_id,), _invoiced),
)
