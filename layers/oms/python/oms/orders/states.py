"""Where an order stands: the words for it, and what another system told of one that is over. Pure.

Orders of the past are UNMANAGED: they have no stock, no money and no work of ours, and nothing of them is ever changed
here; what left, came back and was paid is kept as it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.orders.request import LineQuantity, OrderRequest, Tender
from oms.payments.states import Rollup, taken
from oms.platform.fields import Amount, Code, Count
from oms.platform.intake import Request
from oms.platform.problems import Problem


class Status(StrEnum):
    """The states of an order."""

    DRAFT = "DRAFT"  # being placed; not yet visible
    PENDING_REVIEW = "PENDING_REVIEW"  # a person must accept or cancel it
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class FulfillmentRollup(StrEnum):
    """How far the goods of an order are."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"


class OrderUnmanaged(Problem):
    status = 409
    code = "order_unmanaged"
    title = "The order is history of another system and is not managed here."
    remedy = "Change it in the system that it comes from; here it is only shown."


class PaidBefore(Request):
    """What a tender has paid of an order and had given back, in minor units of its currency; both are over."""

    tender: Tender = Tender.CARD
    provider: Code
    reference: Code | None = None
    captured: Amount
    refunded: Amount = 0


class LineBefore(Request):
    """How many units of a line were cancelled, and of those that left, how many came back."""

    line_no: Annotated[int, Field(strict=True, ge=1)]
    cancelled: Count = 0
    returned: Count = 0


class HistoryRequest(Request):
    """What became of an order that is over. Lines that are not named left whole and did not come back."""

    status: Literal["COMPLETED", "CANCELLED"]
    lines: tuple[LineBefore, ...] = ()
    payments: Annotated[tuple[PaidBefore, ...], Field(max_length=10)] = ()


class HistoryOrder(OrderRequest):
    """A row of an order file that tells of the past: an order as it was placed, and what became of it."""

    history: HistoryRequest


class History(BaseModel):
    """What another system told of an order: units by line that left and that came back, and what was paid."""

    model_config = ConfigDict(frozen=True)
    imported_at: str
    gone: tuple[LineQuantity, ...] = ()
    returned: tuple[LineQuantity, ...] = ()
    payments: tuple[PaidBefore, ...] = ()

    def payment_status(self, total: int) -> Rollup:
        """The payment status of an order of this total, from what was told to be paid."""
        captured = sum(one.captured for one in self.payments)
        if not captured:
            return Rollup.CAPTURED if total == 0 else Rollup.UNPAID
        return Rollup(taken(captured, sum(one.refunded for one in self.payments)).value)


def gone_before(history: History | None) -> Sequence[LineQuantity]:
    """The units that had left before the order came here, by line."""
    return history.gone if history else ()


def returned_before(history: History | None) -> Sequence[LineQuantity]:
    """The units that had come back before the order came here, by line."""
    return history.returned if history else ()


def refuse_unmanaged(history: History | None) -> None:
    """An order that is history raises OrderUnmanaged: every command that would change it asks here."""
    if history is not None:
        raise OrderUnmanaged()
