"""The verbs that reshape work, which may be taken when, and those that keep it from beginning. Pure rules, no I/O.

Those that give units to other work are in `sharing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from oms.fulfillment.model import FulfillmentOrder, HoldRole, Status, WorkHold
from oms.orders.request import Method
from oms.platform.clock import format_instant
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest

# Several systems may have a say; more than these are a mistake that repeats itself.
MOST_HOLDS = 20


class Reshaping(StrEnum):
    """The verbs by which work is reshaped; those that nodes may take are in `OF_NODES`."""

    HOLD = "hold"
    RELEASE_HOLD = "release-hold"
    SPLIT = "split"
    MERGE = "merge"
    MOVE = "move"
    RESCHEDULE = "reschedule"


OF_NODES = frozenset({Reshaping.HOLD, Reshaping.RELEASE_HOLD, Reshaping.SPLIT})
_BEFORE = frozenset({Status.SCHEDULED, Status.OPEN, Status.ON_HOLD})
# verb -> the states it may be taken in.
TRANSITIONS: Mapping[Reshaping, frozenset[Status]] = {
    Reshaping.HOLD: _BEFORE | {Status.ACCEPTED},
    Reshaping.RELEASE_HOLD: frozenset({Status.ON_HOLD}),
    Reshaping.SPLIT: _BEFORE | {Status.ACCEPTED, Status.PICKING},
    Reshaping.MERGE: _BEFORE,
    Reshaping.MOVE: _BEFORE | {Status.ACCEPTED, Status.PICKING},
    Reshaping.RESCHEDULE: _BEFORE | {Status.ACCEPTED},
}
# Those that give units to other work.
_SHARING = frozenset({Reshaping.SPLIT, Reshaping.MERGE, Reshaping.MOVE})
# Those that keep all of it from beginning, which is too late once a unit was picked.
_PAUSING = frozenset({Reshaping.HOLD, Reshaping.RESCHEDULE, Reshaping.MERGE})


class NotMergeable(ActionNotAvailable):
    """Two fulfilment orders are not alike enough to become one."""

    code = "not_mergeable"
    title = "These fulfilment orders cannot become one."
    remedy = "Name another fulfilment order of the same order, node, method and destination that nobody has begun."


class HoldOfOperator(ActionNotAvailable):
    """A node may not release a hold that only an operator may."""

    code = "hold_of_operator"
    title = "Only an operator may release this hold."
    remedy = "Ask whoever placed the hold to release it."


def available_reshapings(work: FulfillmentOrder, role: HoldRole) -> list[str]:
    """What can be done to the shape of some work now, by a node or by an operator."""
    allowed = OF_NODES if role is HoldRole.NODE else frozenset(Reshaping)
    return [verb.value for verb in Reshaping if verb in allowed and why_not(work, verb) is None]


def require(work: FulfillmentOrder, verb: Reshaping) -> None:
    """Refuse a verb that the work does not allow as it is."""
    why = why_not(work, verb)
    if why is not None:
        raise ActionNotAvailable(why)


def why_not(work: FulfillmentOrder, verb: Reshaping) -> str | None:
    """Why a verb is not possible now, in a sentence; None where it is."""
    if work.status not in TRANSITIONS[verb]:
        return f"{verb.value} is not possible while the fulfilment order is {work.status.value}."
    if work.method == Method.DIGITAL.value:
        return "What is delivered without a parcel is nobody's work."
    if work.asked:
        return "Its node was asked to cancel units and has not answered."
    if verb is Reshaping.RELEASE_HOLD:
        return None if work.holds else "There is no hold on it; it waits for what other nodes send."
    if verb in _SHARING and (work.is_leg or work.hold_until is not None):
        return "Its units go on with those of other nodes."
    if verb in _SHARING and work.purchase is not None:
        return "It is ordered at its supplier."
    if verb in _PAUSING and any(line.picked for line in work.lines):
        return "Units of it were picked."
    if not any(free_units(work).values()):
        return "All of it was picked."
    if verb is Reshaping.SPLIT and sum(line.remaining for line in work.lines) < 2:
        return "One unit cannot be split."
    return None


def free_units(work: FulfillmentOrder) -> dict[int, int]:
    """Units per line that nobody has picked."""
    return {line.line_no: line.held - line.picked for line in work.lines if line.held > line.picked}


def hold(work: FulfillmentOrder, one: WorkHold) -> FulfillmentOrder:
    """The work with one hold more; its `hold_no` is given here."""
    require(work, Reshaping.HOLD)
    if len(work.holds) >= MOST_HOLDS:
        raise ActionNotAvailable(f"There are {len(work.holds)} holds on it already.")
    number = work.holds_placed + 1
    return paused(
        work.model_copy(
            update={"holds": (*work.holds, one.model_copy(update={"hold_no": number})), "holds_placed": number}
        )
    )


def release_holds(
    work: FulfillmentOrder, hold_no: int | None, role: HoldRole, now: datetime
) -> tuple[FulfillmentOrder, tuple[WorkHold, ...]]:
    """The work without one hold, or without all that the role may release, and those that are gone."""
    require(work, Reshaping.RELEASE_HOLD)
    named = [one for one in work.holds if hold_no in (None, one.hold_no)]
    if not named:
        detail = f"there is no hold {hold_no} on it"
        raise InvalidRequest(errors=[FieldError("/hold_no", "unknown_hold", detail)])
    mine = [one for one in named if role is HoldRole.OPERATOR or one.released_by is HoldRole.NODE]
    if not mine:
        raise HoldOfOperator(pointer="" if hold_no is None else "/hold_no")
    left = tuple(one for one in work.holds if one not in mine)
    after = work.model_copy(update={"holds": left})
    return (after if left else resumed(after, now)), tuple(mine)


def reschedule(work: FulfillmentOrder, release_at: str) -> FulfillmentOrder:
    """The work, to be released at an instant and not before; whoever had it has it no more until then."""
    require(work, Reshaping.RESCHEDULE)
    return paused(work.model_copy(update={"release_at": release_at}))


def without_what_is_over(work: FulfillmentOrder, now: datetime) -> tuple[FulfillmentOrder, tuple[WorkHold, ...]]:
    """The work without holds that have ended by now and without a release that is due, and the holds that are gone."""
    if not work.is_paused:
        return work, ()
    at = format_instant(now)
    left = tuple(one for one in work.holds if one.expires_at is None or one.expires_at > at)
    due = work.release_at is not None and work.release_at <= at
    after = work.model_copy(update={"holds": left, "release_at": None if due else work.release_at})
    gone = tuple(one for one in work.holds if one not in left)
    return (resumed(after, now) if work.holds and not left else after), gone


def resumed(work: FulfillmentOrder, now: datetime) -> FulfillmentOrder:
    """Work whose last hold is gone: it waits for its release once more, or for what other nodes send."""
    status = Status.ON_HOLD if work.gathers else Status.SCHEDULED
    release_at = work.release_at if work.release_at is not None and work.release_at > format_instant(now) else None
    return with_time_to_answer(work.model_copy(update={"status": status, "release_at": release_at}), now)


def with_time_to_answer(work: FulfillmentOrder, now: datetime) -> FulfillmentOrder:
    """Work whose node has the whole time to answer from now on."""
    until = format_instant(now + timedelta(seconds=work.timeout_seconds))
    return work.model_copy(update={"respond_by": until, "woken": 0})


def paused(work: FulfillmentOrder) -> FulfillmentOrder:
    """Work that must not begin, in the state that says so."""
    status = Status.ON_HOLD if work.holds or work.gathers else Status.SCHEDULED
    # Nobody waits for a node to let go of what it has no more: who gets it next is asked anew, if at all.
    asked = None if work.reclaimed else work.cancel_request
    ended = {"deadlines": None, "woken": 0, "cancel_request": asked}
    return work.model_copy(update={"status": status, "was_deferred": True, **ended})
