"""What finance reads from the events of tills. Amounts are minor units of `currency`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from oms.finance.facts.base import Fact, Taxes, Tender, require_parts
from oms.platform.fields import Amount, Code, IsoDate, SignedAmount


class SalePaid(BaseModel):
    """What was taken with one tender; of cash, net of change. Another company, `tender_entity`, may have or owe it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    tender: Tender
    amount: Amount
    provider: Code | None = None
    reference: Code | None = None
    tender_entity: Code | None = None
    tender_store: Code | None = None


class SaleCredit(BaseModel):
    """What was owed for a return and paid; another company, `tender_entity`, may have owed it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    amount: Amount
    tender_entity: Code | None = None
    tender_store: Code | None = None


class SaleRecorded(Fact):
    """A till sold: goods gross of `discount` and their tax, what is left for later, and what paid all of it."""

    order_id: Code
    sale_id: Code
    business_date: IsoDate
    goods: Amount
    discount: Amount = 0
    tax: Amount = 0
    taxes: Taxes = ()
    rounding: SignedAmount = 0
    exchange_credit: Amount = 0
    exchange_credits: tuple[SaleCredit, ...] = ()
    deposit: Amount = 0
    cash_back: Amount = 0
    tenders: tuple[SalePaid, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_tender_names_the_entry(cls, data: Any) -> Any:
        """An entry has a tender and a provider of its own only where one tender has paid all of it."""
        tenders = data.get("tenders") if isinstance(data, dict) else None
        if tenders and len(tenders) == 1 and isinstance(tenders[0], dict) and not data.get("exchange_credit"):
            return {**data, "tender": tenders[0].get("tender"), "provider": tenders[0].get("provider")}
        return data

    @model_validator(mode="after")
    def _adds_up(self) -> SaleRecorded:
        taken = sum(one.amount for one in self.tenders) + self.exchange_credit - self.cash_back
        if taken != self.goods - self.discount + self.tax + self.deposit + self.rounding:
            raise ValueError("what was taken and kept is not goods - discount + tax + deposit + rounding")
        if self.exchange_credits and sum(one.amount for one in self.exchange_credits) != self.exchange_credit:
            raise ValueError("the exchange credits do not come to their sum")
        require_parts(self.taxes, self.tax)
        return self
