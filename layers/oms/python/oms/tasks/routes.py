"""The routes of tasks, which the function of a node's capacity has besides its own."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read_optional, read_query
from oms.tasks import listing
from oms.tasks.commands import complete_task
from oms.tasks.requests import CareQuery, CompletionRequest, QueueQuery


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of tasks."""

    @app.get("/v1/nodes/<node_id>/tasks")
    def read_queue(node_id: str) -> Answer:
        principal = caller(app, "fulfillment.read", f"TASKS#NODE#{node_id}")
        return ok(listing.read_queue(runtime(), principal, node_id, read_query(app, QueueQuery)))

    @app.get("/v1/tasks")
    def read_care_tasks() -> Answer:
        principal = caller(app, "fulfillment.read", "TASKS#CARE")
        return ok(listing.read_care_tasks(runtime(), principal, read_query(app, CareQuery)))

    @app.get("/v1/tasks/<task_id>")
    def read_task(task_id: str) -> Answer:
        return ok(listing.read_task(runtime(), caller(app, "fulfillment.read", "TASK#"), task_id))

    @app.post("/v1/tasks/<task_id>/completions")
    def complete(task_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "TASK#"), read_optional(app, CompletionRequest)
        own = call(app, "complete_task", principal, body, target=task_id)
        return answer(complete_task(runtime(), own, task_id, body))
