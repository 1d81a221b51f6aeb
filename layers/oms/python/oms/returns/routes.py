"""The routes of returns and of refunds that failed, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read
from oms.returns.commands import confirm_refund, retry_refund, return_order
from oms.returns.requests import AttemptRequest, ConfirmationRequest, ReturnRequest
from oms.returns.views import read_return


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of returns."""

    @app.post("/v1/orders/<order_id>/returns")
    def post_return(order_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"ORDER#{order_id}"), read(app, ReturnRequest)
        own = call(app, "return_order", principal, body, target=order_id)
        return answer(return_order(runtime(), own, order_id, body))

    @app.get("/v1/returns/<return_id>")
    def get_return(return_id: str) -> Answer:
        principal = caller(app, "returns.read", f"RETURN#{return_id}")
        return ok(read_return(runtime(), principal, return_id))

    @app.post("/v1/orders/<order_id>/refunds/<refund_id>/confirmations")
    def post_confirmation(order_id: str, refund_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"ORDER#{order_id}"), read(app, ConfirmationRequest)
        own = call(app, "confirm_refund", principal, body, target=refund_id)
        return answer(confirm_refund(runtime(), own, order_id, refund_id, body))

    @app.post("/v1/orders/<order_id>/refunds/<refund_id>/attempts")
    def post_attempt(order_id: str, refund_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"ORDER#{order_id}"), read(app, AttemptRequest)
        own = call(app, "retry_refund", principal, body, target=refund_id)
        return answer(retry_refund(runtime(), own, order_id, refund_id, body))
