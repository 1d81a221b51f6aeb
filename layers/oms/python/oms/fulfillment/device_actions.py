"""Taking in what a device of a node did without a network: each action once, and nothing of it is lost.

An action is the verb's own command under the action's id, in its own transaction. What does not fit what happened
meanwhile is recorded as the outcome of that command, with a task for a person of the node, and holds up nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oms.fulfillment.commands import act, command_name
from oms.fulfillment.contradictions import Saying, is_contradicted, sayings
from oms.fulfillment.device_requests import DeviceAction, DeviceActionsRequest, EarlierAction, in_order
from oms.fulfillment.device_views import DeviceActionResult, DeviceActionResults, DeviceResult
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import ActionRequest, node_action, request_of
from oms.orders.reads import get_timeline
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, command_key, execute, find_outcome, input_hash
from oms.platform.intake import validate
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import FieldError, InvalidRequest, NotFound, Problem
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import task_of
from oms.tasks.writes import task_opened

# Whoever reads the body of an action is told where in the action it is wrong.
_BODY = "/body"


class EarlierActionMissing(Problem):
    """What the device did just before this, on the same subject, has not been answered yet."""

    status = 409
    code = "earlier_action_missing"
    title = "What the device did before this is not known yet."
    remedy = "Send the earlier action first, or both in one list; then send this one again under its own id."


def take_device_actions(
    runtime: Runtime, call: Call, node_id: str, request: DeviceActionsRequest
) -> DeviceActionResults:
    """Take each action of a device as a command of its own, by the device's time, and answer for each.

    A node that is not the caller's raises NotFound.
    """
    authorize(call.principal, WRITE, f"{tenant_prefix(call.tenant)}WORK#{node_id}", node=node_id)
    device = as_device(call.principal, node_id, request.device_id)
    answers: dict[int, DeviceActionResult] = {}
    for at in in_order(request.actions):
        one = request.actions[at]
        try:
            answers[at] = _take(runtime, call, device, one)
        except Problem as problem:
            answers[at] = DeviceActionResult(id=one.id, result=DeviceResult.REFUSED, problem=dict(problem.document()))
    return DeviceActionResults(device_id=request.device_id, results=[answers[at] for at in sorted(answers)])


def as_device(principal: Principal, node_id: str, device_id: str) -> Principal:
    """A caller as one device of a node: it acts on the work of that node, and events name it as who did it."""
    kept = frozenset(one for one in principal.permissions if not one.startswith("node.") and one != "*")
    return replace(principal, actor=f"{principal.actor}@{device_id}", permissions=kept | {f"node.{node_id}", WRITE})


def _take(runtime: Runtime, call: Call, device: Principal, one: DeviceAction) -> DeviceActionResult:
    """One action of a device. Raises the problem of one that is refused, of which nothing is kept."""
    action = _verb(one.action, "/action")
    request = _body(action, one)
    own = Call(
        command=command_name(action),
        principal=device,
        key=f"{call.principal.actor}#{one.id}",
        # That of the same verb over HTTP, so that a device may have said it there before.
        input_hash=input_hash([one.subject, request.model_dump(mode="json")]),
        correlation_id=call.correlation_id,
        causation_id=one.id,
        channel=call.channel,
        reason=call.reason,
    )
    known = find_outcome(runtime, own)
    if known is not None:
        return _answered(one, known)
    if one.after is not None:
        _require_earlier(runtime, own, one.after, f"{call.principal.actor}#{one.after.id}")
    try:
        return _answered(one, act(runtime, own, one.subject, action, request))
    except Problem as problem:
        return _answered(one, _not_done(runtime, own, one, action, request, problem))


def _verb(name: str, pointer: str) -> Action:
    """A verb of the node protocol; what is none raises InvalidRequest."""
    try:
        return node_action(name)
    except Problem as unknown:
        raise InvalidRequest(
            errors=[FieldError(pointer, "unknown_action", f"{name} is no verb of a node")]
        ) from unknown


def _body(action: Action, one: DeviceAction) -> ActionRequest:
    """What the verb says, with the device's time; errors point into the action."""
    for name in ("occurred_at", "fulfillment_order_id"):
        if name in one.body:
            raise InvalidRequest(errors=[FieldError(f"{_BODY}/{name}", "not_allowed", "the action itself says it")])
    try:
        return validate(request_of(action), {**one.body, "occurred_at": format_instant(one.occurred_at)})
    except InvalidRequest as wrong:
        raise _inside(wrong) from wrong


