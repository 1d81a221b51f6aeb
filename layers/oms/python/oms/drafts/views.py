"""What callers and customers see of a draft. Amounts in minor units of its currency."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.drafts.model import Draft, DraftState
from oms.orders.request import OrderRequest, Totals


class DraftView(BaseModel):
    """A draft whole; the tokens of its tenders are never shown."""

    model_config = ConfigDict(frozen=True)
    id: str
    state: DraftState
    version: int
    quote_number: str | None
    created_at: str
    valid_until: str
    order_id: str | None = Field(description="the order that it became")
    available_actions: list[str]
    order: OrderRequest


class SharedLine(BaseModel):
    """A line as a customer sees it."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    description: str | None
    quantity: int
    unit_price: int
    total: int


class SharedDraft(BaseModel):
    """What a link shows: what is offered for how much and until when; nothing of any person."""

    model_config = ConfigDict(frozen=True)
    state: DraftState
    quote_number: str | None
    valid_until: str
    currency: str
    lines: list[SharedLine]
    totals: Totals


class DraftLink(BaseModel):
    """A link to a draft; it is shown once, and only a hash of it is found by."""

    model_config = ConfigDict(frozen=True)
    name: str
    path: str
    expires_at: str


def draft_view(draft: Draft, now: str) -> DraftView:
    """A draft as it stands at an instant."""
    state = draft.state(now)
    payments = tuple(one.model_copy(update={"token": None}) for one in draft.order.payments)
    return DraftView(
        id=draft.id,
        state=state,
        version=draft.version,
        quote_number=draft.quote_number,
        created_at=draft.created_at,
        valid_until=draft.valid_until,
        order_id=draft.order_id,
        available_actions=["edit", "submit", "share"] if state is DraftState.DRAFT else [],
        order=draft.order.model_copy(update={"payments": payments}),
    )


def shared(draft: Draft, now: str) -> SharedDraft:
    """A draft as its customer sees it at an instant."""
    return SharedDraft(
        state=draft.state(now),
        quote_number=draft.quote_number,
        valid_until=draft.valid_until,
        currency=draft.order.currency,
        lines=[
            SharedLine(line_no=number, **line.model_dump(include=set(SharedLine.model_fields) - {"line_no"}))
            for number, line in enumerate(draft.order.lines, start=1)
        ],
        totals=draft.order.totals,
    )
