"""The routes of tills, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query
from oms.pos import views
from oms.pos.commands import record_transaction
from oms.pos.requests import RecordTransaction, WorkstationsQuery


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of tills."""

    @app.post("/v1/pos/transactions")
    def post_pos_transaction() -> Answer:
        principal, body = caller(app, "pos.write", "POS#"), read(app, RecordTransaction)
        own = call(app, "record_pos_transaction", principal, body)
        return answer(record_transaction(runtime(), own, body))

    @app.get("/v1/pos/workstations")
    def list_pos_workstations() -> Answer:
        principal, wanted = caller(app, "pos.read", "POS#"), read_query(app, WorkstationsQuery)
        return ok(views.read_workstations(runtime(), principal, wanted))
