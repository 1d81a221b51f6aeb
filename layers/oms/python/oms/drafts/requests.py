"""What callers send about drafts. Amounts are integers in minor units of the order's currency."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.orders.request import OrderRequest, PaymentRequest, Tender
from oms.platform.fields import Code
from oms.platform.intake import Request

USUAL_DAYS = 2


class DraftRequest(OrderRequest):
    """A draft: the body of an order, and for how many days it is valid; with a number of its own it is a quote."""

    valid_days: Annotated[int, Field(strict=True, ge=1, le=365)] = USUAL_DAYS
    quote_number: Code | None = None

    @property
    def order(self) -> OrderRequest:
        """The order that it becomes."""
        own = {"valid_days", "quote_number"}
        return OrderRequest.model_validate_json(self.model_dump_json(exclude=own))


class SubmitDraft(Request):
    """Place a draft: as it is, or with other tenders than it names."""

    payments: Annotated[tuple[PaymentRequest, ...], Field(max_length=10)] | None = None


class PayDraft(Request):
    """Pay a draft by its link: the provider's token for the whole total, never a card number."""

    tender: Tender = Tender.CARD
    provider: Code
    token: Annotated[str, Field(min_length=1, max_length=200)]
