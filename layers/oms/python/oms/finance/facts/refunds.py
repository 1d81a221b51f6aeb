"""What finance reads from the events of refunds and returns. Amounts are minor units of `currency`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from oms.finance.facts.base import Fact, Taxes, Tender, require_parts
from oms.platform.fields import Amount, Code, SignedAmount


class RefundFact(Fact):
    """Money that is owed back to a customer."""

    order_id: Code
    refund_id: Code
    amount: Amount


class RefundOwed(RefundFact):
    """An amount is owed from now on. A return, an exchange and an appeasement say themselves what they owe."""

    cause: Literal["return", "cancellation", "appeasement", "exchange"]


class RefundExecuted(RefundFact):
    """A part was paid out by a tender; of cash, `paid` is what was handed over, more by `rounding` than the amount.

    `payer_entity` paid it on behalf of the order's legal entity, `payer_store` is the store whose drawer did.
    """

    part: int
    tender: Tender
    movement_id: Code
    paid: Amount
    rounding: SignedAmount = 0
    payer_entity: Code | None = None
    payer_store: Code | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> RefundExecuted:
        if self.amount + self.rounding != self.paid:
            raise ValueError("paid is not amount + rounding")
        return self

    @property
    def payer(self) -> tuple[str, ...]:
        """Who says what the payment is called: the provider, or the store whose till counts its movements."""
        return (self.provider or self.payer_store or self.store, self.movement_id)


class RefundFailed(RefundFact):
    """A part was refused or came back; `executed` of it had counted as paid under `movement_id`."""

    part: int
    tender: Tender
    movement_id: Code | None = None
    executed: Amount


class ReturnAccepted(Fact):
    """Goods came back: `goods` net of discount, less what an appeasement gave for them before, and less a fee.

    `taxes` is what goes back now of the tax.
    """

    order_id: Code
    return_id: Code
    goods: Amount
    shipping: Amount
    tax: Amount
    taxes: Taxes = ()
    fee: Amount
    appeased_goods: Amount
    appeased_tax: Amount
    owed: Amount

    @model_validator(mode="after")
    def _adds_up(self) -> ReturnAccepted:
        given_back = self.goods + self.shipping + self.tax
        if given_back - self.appeased_goods - self.appeased_tax - self.fee != self.owed:
            raise ValueError("owed is not goods + shipping + tax less what was appeased and the fee")
        require_parts(self.taxes, self.tax - self.appeased_tax)
        return self
