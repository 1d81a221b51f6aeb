"""/v1/fulfillment-orders…: a node sees its work and says what it did."""

from __future__ import annotations

from typing import Any

from oms.carriers.routes import serve as serve_labels
from oms.fulfillment.commands import act, command_name, see_work
from oms.fulfillment.counter_routes import serve
from oms.fulfillment.finding import role_of
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ReceiveRequest, node_action, node_query, request_of
from oms.fulfillment.routes import serve as serve_reshaping
from oms.orders.query import page_size
from oms.orders.reads import list_work
from oms.platform import http
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()
serve_labels(app, lambda: runtime)


@app.get("/v1/fulfillment-orders")
def get_fulfillment_orders() -> http.Answer:
    principal = http.caller(app, "fulfillment.read", "WORK#")
    query = app.current_event.query_string_parameters
    now, limit, cursor = format_instant(runtime.clock.now()), page_size(query), query.get("cursor")
    shown: dict[str, Any] = {"now": now, "limit": limit, "cursor": cursor, "role": role_of(principal)}
    return http.ok(list_work(runtime.database, principal.tenant, *node_query(query, principal), **shown))


@app.get("/v1/fulfillment-orders/<fulfillment_order_id>")
def get_fulfillment_order(fulfillment_order_id: str) -> http.Answer:
    return http.ok(see_work(runtime, http.caller(app, "fulfillment.read", "ORDER#"), fulfillment_order_id))


@app.post("/v1/fulfillment-orders/<fulfillment_order_id>/receive")
def receive_fulfillment_order(fulfillment_order_id: str) -> http.Answer:
    principal = http.caller(app, "fulfillment.write", "ORDER#")
    request = http.read_optional(app, ReceiveRequest)
    call = http.call(app, command_name(Action.RECEIVE), principal, request, target=fulfillment_order_id)
    return http.answer(act(runtime, call, fulfillment_order_id, Action.RECEIVE, request))


serve(app, lambda: runtime)
serve_reshaping(app, lambda: runtime)


@app.post("/v1/fulfillment-orders/<fulfillment_order_id>/<action>")
def post_action(fulfillment_order_id: str, action: str) -> http.Answer:
    principal, verb = http.caller(app, "fulfillment.write", "ORDER#"), node_action(action)
    request = http.read_optional(app, request_of(verb))
    call = http.call(app, command_name(verb), principal, request, target=fulfillment_order_id)
    return http.answer(act(runtime, call, fulfillment_order_id, verb, request))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
