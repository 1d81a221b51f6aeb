"""A draft: an order that is not placed yet, with its prices, until an instant. Pure.

It holds no stock and no money. One with a number of its own is a quote. When it ends is judged when it is read.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.orders.request import OrderRequest
from oms.platform.problems import Problem

# The purpose of links on which a customer sees a draft and pays it.
LINK_PURPOSE = "draft"


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "DRAFT"
    PLACED = "PLACED"
    EXPIRED = "EXPIRED"


class DraftOver(Problem):
    status = 409
    code = "draft_over"
    title = "The draft was placed before, or its time is over."
    remedy = "Read it: if it was placed it names its order; if its time is over, make a new one."


class Draft(BaseModel):
    """A draft as it is stored; `version` counts its changes, each of which is one event."""

    model_config = ConfigDict(frozen=True)
    id: str
    version: int = 1
    quote_number: str | None = None
    created_at: str
    created_by: str
    valid_until: str
    order: OrderRequest
    order_id: str | None = None

    def state(self, now: str) -> DraftState:
        """Where it stands at an instant."""
        if self.order_id is not None:
            return DraftState.PLACED
        return DraftState.DRAFT if now < self.valid_until else DraftState.EXPIRED

    def require_open(self, now: str) -> None:
        """One that was placed or whose time is over raises DraftOver."""
        if self.state(now) is not DraftState.DRAFT:
            detail = f"It became {self.order_id}." if self.order_id else f"It was valid until {self.valid_until}."
            raise DraftOver(detail)
