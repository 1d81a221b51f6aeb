"""What happened to gift cards and store credit beyond the payments of orders. Amounts in minor units of `currency`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class IssueTender(BaseModel):
    """What a sold card was paid with; `reference` is the provider's, or the till's, own name of the payment."""

    model_config = ConfigDict(frozen=True)
    tender: str
    amount: int
    provider: str | None = None
    reference: str | None = None


class _OfAccount(EventData):
    card_id: str
    kind: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    amount: int


class GiftCardIssued(_OfAccount):
    """A gift card or store credit came into being: sold for money, or given as a refund or out of goodwill.

    `cause_id` names the refund, appeasement or shipment that it came with, which posts what it cost by itself. What one
    that was sold alone is paid with stands in the books of `tender_entity`, at `tender_store`, where another sold it.
    """

    version: ClassVar[int] = 3

    reason: str
    tenders: tuple[IssueTender, ...] = ()
    provider: str | None = None
    expires_on: str | None = None
    cause_id: str | None = None
    session_id: str | None = None
    business_date: str | None = None
    tender_entity: str | None = None
    tender_store: str | None = None


class GiftCardBreakageRecognized(_OfAccount):
    """What is left of an expired or dormant card will not be used any more, and is income."""

    breakage_id: str
    reason: str
