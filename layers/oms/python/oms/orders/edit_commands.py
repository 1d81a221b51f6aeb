"""edit_order: what an edit would do, and doing it, in one transaction against the version of the order.

A preview is the same decision as the commit, taken and not carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oms.orders.changing import require_order
from oms.orders.edit_previews import Preview, expires_at, load_preview, preview_write, require_same
from oms.orders.edit_requests import Action, EditRequest
from oms.orders.edit_views import EditView, Refusal
from oms.orders.editing import MAY_PRICE
from oms.orders.evaluating import Edit, evaluate, nothing_done
from oms.orders.model import Order
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.principal import may
from oms.platform.problems import FieldError, InvalidRequest, NotFound, Problem, StaleVersion


def edit_order(runtime: Runtime, call: Call, order_id: str, request: EditRequest) -> Outcome:
    """Show what actions would do to an order, or carry them out: all of them or none.

    The answer is an EditView; of a commit with 202 while a node is asked for units. A preview names what stands against
    each action. A commit raises StaleVersion where the order changed since it was read, EditOutdated where it would do
    something else than its preview said, and what stands against its actions as its refusal.
    """
    if call.expected_version is None:
        detail = "send If-Match with the version of the order"
        raise InvalidRequest(errors=[FieldError("/header/If-Match", "required", detail)])
    if (request.actions is None) == (request.preview_id is None):
        raise InvalidRequest(errors=[FieldError("/actions", "required", "either actions or a preview_id")])
    if request.mode == "preview":
        return _preview(runtime, replace(call, command="preview_edit"), order_id, request)

    def decide() -> Decision:
        order = require_order(runtime, call, order_id)
        if request.preview_id is None:
            return evaluate(runtime, call, order, _edit(call, request)).decision
        known = load_preview(runtime, call.tenant, order_id, request.preview_id)
        edit = Edit(known.reason, known.actions, may_price=may(call.principal, MAY_PRICE))
        made = evaluate(runtime, call, order, edit)
        require_same(known.shown, made.view)
        return made.decision

    return execute(runtime, call, decide)


def _preview(runtime: Runtime, call: Call, order_id: str, request: EditRequest) -> Outcome:
    if request.actions is None:
        raise InvalidRequest(errors=[FieldError("/actions", "required", "what is to be looked at")])
    edit = _edit(call, request)

    def decide() -> Decision:
        order = require_order(runtime, call, order_id)
        now = runtime.clock.now()
        shown = _looked_at(runtime, call, order, edit)
        named = {"mode": "preview", "preview_id": runtime.ids.new("edt"), "expires_at": expires_at(now)}
        shown = shown.model_copy(update=named)
        kept = preview_write(call.tenant, order_id, Preview(edit.reason, tuple(edit.actions), shown), now)
        return Decision([kept], body=shown.model_dump(mode="json"))

    return execute(runtime, call, decide)


def _looked_at(runtime: Runtime, call: Call, order: Order, edit: Edit) -> EditView:
    try:
        return evaluate(runtime, call, order, edit).view
    except (NotFound, StaleVersion):
        raise
    except Problem as refused:
        found = _refusals(runtime, call, order, edit) or [_refusal(None, refused)]
        return nothing_done(order).model_copy(update={"refusals": tuple(found)})


def _refusals(runtime: Runtime, call: Call, order: Order, edit: Edit) -> list[Refusal]:
    """What stands against each action for itself."""
    found = []
    for number, action in enumerate(edit.actions):
        try:
            evaluate(runtime, call, order, replace(edit, actions=[action]))
        except Problem as refused:
            found.append(_refusal(number, refused))
    return found


def _refusal(number: int | None, refused: Problem) -> Refusal:
    error = refused.errors[0] if refused.errors else None
    pointer = error.pointer if error else ""
    if number is not None:
        pointer = pointer.replace("/actions/0", f"/actions/{number}", 1)
    detail = error.detail if error else refused.detail
    return Refusal(action=number, code=refused.code, pointer=pointer or "/actions", detail=detail)


def _edit(call: Call, request: EditRequest) -> Edit:
    if request.reason is None:
        raise InvalidRequest(errors=[FieldError("/reason", "required", "why the order is edited")])
    actions: Sequence[Action] = request.actions or ()
    return Edit(request.reason, actions, may_price=may(call.principal, MAY_PRICE))
