"""The states of a tender, which follows which, the payment status of an order, and promises of money. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class State(StrEnum):
    """The states of a tender."""

    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURE_PENDING = "CAPTURE_PENDING"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # the provider's answer is being looked up


class Rollup(StrEnum):
    """The payment status of an order, derived from its tenders."""

    UNPAID = "UNPAID"
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


class Reserved(BaseModel):
    """That the customer pays in the store when the goods are collected, and for how many hours they are held.

    They are counted from when the order was placed, or from when all of it lies ready; `until` is known from then on.
    """

    model_config = ConfigDict(frozen=True)
    hours: int
    counted_from: Literal["placed", "ready"]
    until: str | None = None


# What pay links are for, among all links. A link's name leads to the tender (`platform/links.py`), which has its hash.
PURPOSE = "pay"


class PayLink(BaseModel):
    """A page on which the customer gives another card for what the first one did not pay, until an instant."""

    model_config = ConfigDict(frozen=True)
    name_hash: str
    expires_at: str
    # Its time was over before anybody paid, and what that means for the order has been seen to.
    is_over: bool = False


# What is to be held, or was asked for and has no final answer.
OPEN = frozenset({State.CREATED, State.UNKNOWN, State.ACTION_REQUIRED})
_ANSWERS = frozenset({State.AUTHORIZED, State.FAILED, State.VOIDED})
# All that will be taken was taken; of it nothing, some or all was given back since. A refund may fail later.
TAKEN = frozenset({State.CAPTURED, State.PARTIALLY_REFUNDED, State.REFUNDED})
TRANSITIONS: Mapping[State, frozenset[State]] = {
    # What was asked for anew and is not needed any more ends as it was before: with all captured that was.
    State.CREATED: frozenset({State.UNKNOWN, State.ACTION_REQUIRED, *_ANSWERS, *TAKEN}),
    State.UNKNOWN: frozenset({State.ACTION_REQUIRED, *_ANSWERS, *TAKEN}),
    State.ACTION_REQUIRED: _ANSWERS | TAKEN,
    # What was to pay for an edit that nobody paid ends with it.
    State.FAILED: frozenset({State.CREATED, State.VOIDED}),
    State.AUTHORIZED: frozenset({State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, State.VOIDED, State.EXPIRED, *TAKEN}),
    # Back to where it was, when what was accepted could not be taken after all.
    State.CAPTURE_PENDING: frozenset(
        {State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, State.AUTHORIZED, State.EXPIRED, *TAKEN}
    ),
    State.PARTIALLY_CAPTURED: frozenset({State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, *TAKEN}),
    # What an authorisation let go without a capture can be authorised anew, for the next parcel.
    # An approval that comes after its tender was closed is recorded all the same, and given back.
    State.CAPTURED: frozenset({State.CREATED, State.AUTHORIZED, State.PARTIALLY_REFUNDED, State.REFUNDED}),
    State.PARTIALLY_REFUNDED: frozenset({State.CREATED, State.AUTHORIZED, *TAKEN}),
    State.REFUNDED: frozenset({State.CREATED, State.AUTHORIZED, State.CAPTURED, State.PARTIALLY_REFUNDED}),
    State.EXPIRED: frozenset({State.CREATED}),
    State.VOIDED: frozenset({State.AUTHORIZED}),
}


def taken(captured: int, refunded: int) -> State:
    """The state of a tender of which all was taken that will be."""
    if not refunded:
        return State.CAPTURED
    return State.REFUNDED if refunded == captured else State.PARTIALLY_REFUNDED
