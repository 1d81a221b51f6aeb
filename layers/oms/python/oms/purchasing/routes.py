"""The routes of purchase orders, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query
from oms.purchasing import views
from oms.purchasing.invoices import InvoiceDecision, InvoiceRequest
from oms.purchasing.invoicing import decide_invoice, record_invoice
from oms.purchasing.views import PurchaseQuery


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of purchase orders."""

    @app.get("/v1/purchase-orders")
    def get_purchase_orders() -> Answer:
        principal, wanted = caller(app, "purchasing.read", "WORK#"), read_query(app, PurchaseQuery)
        return ok(views.list_purchase_orders(runtime(), principal, wanted))

    @app.get("/v1/purchase-orders/<purchase_order_id>")
    def get_purchase_order(purchase_order_id: str) -> Answer:
        principal = caller(app, "purchasing.read", "ORDER#")
        return ok(views.read_purchase_order(runtime(), principal, purchase_order_id))

    @app.post("/v1/purchase-orders/<purchase_order_id>/invoices")
    def record_purchase_invoice(purchase_order_id: str) -> Answer:
        principal, body = caller(app, "purchasing.write", "ORDER#"), read(app, InvoiceRequest)
        own = call(app, "record_invoice", principal, body, target=purchase_order_id)
        return answer(record_invoice(runtime(), own, purchase_order_id, body))

    @app.post("/v1/purchase-orders/<purchase_order_id>/invoices/<invoice_id>/decision")
    def decide_purchase_invoice(purchase_order_id: str, invoice_id: str) -> Answer:
        principal, body = caller(app, "finance.write", "ORDER#"), read(app, InvoiceDecision)
        own = call(app, "decide_invoice", principal, body, target=f"{purchase_order_id}/{invoice_id}")
        return answer(decide_invoice(runtime(), own, purchase_order_id, invoice_id, body))
