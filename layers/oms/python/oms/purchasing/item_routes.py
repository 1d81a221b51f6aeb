"""The route by which it is said what suppliers ask for, for the function that serves it."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, read
from oms.purchasing.commands import put_supplier_items
from oms.purchasing.model import PutSupplierItems


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the route of supplier items."""

    @app.put("/v1/supplier-items")
    def put_items_of_suppliers() -> Answer:
        principal, body = caller(app, "registry.write", "ITEM#"), read(app, PutSupplierItems)
        return answer(put_supplier_items(runtime(), call(app, "put_supplier_items", principal, body), body))
