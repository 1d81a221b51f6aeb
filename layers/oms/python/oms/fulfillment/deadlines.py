"""What of the deadlines of some work is due, and how long its workflow may wait until the next one is. Pure.

Times were computed when the work was released and stand with it. A step that the work has overtaken is never taken; a
timer that was set for it just waits on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from oms.fulfillment.model import Deadline, DeadlineKind, DeadlineStep, Do, FulfillmentOrder, Status
from oms.platform.clock import format_instant, parse_instant

# In which states a deadline is to be met, and in which it is still to come: a wait must not sleep over it.
_CONCERNS: Mapping[DeadlineKind, frozenset[Status]] = {
    DeadlineKind.ACCEPT: frozenset({Status.OPEN}),
    DeadlineKind.PICK: frozenset({Status.ACCEPTED, Status.PICKING}),
    DeadlineKind.COLLECT: frozenset({Status.READY}),
    DeadlineKind.ARRIVAL: frozenset({Status.READY}),
    DeadlineKind.PROMISE: frozenset({Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PACKED}),
}
_COMES_AFTER: Mapping[DeadlineKind, frozenset[Status]] = {
    DeadlineKind.ACCEPT: frozenset({Status.ON_HOLD}),
    DeadlineKind.PICK: frozenset({Status.ON_HOLD, Status.OPEN}),
    DeadlineKind.PROMISE: frozenset({Status.ON_HOLD}),
}
# The work waits for the customer; its node has done its part.
_NODE_IS_DONE = frozenset({Status.READY})
_MOVES = frozenset({Do.REROUTE, Do.RECLAIM})
_MORE_THAN_NOTED = frozenset({Do.REROUTE, Do.RECLAIM, Do.EXPIRE})
# A wait that is over at once would be asked for again at once where clocks differ.
_SHORTEST_WAIT = timedelta(seconds=60)


def concerning(work: FulfillmentOrder) -> list[Deadline]:
    """The deadlines that the work is to meet in its present state, the next one first."""
    found = [one for one in work.deadlines or () if _concerns(work, one.kind)]
    return sorted(found, key=lambda one: one.at)


def due_at(work: FulfillmentOrder) -> str | None:
    """By when the next thing is to have happened to some work at its node; None where nobody waits for the node.

    That is its next deadline and what was promised, whichever is sooner; of open work without one, its time to answer.
    """
    named = [one.at for one in concerning(work)]
    if work.due_at is not None and work.status not in _NODE_IS_DONE:
        named.append(work.due_at)
    answers = work.status is Status.OPEN and not any(one.kind is DeadlineKind.ACCEPT for one in concerning(work))
    if answers and work.respond_by is not None:
        named.append(work.respond_by)
    return min(named, default=None)


def due_steps(work: FulfillmentOrder, now: datetime) -> list[tuple[Deadline, DeadlineStep]]:
    """The steps whose time has come and that are not done, in the order of their times.

    Without those that are not only noted: what re-routes, and what gives units up that nobody collected.
    """
    at = format_instant(now)
    found = [
        (deadline, step)
        for deadline, step in _steps(work)
        if step.at <= at and not step.done and step.do not in _MORE_THAN_NOTED and _concerns(work, deadline.kind)
    ]
    return sorted(found, key=lambda one: one[1].at)


def has_expired(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether units are to be given up that nobody collected in time."""
    at = format_instant(now)
    return any(step.do is Do.EXPIRE and step.at <= at for deadline in concerning(work) for step in deadline.steps)


def with_done(work: FulfillmentOrder, deadline: Deadline, step: DeadlineStep) -> FulfillmentOrder:
    """The work with one step of one of its deadlines done."""
    done = step.model_copy(update={"done": True})
    changed = deadline.model_copy(update={"steps": tuple(done if one == step else one for one in deadline.steps)})
    return with_deadline(work, changed)


def with_deadline(work: FulfillmentOrder, deadline: Deadline) -> FulfillmentOrder:
    """The work with a deadline in place of its one of that kind, or besides the others."""
    others = [one for one in work.deadlines or () if one.kind is not deadline.kind]
    kept = sorted((*others, deadline), key=lambda one: one.at)
    return work.model_copy(update={"deadlines": tuple(kept)})


def without_deadlines(work: FulfillmentOrder, *kinds: DeadlineKind) -> FulfillmentOrder:
    """The work without its deadlines of some kinds."""
    if work.deadlines is None:
        return work
    return work.model_copy(update={"deadlines": tuple(one for one in work.deadlines if one.kind not in kinds)})


def next_deadline(work: FulfillmentOrder, now: datetime) -> datetime | None:
    """When the next step of the work comes that is not overtaken; None where none is to come.

    What is only asked for once the state before it is left counts, too: the node may leave it at any time.
    """
    at = format_instant(now)
    coming = [
        step.at
        for deadline, step in _steps(work)
        if step.at > at
        and not step.done
        and (_concerns(work, deadline.kind) or work.status in _COMES_AFTER.get(deadline.kind, ()))
    ]
    return parse_instant(min(coming)) if coming else None


def patience_ends(work: FulfillmentOrder) -> datetime | None:
    """Until when nobody asks why the work has not ended; None where nobody will.

    That is when its node must have answered, or the last time that the service level names, whichever is later.
    """
    if work.status in _NODE_IS_DONE or work.respond_by is None or work.is_paused:
        return None
    named = [step.at for _, step in _steps(work) if step.do in (Do.ESCALATE, Do.REROUTE)]
    return parse_instant(max((work.respond_by, *named)))


def wants_rerouting(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether other nodes are to get the units, or a person hears that none has them; at every wake from then on."""
    at = format_instant(now)
    due = [deadline for deadline in concerning(work) for step in deadline.steps if step.do in _MOVES and step.at <= at]
    if any(one.kind is not DeadlineKind.PICK or may_be_reclaimed(work) for one in due):
        return True
    ends = patience_ends(work)
    return ends is not None and ends <= now


def may_be_reclaimed(work: FulfillmentOrder) -> bool:
    """Whether work that its node has accepted may go to others: it has neither begun nor said no."""
    request = work.cancel_request
    refused = request is not None and request.reclaim and request.answer is not None
    begun = any(line.picked or line.shipped or line.in_transit for line in work.lines)
    return work.status is Status.ACCEPTED and not begun and not refused and not work.asked


def next_wake(work: FulfillmentOrder, now: datetime) -> datetime | None:
    """When the workflow is to look at the work: at the next step, at the end of patience, or when it may begin."""
    if work.is_paused:
        return None if work.pause_ends is None else parse_instant(work.pause_ends)
    coming = [one for one in (next_deadline(work, now), patience_ends(work)) if one is not None and one > now]
    return min(coming, default=None)


def wait_seconds(work: FulfillmentOrder, now: datetime) -> int:
    """How long the workflow may wait: until it is to look at the work; else for as long as it ever waits."""
    wakes = next_wake(work, now)
    if wakes is None:
        return work.timeout_seconds
    return max(_SHORTEST_WAIT, wakes - now + timedelta(milliseconds=999)) // timedelta(seconds=1)


def _concerns(work: FulfillmentOrder, kind: DeadlineKind) -> bool:
    if kind is DeadlineKind.PICK and all(line.picked >= line.held for line in work.lines):
        return False
    return work.status in _CONCERNS[kind]


def _steps(work: FulfillmentOrder) -> Iterator[tuple[Deadline, DeadlineStep]]:
    return ((deadline, step) for deadline in work.deadlines or () for step in deadline.steps)
