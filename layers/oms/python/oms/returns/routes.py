"""The routes of returns and of refunds that failed, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query
from oms.platform.principal import Principal
from oms.platform.problems import ScopeMissing
from oms.returns.asking import request_return
from oms.returns.commands import confirm_refund, retry_refund, return_order
from oms.returns.receiving import inspect_return, receive_return
from oms.returns.requests import AttemptRequest, ConfirmationRequest, Kind, ReturnableQuery, ReturnRequest
from oms.returns.rma_commands import REQUEST, cancel_return, decide_return, reopen_return
from oms.returns.rma_requests import DecisionRequest, InspectionRequest, ReasonRequest, ReceiptRequest
from oms.returns.views import read_return, read_returnable


def _asker(writer: Callable[[], Principal], app: Api, target: str) -> Principal:
    """Whoever may take units back, or may only ask for it on behalf of a customer."""
    try:
        return writer()
    except ScopeMissing as missing:
        try:
            return caller(app, REQUEST, target)
        except ScopeMissing:
            raise missing from None


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of returns."""

    @app.post("/v1/orders/<order_id>/returns")
    def post_return(order_id: str) -> Answer:
        principal = _asker(lambda: caller(app, "returns.write", f"ORDER#{order_id}"), app, f"ORDER#{order_id}")
        body = read(app, ReturnRequest)
        if body.kind is Kind.MAIL_IN:
            own = call(app, "request_return", principal, body, target=order_id)
            return answer(request_return(runtime(), own, order_id, body))
        own = call(app, "return_order", principal, body, target=order_id)
        return answer(return_order(runtime(), own, order_id, body))

    @app.get("/v1/orders/<order_id>/returnable")
    def get_returnable(order_id: str) -> Answer:
        principal, query = caller(app, "returns.read", f"ORDER#{order_id}"), read_query(app, ReturnableQuery)
        return ok(read_returnable(runtime(), principal, order_id, query))

    @app.get("/v1/returns/<return_id>")
    def get_return(return_id: str) -> Answer:
        principal = caller(app, "returns.read", f"RETURN#{return_id}")
        return ok(read_return(runtime(), principal, return_id))

    @app.post("/v1/returns/<return_id>/decision")
    def post_return_decision(return_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"RETURN#{return_id}"), read(app, DecisionRequest)
        own = call(app, "decide_return", principal, body, target=return_id)
        return answer(decide_return(runtime(), own, return_id, body))

    @app.post("/v1/returns/<return_id>/receipts")
    def post_return_receipt(return_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"RETURN#{return_id}"), read(app, ReceiptRequest)
        own = call(app, "receive_return", principal, body, target=return_id)
        return answer(receive_return(runtime(), own, return_id, body))

    @app.post("/v1/returns/<return_id>/inspection")
    def post_inspection(return_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"RETURN#{return_id}"), read(app, InspectionRequest)
        own = call(app, "inspect_return", principal, body, target=return_id)
        return answer(inspect_return(runtime(), own, return_id, body))

    @app.post("/v1/returns/<return_id>/cancel")
    def post_return_cancel(return_id: str) -> Answer:
        principal = _asker(lambda: caller(app, "returns.write", f"RETURN#{return_id}"), app, f"RETURN#{return_id}")
        body = read(app, ReasonRequest)
        own = call(app, "cancel_return", principal, body, target=return_id)
        return answer(cancel_return(runtime(), own, return_id, body))

    @app.post("/v1/returns/<return_id>/reopen")
    def post_return_reopen(return_id: str) -> Answer:
        principal, body = caller(app, "returns.write", f"RETURN#{return_id}"), read(app, ReasonRequest)
        own = call(app, "reopen_return", principal, body, target=return_id)
        return answer(reopen_return(runtime(), own, return_id, body))

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
