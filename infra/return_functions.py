"""The functions of the life of a return by post: the task of its workflow, and what starts it."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import FunctionSpec

RETURN_TASKS = (
    FunctionSpec(
        "care_for_return",
        "Lets units leave a return by post that did not come in time, and says when to come again.",
        (*g.COMMAND, *g.CHANGE_ORDER),
        memory=512,
    ),
)
RETURN_CONSUMERS = (
    FunctionSpec(
        "start_return_workflow",
        "Starts the workflow of a return by post whose units may be sent.",
        g.START_RETURN_WORKFLOW,
        detail_types=("ReturnApproved",),
        concurrency=10,
    ),
)
