"""What becomes of an order after it was placed: edits, cancellations, claims, reviews, choices, notices again."""

from __future__ import annotations

from typing import Any

from oms.carriers.claim_routes import serve as serve_claims
from oms.choices.routes import serve as serve_choices
from oms.notifications.commands import resend_notice
from oms.notifications.requests import ResendNotice
from oms.orders.changing import cancel_order, review_order
from oms.orders.edit_routes import serve_edits
from oms.orders.request import CancellationRequest, ReviewRequest
from oms.platform import http
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()
serve_claims(app, lambda: runtime)
serve_choices(app, lambda: runtime)
serve_edits(app, lambda: runtime)


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


@app.post("/v1/orders/<order_id>/notices/<notice_id>/resend")
def post_resend(order_id: str, notice_id: str) -> http.Answer:
    principal = http.caller(app, "orders.write", f"NOTICES#{order_id}")
    request = http.read_optional(app, ResendNotice)
    call = http.call(app, "resend_notice", principal, request, target=f"{order_id}/{notice_id}")
    return http.answer(resend_notice(runtime, call, order_id, notice_id, request))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
