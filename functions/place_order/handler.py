"""POST /v1/orders: a channel places an order, at once or by way of a draft."""

from __future__ import annotations

from typing import Any

from oms.drafts.routes import serve as serve_drafts
from oms.orders.commands import place_order
from oms.orders.request import OrderRequest
from oms.platform import http
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()
serve_drafts(app, lambda: runtime)


@app.post("/v1/orders")
def post_order() -> http.Answer:
    principal = http.caller(app, "orders.write", "ORDER#")
    request = http.read(app, OrderRequest)
    outcome = place_order(runtime, http.call(app, "place_order", principal, request), request)
    return http.answer(outcome, location=f"/v1/orders/{outcome.body['id']}")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
