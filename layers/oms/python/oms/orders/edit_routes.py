"""The routes of what is changed of an order after it was placed, for the functions that serve them."""

from __future__ import annotations

from collections.abc import Callable

from oms.orders import reads
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read


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


def serve_edits(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of edits and of other ways; what they plan is loaded with the first one."""

    @app.post("/v1/orders/<order_id>/edits")
    def post_edit(order_id: str) -> Answer:
        from oms.orders.edit_commands import edit_order
        from oms.orders.edit_requests import EditRequest

        principal, body = caller(app, "orders.write", f"ORDER#{order_id}"), read(app, EditRequest)
        own = call(app, "edit_order", principal, body, target=order_id)
        return answer(edit_order(runtime(), own, order_id, body))

    @app.post("/v1/orders/<order_id>/method-changes")
    def post_method_change(order_id: str) -> Answer:
        # Loaded with the first change: a cancellation plans nothing.
        from oms.orders.method_changes import MethodChange
        from oms.sourcing.changing_method import change_method

        principal, body = caller(app, "orders.write", f"ORDER#{order_id}"), read(app, MethodChange)
        own = call(app, "change_method", principal, body, target=order_id)
        return answer(change_method(runtime(), own, order_id, body))
