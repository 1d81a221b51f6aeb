"""The life of a return by post: which state follows from its units, and what can be done with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from oms.platform.problems import ActionNotAvailable
from oms.returns.model import EXPECTING, OPEN, Rma, RmaLine, State

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.APPROVED, State.DECLINED, State.CANCELLED}),
    State.APPROVED: frozenset({State.IN_TRANSIT, State.RECEIVED, State.CLOSED, State.CANCELLED}),
    State.IN_TRANSIT: frozenset({State.RECEIVED, State.CLOSED}),
    State.RECEIVED: frozenset({State.INSPECTED, State.CLOSED}),
    State.INSPECTED: frozenset({State.RECEIVED, State.CLOSED}),
    State.DECLINED: frozenset({State.APPROVED}),
    State.CANCELLED: frozenset({State.APPROVED}),
    State.CLOSED: frozenset({State.APPROVED, State.IN_TRANSIT, State.INSPECTED}),
}
OVER = frozenset({State.DECLINED, State.CANCELLED, State.CLOSED})


def available_actions(rma: Rma) -> list[str]:
    """What can be done with a return now."""
    found: list[str] = []
    if rma.state is State.REQUESTED:
        found.append("decide")
    if rma.state in EXPECTING and rma.to_come:
        found.append("receive")
    if rma.state in OPEN and any(one.waiting for one in rma.lines):
        found.append("inspect")
    if State.CANCELLED in TRANSITIONS[rma.state]:
        found.append("cancel")
    if rma.state in OVER and any(one.to_come + one.left_it for one in rma.lines):
        found.append("reopen")
    return found


def become(rma: Rma, state: State) -> Rma:
    """The return in another state; one that its state does not lead to raises ActionNotAvailable."""
    if state is rma.state:
        return rma
    if state not in TRANSITIONS[rma.state]:
        raise ActionNotAvailable(f"The return is {rma.state.value} and cannot become {state.value}.")
    return rma.model_copy(update={"state": state})


def with_lines(rma: Rma, changed: Mapping[int, RmaLine]) -> Rma:
    """The return with some of its lines as they are now, and the state that follows from all of them."""
    lines = tuple(changed.get(one.line_no, one) for one in rma.lines)
    return settled(rma.model_copy(update={"lines": lines}))


def settled(rma: Rma) -> Rma:
    """The return in the state that follows from its units."""
    if any(one.waiting for one in rma.lines):
        return become(rma, State.RECEIVED)
    if not rma.to_come:
        return become(rma, State.CLOSED)
    if any(one.received for one in rma.lines):
        return become(rma, State.INSPECTED)
    return become(rma, State.IN_TRANSIT if rma.dropped_off_at else State.APPROVED)
