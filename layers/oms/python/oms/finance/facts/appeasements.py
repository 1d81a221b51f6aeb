"""What finance reads from the events of appeasements. Amounts are minor units of `currency`."""

from __future__ import annotations

from pydantic import model_validator

from oms.finance.facts.base import Fact, Taxes, Tender, require_parts
from oms.platform.fields import Amount, Code


class AppeasementGranted(Fact):
    """Goodwill is owed to a customer: on an order, or as a gift without one, which is credit by its tender."""

    appeasement_id: Code
    goods: Amount
    shipping: Amount
    tax: Amount
    taxes: Taxes = ()
    total: Amount

    @model_validator(mode="after")
    def _adds_up(self) -> AppeasementGranted:
        if self.goods + self.shipping + self.tax != self.total:
            raise ValueError("total is not goods + shipping + tax")
        require_parts(self.taxes, self.tax)
        if self.order_id is None and (self.tax or self.tender not in (Tender.GIFT_CARD, Tender.STORE_CREDIT)):
            raise ValueError("a gift without an order is credit, and has no tax")
        return self