def _inside(wrong: InvalidRequest) -> InvalidRequest:
    return InvalidRequest(
        wrong.detail, errors=[replace(error, pointer=f"{_BODY}{error.pointer}") for error in wrong.errors]
    )


def _require_earlier(runtime: Runtime, own: Call, earlier: EarlierAction, key: str) -> None:
    """Refuse an action before the one that it names was answered, so that no split of a log changes its order."""
    place = command_key(own.tenant, command_name(_verb(earlier.action, "/after/action")), key)
    if runtime.database.get("commands", place) is None:
        raise EarlierActionMissing(f"{earlier.action} {earlier.id} is not known.", pointer="/after")


def _not_done(
    runtime: Runtime, own: Call, one: DeviceAction, action: Action, request: ActionRequest, problem: Problem
) -> Outcome:
    """The recorded outcome of an action that cannot be done; one that is not kept raises its problem.

    The record stands where that of the verb would, so that an action is either done or told to a person, never both.
    """
    try:
        order, work = find_work(runtime, own.principal, WRITE, one.subject)
    except NotFound as unknown:
        raise NotFound(unknown.detail, pointer="/subject") from unknown
    said = sayings(get_timeline(runtime.database, own.tenant, order.header.id), one.subject)
    same = [other for other in said if other.command == own.command and other.by != own.principal.actor]
    conflict = is_contradicted(problem, work, action, request, same)
    if not conflict and not isinstance(problem, AlreadyDone):
        raise _inside(problem) if isinstance(problem, InvalidRequest) else problem
    document: dict[str, Any] = json.loads(json.dumps(problem.document()))
    if not conflict:
        return execute(runtime, own, lambda: Decision([], status=409, body=document))
    against = (same or said)[-1] if said else None

    def decide() -> Decision:
        task = new_task(
            own.tenant,
            TaskKind.DEVICE_CONFLICT,
            own.key,
            node_id=next(iter(own.principal.nodes)),
            subjects=_both_sayings(own, one, request, work, against),
            reason=problem.code,
            now=runtime.clock.now(),
        )
        before = task_of(runtime.database, own.tenant, TaskKind.DEVICE_CONFLICT, own.key)
        opened = task_opened(own.tenant, task, before, correlation_id=own.correlation_id)
        return Decision(opened.writes, opened.events, status=409, body=document | {"task_id": opened.task.id})

    return execute(runtime, own, decide)


def _both_sayings(
    own: Call, one: DeviceAction, request: ActionRequest, work: FulfillmentOrder, against: Saying | None
) -> Mapping[str, str]:
    """What the device said, and what is known instead; names of customers are in neither."""
    units = request.quantities
    said = {
        "order_id": work.order_id,
        "fulfillment_order_id": work.id,
        "said": one.action,
        "said_by": own.principal.actor,
        "said_at": format_instant(one.occurred_at),
        "said_id": one.id,
        "said_units": "all" if units is None else ", ".join(f"{n}: {count}" for n, count in sorted(units.items())),
        "found": work.status.value,
    }
    if against is None:
        return said
    return said | {
        "found_said": against.command,
        "found_by": against.by,
        "found_at": against.at,
        "found_id": against.cause,
    }


def _answered(one: DeviceAction, outcome: Outcome) -> DeviceActionResult:
    if outcome.status < 400:
        return DeviceActionResult(id=one.id, result=DeviceResult.DONE)
    problem: dict[str, Any] = dict(outcome.body)
    task_id = problem.pop("task_id", None)
    result = DeviceResult.CONFLICT if task_id else DeviceResult.ALREADY_DONE
    return DeviceActionResult(id=one.id, result=result, task_id=task_id, problem=problem)
