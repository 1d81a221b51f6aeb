"""GET /v1/orders…: one order, its timeline, why its nodes were chosen, what its customer was told, or a list."""

from __future__ import annotations

from typing import Any

from oms.carriers.reads import list_unknown_parcels
from oms.notifications.views import read_notices
from oms.orders import reads
from oms.orders.edit_routes import serve_history
from oms.orders.query import named_order, order_filter
from oms.orders.views import view
from oms.platform import http
from oms.platform.commands import Runtime
from oms.sourcing.views import read_decisions

app = http.api()
runtime = Runtime()
serve_history(app, lambda: runtime)


@app.get("/v1/orders")
def get_orders() -> http.Answer:
    principal = http.caller(app, "orders.read", "ORDERS#")
    query = app.current_event.query_string_parameters
    named = named_order(query)
    if named is not None:
        return http.ok(reads.find_order(runtime.database, principal.tenant, *named))
    wanted = order_filter(query, runtime.clock.now())
    return http.ok(reads.list_orders(runtime.database, principal.tenant, wanted))


@app.get("/v1/orders/<order_id>")
def get_order(order_id: str) -> http.Answer:
    principal = http.caller(app, "orders.read", f"ORDER#{order_id}")
    return http.ok(http.some_fields(app, view(reads.get_order(runtime.database, principal.tenant, order_id))))


@app.get("/v1/orders/<order_id>/decisions")
def get_decisions(order_id: str) -> http.Answer:
    principal = http.caller(app, "orders.read", f"ORDER#{order_id}")
    return http.ok(read_decisions(runtime.database, principal.tenant, order_id))


@app.get("/v1/orders/<order_id>/notices")
def get_notices(order_id: str) -> http.Answer:
    principal = http.caller(app, "orders.read", f"ORDER#{order_id}")
    return http.ok(read_notices(runtime.database, principal.tenant, order_id))


@app.get("/v1/parcels/unknown")
def get_unknown_parcels() -> http.Answer:
    principal = http.caller(app, "fulfillment.read", "UNKNOWNPARCELS")
    return http.ok(list_unknown_parcels(runtime.database, principal))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
