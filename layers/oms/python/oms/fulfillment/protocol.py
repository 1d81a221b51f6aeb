"""The node protocol: which verb may be taken when, and what it does to the work. Pure rules, no I/O.

Work is submitted, accepted or rejected, and then shipped or closed incomplete. Until a node has taken it, units can be
cancelled; afterwards the node is asked, and what has left by then cannot be cancelled any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from oms.fulfillment.lines import filled, fitting, has_left, sent, wanted_units
from oms.fulfillment.model import (
    COUNTER_METHODS,
    Answer,
    CancelRequest,
    FulfillmentOrder,
    Status,
    WorkUnits,
    end_of,
)
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest


class Action(StrEnum):
    """The verbs of the node protocol and our own."""

    RELEASE = "release"
    ACCEPT = "accept"
    REJECT = "reject"
    PICK = "pick"
    PACK = "pack"
    STAGE = "stage"
    SHIP = "ship"
    HAND_OVER = "hand-over"
    CLOSE = "close"
    CANCEL = "cancel"
    REQUEST_CANCELLATION = "request-cancellation"
    CANCEL_RESPONSE = "cancel-response"
    RECEIVE = "receive"
    PREPARE = "prepare"
    UNPACK = "unpack"
    UNSTAGE = "unstage"


# What we do with work ourselves: the plan releases it, its order cancels it. No node is offered or allowed these.
OURS = frozenset({Action.RELEASE, Action.CANCEL, Action.REQUEST_CANCELLATION})
# A node is at work on it.
TAKEN = frozenset({Status.ACCEPTED, Status.PICKING, Status.PACKED, Status.READY})
# action -> the states it may be taken in. A node that ships without telling each step has done those steps.
TRANSITIONS: Mapping[Action, frozenset[Status]] = {
    Action.RELEASE: frozenset({Status.SCHEDULED, Status.ON_HOLD}),
    Action.ACCEPT: frozenset({Status.OPEN}),
    Action.REJECT: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.PICK: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.PACK: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING}),
    Action.STAGE: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PACKED}),
    Action.SHIP: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PACKED}),
    Action.HAND_OVER: frozenset({Status.READY}),
    Action.CLOSE: TAKEN,
    Action.CANCEL: frozenset({Status.SCHEDULED, Status.OPEN, Status.ON_HOLD}),
    Action.REQUEST_CANCELLATION: TAKEN,
    Action.CANCEL_RESPONSE: TAKEN,
    # By the node that a leg goes to, as soon as something of it has left.
    Action.RECEIVE: frozenset({Status.ACCEPTED, Status.PICKING, Status.PACKED, Status.IN_TRANSIT}),
    Action.PREPARE: frozenset({Status.PICKING}),
    # One step back, before it has left.
    Action.UNPACK: frozenset({Status.PICKING, Status.PACKED}),
    Action.UNSTAGE: frozenset({Status.READY}),
}
# How far each state is along the way: an action that leads to a state already passed was taken before.
_PROGRESS = [
    Status.SCHEDULED,
    Status.OPEN,
    Status.ACCEPTED,
    Status.PICKING,
    Status.PACKED,
    Status.READY,
    Status.IN_TRANSIT,
    Status.COMPLETED,
]
_LEADS_TO = {
    Action.RELEASE: Status.OPEN,
    Action.ACCEPT: Status.ACCEPTED,
    Action.PICK: Status.PICKING,
    Action.PACK: Status.PACKED,
    Action.STAGE: Status.READY,
    Action.SHIP: Status.COMPLETED,
    Action.HAND_OVER: Status.COMPLETED,
    Action.RECEIVE: Status.COMPLETED,
    Action.PREPARE: Status.PICKING,
}


class AlreadyDone(ActionNotAvailable):
    """The step was taken before, or was implied by a later one; a late message may be dropped."""

    code = "already_done"
    title = "This step has already been taken."


def require(order: FulfillmentOrder, action: Action) -> None:
    """Refuse an action that the state does not allow; one that was overtaken raises AlreadyDone."""
    if order.status in TRANSITIONS[action]:
        return
    target = Status.IN_TRANSIT if order.is_leg and action is Action.SHIP else _LEADS_TO.get(action)
    detail = f"{action.value} is not possible while the fulfilment order is {order.status.value}."
    if target in _PROGRESS and order.status in _PROGRESS and _PROGRESS.index(order.status) >= _PROGRESS.index(target):
        raise AlreadyDone(detail)
    raise ActionNotAvailable(detail)


def available_actions(order: FulfillmentOrder) -> list[str]:
    """The verbs of the node protocol that can be taken now."""
    if order.is_activated:
        return []
    counter = order.method in COUNTER_METHODS
    hidden = OURS | {Action.RECEIVE, Action.SHIP if counter else Action.HAND_OVER}
    if not counter:
        hidden |= {Action.STAGE, Action.UNSTAGE}
    if has_left(order.lines):
        hidden |= {Action.REJECT}
    if not (order.asked or order.reclaimed):
        hidden |= {Action.CANCEL_RESPONSE}
    if not any(line.preparation and line.picked > line.prepared for line in order.lines):
        hidden |= {Action.PREPARE}
    if not any(line.packed_here for line in order.lines):
        hidden |= {Action.UNPACK}
    return [a.value for a, states in TRANSITIONS.items() if order.status in states and a not in hidden]


def accept(order: FulfillmentOrder) -> FulfillmentOrder:
    """The node takes the work."""
    require(order, Action.ACCEPT)
    return order.model_copy(update={"status": Status.ACCEPTED})


def reject(order: FulfillmentOrder, reason: str) -> FulfillmentOrder:
    """The node refuses the work; nothing of it has left. What it was asked to let go of, it lets go of."""
    require(order, Action.REJECT)
    if has_left(order.lines):
        raise ActionNotAvailable("Part of this fulfilment order has left; close it instead.")
    return _given_up(order, {"status": Status.REJECTED, "rejected_reason": reason})


def close(order: FulfillmentOrder, reason: str) -> FulfillmentOrder:
    """The node cannot go on with the work: it lets go of what it was asked for, and gives up what else has not left."""
    require(order, Action.CLOSE)
    left = _given_up(order, {"status": Status.INCOMPLETE, "closed_reason": reason})
    if any(line.under_way for line in left.lines):
        # It ends when what has left has arrived.
        return left.model_copy(update={"status": Status.IN_TRANSIT})
    return left


def pick(order: FulfillmentOrder, quantities: Mapping[int, int] | None) -> FulfillmentOrder:
    """Units are taken from the shelf; None means everything left. What has all been picked is AlreadyDone."""
    require(order, Action.PICK)
    named = [order.line(n) for n in quantities] if quantities else order.lines
    if all(line.picked == line.held for line in named):
        raise AlreadyDone("All units of these lines have been picked.")
    return _progress(order, "picked", quantities, Status.PICKING)


def pack(order: FulfillmentOrder, quantities: Mapping[int, int] | None) -> FulfillmentOrder:
    """Units are put into boxes; packing implies picking."""
    require(order, Action.PACK)
    packed = _progress(order, "packed", quantities, Status.PACKED)
    lines = tuple(line.model_copy(update={"picked": max(line.picked, line.packed)}) for line in packed.lines)
    complete = all(line.packed >= line.held for line in lines)
    return packed.model_copy(update={"lines": lines, "status": Status.PACKED if complete else Status.PICKING})


def stage(order: FulfillmentOrder) -> FulfillmentOrder:
    """The goods wait for the customer at the counter."""
    require(order, Action.STAGE)
    if order.method not in COUNTER_METHODS:
        raise ActionNotAvailable("Only work that a customer collects can be staged.")
    lines = tuple(filled(line, shipped=line.shipped) for line in order.lines)
    return order.model_copy(update={"lines": lines, "status": Status.READY})


def leave(order: FulfillmentOrder, quantities: Mapping[int, int] | None, action: Action) -> FulfillmentOrder:
    """Units leave the node, shipped or handed over; the work is COMPLETED when nothing remains, a leg IN_TRANSIT.

    Who ships a part without having accepted has taken the work. What has left can no longer be cancelled, so a request
    to cancel shrinks to what is left.
    """
    require(order, action)
    if (action is Action.SHIP) == (order.method in COUNTER_METHODS):
        raise ActionNotAvailable(f"{action.value} does not fit the method {order.method}.")
    wanted = wanted_units(order, quantities, {line.line_no: line.remaining for line in order.lines})
    if not any(wanted.values()):
        raise InvalidRequest(errors=[FieldError("/lines", "nothing_left", "no unit is left to send")])
    if order.is_leg:
        lines = tuple(sent(line, wanted[line.line_no]) for line in order.lines)
    else:
        lines = tuple(
            filled(line, shipped=line.shipped + wanted[line.line_no], only=wanted[line.line_no]) for line in order.lines
        )
    taken = Status.ACCEPTED if order.status is Status.OPEN else order.status
    status = taken if any(line.remaining for line in lines) else end_of(lines)
    left = order.model_copy(update={"lines": lines, "status": status})
    asked = order.asked
    return (
        left if not asked else _still_asked(left, {n: min(units, left.line(n).remaining) for n, units in asked.items()})
    )


def cancel(order: FulfillmentOrder, quantities: Mapping[int, int]) -> FulfillmentOrder:
    """Units are taken out of work that no node has taken yet; CANCELLED when nothing is left."""
    require(order, Action.CANCEL)
    return without(order, quantities)


def request_cancellation(order: FulfillmentOrder, quantities: Mapping[int, int], reason: str) -> FulfillmentOrder:
    """The node is asked for units that have not left, besides those it was asked for before."""
    require(order, Action.REQUEST_CANCELLATION)
    asked = order.asked
    for line_no, units in quantities.items():
        asked[line_no] = asked.get(line_no, 0) + units
        if asked[line_no] > order.line(line_no).remaining:
            raise ActionNotAvailable(f"Line {line_no} has fewer than {units} units that can still be asked for.")
    return order.model_copy(update={"cancel_request": CancelRequest(lines=_units(asked), reason=reason)})


def accept_cancellation(order: FulfillmentOrder, quantities: Mapping[int, int] | None) -> FulfillmentOrder:
    """The node lets go of units that it was asked for; None means all of them, and the others it keeps."""
    asked = _require_asked(order)
    wanted = wanted_units(order, quantities, {line.line_no: asked.get(line.line_no, 0) for line in order.lines})
    if not any(wanted.values()):
        raise InvalidRequest(errors=[FieldError("/lines", "nothing_asked", "none of these units was asked for")])
    return _answered(without(order, wanted), Answer.ACCEPTED)


def reject_cancellation(order: FulfillmentOrder) -> FulfillmentOrder:
    """The node goes on with all that it was asked to let go of."""
    _require_asked(order)
    return _answered(order, Answer.REJECTED)


def _require_asked(order: FulfillmentOrder) -> Mapping[int, int]:
    """The units a node was asked for; a request that was answered, or that the work has overtaken, is AlreadyDone."""
    if order.cancel_request is None:
        raise ActionNotAvailable("Nobody has asked to cancel anything of this fulfilment order.")
    if not order.asked:
        raise AlreadyDone("The request to cancel is settled.")
    require(order, Action.CANCEL_RESPONSE)
    return order.asked


def _still_asked(order: FulfillmentOrder, asked: Mapping[int, int]) -> FulfillmentOrder:
    """The work with a request for these units; one for which nothing is left is settled, as if the node refused."""
    assert order.cancel_request is not None
    if not any(asked.values()):
        return _answered(order, Answer.REJECTED)
    return order.model_copy(update={"cancel_request": order.cancel_request.model_copy(update={"lines": _units(asked)})})


def _answered(order: FulfillmentOrder, answer: Answer) -> FulfillmentOrder:
    assert order.cancel_request is not None
    return order.model_copy(update={"cancel_request": order.cancel_request.model_copy(update={"answer": answer})})


def _units(quantities: Mapping[int, int]) -> tuple[WorkUnits, ...]:
    return tuple(WorkUnits(line_no=n, quantity=units) for n, units in sorted(quantities.items()) if units)


def without(order: FulfillmentOrder, quantities: Mapping[int, int]) -> FulfillmentOrder:
    """The work without some units; what was picked or packed of them goes back to the shelf."""
    lines = []
    for line in order.lines:
        units = quantities.get(line.line_no, 0)
        if units > line.remaining:
            raise ActionNotAvailable(f"Line {line.line_no} has fewer than {units} units that have not left.")
        lines.append(fitting(line.model_copy(update={"cancelled": line.cancelled + units})))
    status = order.status
    if all(line.remaining == 0 for line in lines):
        status = end_of(lines)
    return order.model_copy(update={"lines": tuple(lines), "status": status})


def _given_up(order: FulfillmentOrder, end: Mapping[str, object]) -> FulfillmentOrder:
    if order.asked:
        order = accept_cancellation(order, None)
        if order.is_closed:
            return order
    lines = tuple(fitting(line.model_copy(update={"given_up": line.given_up + line.remaining})) for line in order.lines)
    return order.model_copy(update={"lines": lines, **end})


def _progress(
    order: FulfillmentOrder, step: str, quantities: Mapping[int, int] | None, status: Status
) -> FulfillmentOrder:
    room = {line.line_no: line.held - getattr(line, step) for line in order.lines}
    wanted = wanted_units(order, quantities, room)
    lines = tuple(line.model_copy(update={step: getattr(line, step) + wanted[line.line_no]}) for line in order.lines)
    return order.model_copy(update={"lines": lines, "status": status})
