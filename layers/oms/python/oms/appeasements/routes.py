"""The routes of appeasements, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.appeasements import commands, views
from oms.appeasements.requests import DecideAppeasement, RequestAppeasement, WaitingQuery
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query

_OF_ORDER = "/v1/orders/<order_id>/appeasements"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of appeasements."""

    @app.post(_OF_ORDER)
    def request_appeasement(order_id: str) -> Answer:
        principal = caller(app, "appeasements.request", f"APPEASEMENTS#{order_id}")
        body = read(app, RequestAppeasement)
        own = call(app, "request_appeasement", principal, body, target=order_id)
        return answer(commands.request_appeasement(runtime(), own, order_id, body))

    @app.get(_OF_ORDER)
    def list_appeasements(order_id: str) -> Answer:
        principal = caller(app, "appeasements.read", f"APPEASEMENTS#{order_id}")
        return ok(views.read_appeasements(runtime(), principal, order_id))

    @app.get("/v1/appeasements")
    def list_waiting_appeasements() -> Answer:
        principal, wanted = caller(app, "appeasements.approve", "APPEASEMENTS"), read_query(app, WaitingQuery)
        return ok(views.read_waiting(runtime(), principal, wanted))

    @app.get("/v1/appeasements/<appeasement_id>")
    def read_appeasement(appeasement_id: str) -> Answer:
        principal = caller(app, "appeasements.read", "APPEASEMENTS#")
        return ok(views.read_appeasement(runtime(), principal, appeasement_id))

    @app.post("/v1/appeasements/<appeasement_id>/decision")
    def decide_appeasement(appeasement_id: str) -> Answer:
        principal, body = caller(app, "appeasements.approve", "APPEASEMENTS#"), read(app, DecideAppeasement)
        own = call(app, "decide_appeasement", principal, body, target=appeasement_id)
        return answer(commands.decide_appeasement(runtime(), own, appeasement_id, body))
