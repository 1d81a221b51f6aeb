"""POST /v1/orders/{id}/cancellations and /review: units are cancelled, a review is settled."""

from __future__ import annotations

from typing import Any

from oms.orders.changing import cancel_order, review_order
from oms.orders.request import CancellationRequest, ReviewRequest
from oms.platform import http
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()


@app.post("/v1/orders/<order_id>/cancellations")
def post_cancellation(order_id: str) -> http.Answer:
    principal = http.caller(app, "orders.write", f"ORDER#{order_id}")
    request = http.read(app, CancellationRequest)
    call = http.call(app, "cancel_order", principal, request, target=order_id)
    return http.answer(cancel_order(runtime, call, order_id, request))


@app.post("/v1/orders/<order_id>/review")
def post_review(order_id: str) -> http.Answer:
    principal = http.caller(app, "orders.write", f"ORDER#{order_id}")
    request = http.read(app, ReviewRequest)
    call = http.call(app, "review_order", principal, request, target=order_id)
    return http.answer(review_order(runtime, call, order_id, request))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
