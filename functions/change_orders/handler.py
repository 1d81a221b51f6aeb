"""POST /v1/orders/{id}/cancellations, /method-changes and /review: units are cancelled or go another way."""

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


@app.post("/v1/orders/<order_id>/method-changes")
def post_method_change(order_id: str) -> http.Answer:
    # Loaded with the first change: a cancellation plans nothing.
    from oms.orders.method_changes import MethodChange
    from oms.sourcing.changing_method import change_method

    principal = http.caller(app, "orders.write", f"ORDER#{order_id}")
    request = http.read(app, MethodChange)
    call = http.call(app, "change_method", principal, request, target=order_id)
    return http.answer(change_method(runtime, call, order_id, request))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
