"""What the handlers' code does not say about the routes of tasks."""

from __future__ import annotations

from oms.tasks.views import CareTasks, NodeQueue, TaskView
from tools.openapi_shapes import VERSION, Route

TASK_ROUTES: dict[str, Route] = {
    "GET /v1/nodes/{node_id}/tasks": Route(
        "See what a node has to do",
        {200: NodeQueue},
        notes=(
            "Its work and its tasks in one list, what has the least open time left first, with the counts of all: "
            "`minutes_left` counts the opening hours of the node only. `step`, `method` and `service` (such as "
            "`express`) ask for work, `kind` asks for tasks, `overdue` for what is late or is not."
        ),
    ),
    "GET /v1/tasks": Route(
        "List the open tasks of customer care",
        {200: CareTasks},
        notes="Those that are no node's, what is due first first.",
        refusals=(404,),
    ),
    "GET /v1/tasks/{task_id}": Route("Read a task", {200: TaskView}),
    "POST /v1/tasks/{task_id}/completions": Route(
        "Say that a task is done",
        {200: TaskView},
        notes=(
            "`outcome` is a code of the caller's own. What is done is not done again. The body may be empty. `counted` "
            "ends a COUNT with all units that the node has, which corrects its stock; it needs that right, too."
        ),
        refusals=(403, 422),
        if_match=VERSION,
    ),
}
