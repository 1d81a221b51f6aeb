"""Whether what a device says, and what cannot be done any more, contradicts what others have said. Pure.

What cannot be done is told to a person unless it says nothing new: goods were moved, or were not there, and no record
of ours shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oms.fulfillment.model import Answer, FulfillmentOrder
from oms.fulfillment.offers import OfferOver
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import ActionRequest, HandOverRequest, PickRequest, ReceiveRequest
from oms.platform.problems import InvalidRequest, Problem

# Each of them moves goods: two devices that say it of the same units have moved them twice.
MOVES_GOODS = frozenset({Action.PICK, Action.PACK, Action.SHIP, Action.HAND_OVER, Action.RECEIVE})
# What is wrong with an action only because of what happened meanwhile.
_OVERTAKEN = frozenset(
    {"quantity_too_large", "over_scanned", "nothing_left", "nothing_asked", "repeated", "unknown_carton"}
    | {"label_given_back"}
)
# The goods have gone without what should have been shown for them.
_UNPROVED = frozenset({"proof_missing", "proof_wrong", "collector_unknown", "age_check_missing"})


@dataclass(frozen=True, slots=True)
class Saying:
    """Who last said something of some work: the event, the command, by whom and when (RFC 3339 in UTC)."""

    event: str
    command: str
    by: str
    at: str
    cause: str


def sayings(timeline: Sequence[Mapping[str, Any]], fulfillment_order_id: str) -> list[Saying]:
    """What was said of some work, oldest first."""
    return [
        Saying(row["event"], row["command"], row["actor"], row["occurred_at"], row["causation_id"])
        for row in timeline
        if row["data"].get("fulfillment_order_id") == fulfillment_order_id
    ]


def is_contradicted(
    problem: Problem,
    work: FulfillmentOrder,
    action: Action,
    request: ActionRequest,
    others: Sequence[Saying],
) -> bool:
    """Whether a refused action says something else than what is known; `others` said the same verb, not this device.

    What would be wrong at any time, and what the store was too busy for, is no contradiction.
    """
    if isinstance(problem, AlreadyDone):
        return _differs(work, action, request) or (action in MOVES_GOODS and bool(others))
    if problem.code in _UNPROVED:
        return True
    if isinstance(problem, InvalidRequest) or problem.code == "wrong_scan":
        codes = {error.code for error in problem.errors}
        return bool(codes) and codes <= _OVERTAKEN and not _impossible(work, request)
    # Who was too late for an offer has moved nothing, and has been told.
    return problem.status == 409 and not isinstance(problem, OfferOver)


def _differs(work: FulfillmentOrder, action: Action, request: ActionRequest) -> bool:
    """Whether what was taken as done before says something that the work does not show."""
    if action is Action.CANCEL_RESPONSE and work.cancel_request is not None:
        return (work.cancel_request.answer is Answer.ACCEPTED) is not request.accepted
    if isinstance(request, PickRequest):
        return bool(request.short)
    if isinstance(request, ReceiveRequest):
        return bool(request.lost or request.damaged or request.over)
    return isinstance(request, HandOverRequest) and bool(request.refused)


def _impossible(work: FulfillmentOrder, request: ActionRequest) -> bool:
    """Whether more units are named than the work ever had."""
    ever = {line.line_no: line.quantity for line in work.lines}
    return any(units > ever.get(line_no, 0) for line_no, units in (request.quantities or {}).items())
