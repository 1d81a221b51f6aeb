"""complete_task: whoever was asked has done it. One transaction."""

from __future__ import annotations

from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.principal import Principal, authorize
from oms.platform.problems import FieldError, InvalidRequest, NotFound, StaleVersion
from oms.registry.segments import named
from oms.tasks.model import Task, TaskKind
from oms.tasks.requests import CompletionRequest
from oms.tasks.store import load_task
from oms.tasks.views import task_view
from oms.tasks.writes import task_done, task_key

# The permission to do the work of nodes is that to do their tasks.
WRITE = "fulfillment.write"


def complete_task(runtime: Runtime, call: Call, task_id: str, request: CompletionRequest) -> Outcome:
    """End a task that is open; the answer is a TaskView.

    Where units were counted, their stock is corrected in the same transaction. Raises NotFound for a task that is not
    this caller's, TaskDoneBefore for one that is done, StaleVersion when If-Match was given and is not its version;
    InvalidRequest for what was counted for no COUNT, and what a correction raises.
    """

    def decide() -> Decision:
        task = own_task(runtime, call.principal, WRITE, task_id)
        if call.expected_version is not None and call.expected_version != task.version:
            raise StaleVersion(f"The task is at version {task.version}.")
        change = task_done(
            call.tenant,
            task,
            outcome=request.outcome,
            by=call.principal.actor,
            now=runtime.clock.now(),
            note=request.note,
            correlation_id=call.correlation_id,
        )
        body = task_view(change.task).model_dump()
        if request.counted is None:
            return Decision(change.writes, change.events, body=body)
        stock = _counted(runtime, call, task, request)
        return Decision([*change.writes, *stock.writes], [*change.events, *stock.events], body=body)

    return execute(runtime, call, decide)


def _counted(runtime: Runtime, call: Call, task: Task, request: CompletionRequest) -> Decision:
    """What the count that a task asked for does to stock."""
    if task.kind is not TaskKind.COUNT or task.node_id is None or request.counted is None:
        detail = f"the task {task.id} asks for no count"
        raise InvalidRequest(errors=[FieldError("/counted", "not_allowed", detail)])
    # Loaded with the first count: most tasks move no stock.
    from oms.inventory.commands import recounted

    name = named(task.subjects["sku"], task.subjects.get("segment", ""))
    blocked = int(task.subjects.get("blocked", "0"))
    row, reason = (name, task.node_id), request.reason or task.reason
    return recounted(runtime, call, row, request.counted, blocked=blocked, reason=reason)


def own_task(runtime: Runtime, principal: Principal, permission: str, task_id: str) -> Task:
    """A task of the caller; unknown or somebody else's raises NotFound. What is customer care's is no node's."""
    task = load_task(runtime.database, principal.tenant, task_id)
    try:
        if task is None:
            raise NotFound()
        authorize(principal, permission, task_key(principal.tenant, task_id).pk, node=task.node_id)
        if task.node_id is None and principal.nodes:
            raise NotFound()
    except NotFound as hidden:
        raise NotFound(f"There is no task {task_id}.") from hidden
    return task
