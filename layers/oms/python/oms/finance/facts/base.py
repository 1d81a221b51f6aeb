"""What finance reads from the events of other contexts: only the fields that the ledger needs.

Amounts are minor units of `currency`. `store` is the selling node, `legal_entity` the company that owns the order.
Fields that finance does not know are ignored, so a publisher may add to its payload.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.platform.fields import Amount, Code, Currency, IsoDate


class Tender(StrEnum):
    """What a customer pays with."""

    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    CASH = "cash"


class Taxed(BaseModel):
    """The tax of a jurisdiction, where it is known whose it is."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    jurisdiction: Code | None = None
    amount: Amount


Taxes = Annotated[tuple[Taxed, ...], Field(max_length=1_000)]


def require_parts(taxes: Sequence[Taxed], tax: int) -> None:
    """Refuse taxes of jurisdictions that are not all of a tax; raises ValueError."""
    if taxes and sum(one.amount for one in taxes) != tax:
        raise ValueError("the taxes of all jurisdictions are not the tax")


class Fact(BaseModel):
    """What every fact with money says.

    `business_date` is set where the fact itself says to which day it belongs; otherwise the clock of its store does.
    `session_id` names the session of the drawer in which cash moved.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    order_id: Code | None = None
    payment_id: Code | None = None
    tender: Tender | None = None
    provider: Code | None = None
    currency: Currency
    legal_entity: Code
    store: Code
    channel: Code
    business_date: IsoDate | None = None
    session_id: Code | None = None
