"""How the calls about gift cards and store credit are read. Amounts are minor units of the card's currency."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from oms.platform.fields import Amount, Code, Currency, IsoDate, Label
from oms.platform.intake import Request
from oms.stored_value.model import Kind, Reason

MOST_LISTED = 100
# A number that could be guessed would be no secret: eight characters at least.
_SHORTEST_NUMBER, _LONGEST_NUMBER = 8, 32

Positive = Annotated[Amount, Field(ge=1)]


class PaidWith(StrEnum):
    """What a card can be bought with."""

    CASH = "cash"
    CARD = "card"


class BreakageReason(StrEnum):
    """Why the rest of a card will not be used any more."""

    EXPIRED = "expired"
    DORMANT = "dormant"


def _number(text: str) -> str:
    plain = text.replace(" ", "").replace("-", "")
    if not (plain.isascii() and plain.isalnum() and _SHORTEST_NUMBER <= len(plain) <= _LONGEST_NUMBER):
        raise ValueError("a card's number has 8 to 32 letters and digits")
    if plain.lower().startswith(("gft", "crd")):
        raise ValueError("a card's number does not look like an id")
    return text


class SaleTender(Request):
    """What a card was paid with; a payment card names its provider and the provider's reference."""

    tender: PaidWith
    amount: Positive
    provider: Code | None = None
    reference: Code | None = None

    @model_validator(mode="after")
    def _card_has_a_provider(self) -> SaleTender:
        if (self.tender is PaidWith.CARD) != (self.provider is not None and self.reference is not None):
            raise ValueError("a card names its provider and reference, cash has neither")
        return self


class IssueCard(Request):
    """A gift card or store credit, sold for money or granted out of goodwill.

    `number` is what is printed on the card; it is never stored, only a digest of it. Without one the card is named by
    its id alone. `session_id` and `business_date` are those of the drawer that took cash. The company of `issuer_node`
    owes what is on it, without one that of the node that sells.
    """

    kind: Kind = Kind.GIFT_CARD
    reason: Reason = Reason.SOLD
    number: Annotated[str, Field(max_length=48), AfterValidator(_number)] | None = None
    amount: Positive
    currency: Currency
    selling_node: Code
    issuer_node: Code | None = None
    channel: Code
    tenders: Annotated[tuple[SaleTender, ...], Field(max_length=10)] = ()
    expires_on: IsoDate | None = None
    session_id: Code | None = None
    business_date: IsoDate | None = None
    note: Label | None = None


class RecognizeBreakage(Request):
    """Recognise what is left, or `amount` of it, as income; what tenders hold is left out."""

    reason: BreakageReason
    amount: Positive | None = None


class CardQuery(Request):
    """Which page of its movements is shown with a card."""

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 25
    cursor: Annotated[str, Field(max_length=1024)] | None = None
