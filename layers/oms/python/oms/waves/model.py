"""A pick wave: work of one node that is picked together, each piece of it in one wave only. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.fulfillment.model import COUNTER_METHODS, FulfillmentOrder, Status
from oms.platform.problems import ActionNotAvailable
from oms.waves.requests import WaveKind, WaveRequest

# Each work is at most two facts, its own item and its order's, in one transaction with the wave.
MOST_ORDERS = 20
# The work that a wave may take, from the node's queue.
WAITING = (Status.OPEN, Status.ACCEPTED)
_DIGITS = re.compile(r"(\d+)")


class WaveState(StrEnum):
    """The states of a pick wave."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


TRANSITIONS: Mapping[WaveState, frozenset[WaveState]] = {
    WaveState.OPEN: frozenset({WaveState.CLOSED}),
    WaveState.CLOSED: frozenset(),
}


class NothingToPick(ActionNotAvailable):
    """No work waits that a wave of this kind may take."""

    code = "nothing_to_pick"
    title = "No work waits that this wave may take."
    remedy = "Ask for another kind or other filters, or wait for new work; nothing was stored."


class WaveClosedBefore(ActionNotAvailable):
    """The wave was closed before; a late message may be dropped."""

    code = "wave_already_closed"
    title = "The wave is closed already."
    remedy = "Make a new wave of what still waits."


class Wave(BaseModel):
    """One pick wave with its work, in the order in which it is due; instants are RFC 3339 in UTC."""

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str
    kind: WaveKind
    fulfillment_order_ids: tuple[str, ...]
    created_at: str
    created_by: str
    state: WaveState = WaveState.OPEN
    closed_at: str | None = None
    version: int = 1

    @property
    def available_actions(self) -> list[str]:
        """What can be done with it now."""
        return ["close"] if WaveState.CLOSED in TRANSITIONS[self.state] else []


def closed(wave: Wave, at: str) -> Wave:
    """The wave as closed; raises WaveClosedBefore where it is not open."""
    if WaveState.CLOSED not in TRANSITIONS[wave.state]:
        raise WaveClosedBefore(f"The wave {wave.id} is {wave.state.value}.")
    return wave.model_copy(update={"state": WaveState.CLOSED, "closed_at": at, "version": wave.version + 1})


def may_join(work: FulfillmentOrder, request: WaveRequest) -> bool:
    """Whether some work may be taken into a wave: it waits, nothing of it was picked, and it is what is asked for."""
    waits = work.status in WAITING and work.wave_id is None and not work.asked
    if not waits or any(line.picked or line.shipped or line.in_transit for line in work.lines):
        return False
    if request.kind is WaveKind.SINGLE and units_of(work) != 1:
        return False
    if request.handover is not None and (work.method in COUNTER_METHODS) != (request.handover == "pickup"):
        return False
    return not request.services or work.service in request.services


def units_of(work: FulfillmentOrder) -> int:
    """Units that its node still has to send."""
    return sum(line.remaining for line in work.lines)


def by_urgency(works: Iterable[FulfillmentOrder]) -> list[FulfillmentOrder]:
    """Work in the order in which it is due, then by age; what nothing was promised for comes last."""
    return sorted(works, key=lambda work: (work.due_at or "~", work.created_at, work.id))


def is_picked(work: FulfillmentOrder) -> bool:
    """Whether nothing of some work is left to pick, since it was picked or has ended."""
    return work.is_closed or all(line.picked >= line.held for line in work.lines)


def walking_key(location: str) -> tuple[tuple[int, int, str], ...]:
    """How places are sorted along a walk: their numbers as numbers, so that A-9 comes before A-10."""
    parts = (part for part in _DIGITS.split(location) if part)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
