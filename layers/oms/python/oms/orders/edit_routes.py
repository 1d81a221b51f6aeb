"""The routes of what is changed of an order after it was placed, for the functions that serve them."""

from __future__ import annotations

from collections.abc import Callable

from oms.orders import reads
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, caller, ok


def serve_history(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes that show what happened to an order, and what of it was changed."""

    @app.get("/v1/orders/<order_id>/timeline")
    def get_timeline(order_id: str) -> Answer:
        principal = caller(app, "orders.read", f"ORDER#{order_id}")
        return ok({"events": reads.get_timeline(runtime().database, principal.tenant, order_id)})

    @app.get("/v1/orders/<order_id>/changes")
    def get_changes(order_id: str) -> Answer:
        from oms.orders.change_views import list_changes

        principal = caller(app, "orders.read", f"ORDER#{order_id}")
        return ok(list_changes(runtime().database, principal.tenant, order_id))
