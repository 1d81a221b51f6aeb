"""What callers send to reshape work; the same shape over HTTP and over the integration bus."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.fulfillment.model import HoldReason, HoldRole
from oms.fulfillment.request import ActionLine
from oms.fulfillment.reshape import Reshaping
from oms.platform.fields import Code, Instant, Label
from oms.platform.intake import Request

HoldNo = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class ReshapeRequest(Request):
    """What every verb may say: over the bus which work is meant, and why."""

    fulfillment_order_id: Code | None = None
    reason: Label | None = None


class HoldRequest(ReshapeRequest):
    """Hold work back, until an instant or until somebody releases it.

    `released_by` says who may: without it, whoever is like the one that places it, a node or an operator.
    """

    reason: HoldReason
    released_by: HoldRole | None = None
    expires_at: Instant | None = None
    note: Label | None = None


class ReleaseHoldRequest(ReshapeRequest):
    """Release one hold or, without a number, every hold that the caller may release."""

    hold_no: HoldNo | None = None


class SplitRequest(ReshapeRequest):
    """Which units become work of their own."""

    lines: Annotated[tuple[ActionLine, ...], Field(min_length=1, max_length=200)]


class MergeRequest(ReshapeRequest):
    """Which other work becomes part of this one."""

    other_fulfillment_order_id: Code


class MoveRequest(ReshapeRequest):
    """Which node gets the units; without `lines` all that nobody has picked."""

    node_id: Code
    lines: Annotated[tuple[ActionLine, ...], Field(min_length=1, max_length=200)] | None = None


class RescheduleRequest(ReshapeRequest):
    """When the work is to be released at the earliest."""

    release_at: Instant


REQUESTS: dict[Reshaping, type[ReshapeRequest]] = {
    Reshaping.HOLD: HoldRequest,
    Reshaping.RELEASE_HOLD: ReleaseHoldRequest,
    Reshaping.SPLIT: SplitRequest,
    Reshaping.MERGE: MergeRequest,
    Reshaping.MOVE: MoveRequest,
    Reshaping.RESCHEDULE: RescheduleRequest,
}
