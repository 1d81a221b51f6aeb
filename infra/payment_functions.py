"""The functions of the payment life cycle behind the HTTP API."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec

PAYMENT_HTTP = (
    FunctionSpec(
        "payments",
        "Takes another card for what a tender did not pay, of a channel or of a customer with a pay link.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("orders", "get"), *g.TENDERS),
        routes=("POST /v1/orders/{order_id}/payments",),
        open_routes=("GET /v1/pay-links/{name}", "POST /v1/pay-links/{name}"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
)
