"""The routes of purchase orders, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, caller, ok, read_query
from oms.purchasing import views
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
