"""What finance reads from the events of gift cards and store credit. Amounts are minor units of `currency`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, model_validator

from oms.finance.facts.base import Fact, Tender
from oms.platform.fields import Amount, Code


class IssueReason(StrEnum):
    """Why a card came into being: what was given for it is posted by the sale, the refund or the appeasement."""

    SOLD = "sold"
    REFUND = "refund"
    GOODWILL = "goodwill"


class PaidWith(BaseModel):
    """What a sold card was paid with."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    tender: Tender
    amount: Amount


class CardFact(Fact):
    """A fact about one gift card or store credit; `kind` is the tender that it is."""

    card_id: Code
    kind: Tender = Tender.GIFT_CARD
    amount: Amount


class GiftCardIssued(CardFact):
    """A card came into being; `cause_id` names the refund, appeasement or shipment that posts what it cost.

    What a sold one was paid with stands in the books of `tender_entity`, at `tender_store`, where others issued it.
    """

    reason: IssueReason
    tenders: tuple[PaidWith, ...] = ()
    cause_id: Code | None = None
    tender_entity: Code | None = None
    tender_store: Code | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> GiftCardIssued:
        sold_here = self.reason is IssueReason.SOLD and self.cause_id is None
        if sold_here and sum(one.amount for one in self.tenders) != self.amount:
            raise ValueError("a sold card is not paid for exactly")
        return self


class GiftCardBreakageRecognized(CardFact):
    """What is left of a card will not be used any more."""

    breakage_id: Code
