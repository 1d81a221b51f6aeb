"""What nodes say of their tasks on the store bus: the same command as over HTTP, taken as the node itself."""

from __future__ import annotations

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.observability import logger
from oms.platform.problems import InvalidRequest
from oms.tasks.commands import complete_task
from oms.tasks.model import TaskDoneBefore
from oms.tasks.requests import CompletionRequest

COMPLETE_TASK = "CompleteTask"


def take_task_message(runtime: Runtime, event: Event) -> None:
    """Complete the task that a node names; one that was done before is dropped, and any other refusal is raised."""
    if not without_card_numbers(event):
        return
    request = validate(CompletionRequest, dict(event.data))
    if request.task_id is None:
        raise InvalidRequest("The message names no task.", pointer="/task_id")
    call, _ = call_of_node(event, "complete_task")
    try:
        complete_task(runtime, call, request.task_id, request)
    except TaskDoneBefore:
        logger().info("task already done", task_id=request.task_id)
