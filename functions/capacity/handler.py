"""capacity: what a node has to do and may still take on, which tasks are done, its pauses, and its pick waves."""

from __future__ import annotations

from typing import Any

from oms.capacity import commands, views
from oms.capacity.requests import PauseRequest, ResumeRequest
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_optional
from oms.tasks.routes import serve as serve_tasks
from oms.waves.routes import serve as serve_waves

app = api()
runtime = Runtime()
serve_tasks(app, lambda: runtime)
serve_waves(app, lambda: runtime)


@app.get("/v1/nodes/<node_id>/capacity")
def read_capacity(node_id: str) -> Answer:
    principal = caller(app, "fulfillment.read", f"CAPACITY#{node_id}")
    return ok(views.read_capacity(runtime, principal, node_id))


@app.post("/v1/nodes/<node_id>/pause")
def pause_node(node_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", f"CAPACITY#{node_id}"), read(app, PauseRequest)
    return answer(commands.pause_node(runtime, call(app, "pause_node", principal, body, target=node_id), node_id, body))


@app.post("/v1/nodes/<node_id>/resume")
def resume_node(node_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", f"CAPACITY#{node_id}"), read_optional(app, ResumeRequest)
    return answer(commands.resume_node(runtime, call(app, "resume_node", principal, body, target=node_id), node_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
