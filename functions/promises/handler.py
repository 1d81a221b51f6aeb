"""promises: before it is bought, what a basket could have: by which way, from where, when and for which fee."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read
from oms.promises import commands, views
from oms.promises.requests import PromiseRequest

app = api()
runtime = Runtime()


@app.post("/v1/promises")
def make_promise() -> Answer:
    principal, body = caller(app, "promises.write", "PROMISE#"), read(app, PromiseRequest)
    outcome = commands.make_promise(runtime, call(app, "make_promise", principal, body), body)
    return answer(outcome, location=f"/v1/promises/{outcome.body['id']}")


@app.get("/v1/promises/<promise_id>")
def read_promise(promise_id: str) -> Answer:
    principal = caller(app, "promises.read", f"PROMISE#{promise_id}")
    return ok(views.read_promise(runtime, principal, promise_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
