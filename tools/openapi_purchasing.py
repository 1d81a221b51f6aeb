"""The routes of purchase orders and of what suppliers ask for, for the API description."""

from __future__ import annotations

from oms.purchasing.views import PurchaseOrderList, PurchaseOrderView
from tools.openapi_answers import Answer
from tools.openapi_shapes import Route


class SupplierItemsTaken(Answer):
    """How many rows were taken."""

    supplier_items: int


PURCHASING_ROUTES: dict[str, Route] = {
    "PUT /v1/supplier-items": Route(
        "Say what suppliers ask for items",
        {200: SupplierItemsTaken},
        notes=(
            "All rows or none. A row replaces what was known of that item at that supplier; purchase orders that were "
            "placed before keep their price. `commission_ppm` is the share of the cost that the supplier leaves us."
        ),
    ),
    "GET /v1/purchase-orders": Route(
        "List the purchase orders of a supplier", {200: PurchaseOrderList}, refusals=(404,)
    ),
    "POST /v1/purchase-orders/{purchase_order_id}/invoices": Route(
        "Take in a supplier's invoice",
        {201: PurchaseOrderView, 200: PurchaseOrderView},
        refusals=(404, 409),
        notes=(
            "It is matched line by line with what was ordered and has left. What it wants within "
            "`invoice_tolerance_ppm` of what was agreed is owed (`MATCHED`); more units than have left, or another "
            "cost, is a task `INVOICE_DIFFERS` and stays open (`DIFFERS`). The same invoice again changes nothing."
        ),
    ),
    "POST /v1/purchase-orders/{purchase_order_id}/invoices/{invoice_id}/decision": Route(
        "Approve or reject an invoice that differs", {200: PurchaseOrderView}, refusals=(404, 409)
    ),
    "GET /v1/purchase-orders/{purchase_order_id}": Route(
        "Read a purchase order",
        {200: PurchaseOrderView},
        notes=(
            "It has the units of its fulfilment order, and is acknowledged, rejected and shipped by the verbs of that: "
            "`accept`, `reject` and `ship` with the tracking number."
        ),
    ),
}
