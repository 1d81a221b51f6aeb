"""What finance reads from the events of settlement. Amounts are minor units of `currency`; signed ones say so."""

from __future__ import annotations

from pydantic import model_validator

from oms.finance.facts.base import Fact, Taxes, Tender, require_parts
from oms.platform.fields import Amount, Code, Currency, SignedAmount
from oms.platform.ids import child_id


class PayoutRecorded(Fact):
    """A provider settled what it had taken: `net` is charges - refunds - disputes - fees + adjustments, all signed.

    `paid_amount` of `paid_currency` is what goes to the bank; it differs from `net` only in another currency.
    """

    tender: Tender | None = Tender.CARD
    provider: Code
    settlement_id: Code
    payout_id: Code
    charges: SignedAmount
    refunds: SignedAmount
    disputes: SignedAmount
    fees: SignedAmount
    adjustments: SignedAmount
    net: SignedAmount
    paid_amount: SignedAmount
    paid_currency: Currency

    @model_validator(mode="after")
    def _adds_up(self) -> PayoutRecorded:
        if self.charges - self.refunds - self.disputes - self.fees + self.adjustments != self.net:
            raise ValueError("net is not charges - refunds - disputes - fees + adjustments")
        if self.paid_currency == self.currency and self.paid_amount != self.net:
            raise ValueError("what is paid in the same currency is the net amount")
        return self


class DepositPrepared(Fact):
    """A bag of cash left the safe of a store for the bank."""

    tender: Tender | None = Tender.CASH
    bag_id: Code
    amount: Amount


class BankCredited(Fact):
    """Money came to a bank account. `in_transit` is what it was matched with, signed as a credit, 0 for nothing."""

    bank_line_id: Code
    account: Code
    amount: Amount
    matched: str | None = None
    in_transit: SignedAmount = 0

    @property
    def signed(self) -> int:
        """The amount, positive where the account grew."""
        return self.amount


class BankDebited(BankCredited):
    """Money left a bank account."""

    @property
    def signed(self) -> int:
        return -self.amount


class SuspenseResolved(Fact):
    """What a suspended amount was; `amount` is positive where a debit of suspense ends."""

    suspense_id: Code
    number: int
    resolution: str
    amount: SignedAmount

    @property
    def name(self) -> str:
        """What names the resolution."""
        return child_id("sur", self.suspense_id, self.number)


class DisputeFact(Fact):
    """A customer's bank disputes a payment."""

    tender: Tender | None = Tender.CARD
    provider: Code
    dispute_id: Code
    amount: Amount


class DisputeFundsWithdrawn(DisputeFact):
    """The provider took the disputed amount and its fee."""

    fee: Amount


class DisputeLost(DisputeFact):
    """The customer keeps the disputed amount."""


class DisputeWon(DisputeFact):
    """The provider gave the disputed amount back, and some of its fee; `lost` of what was withdrawn it did not."""

    fee_returned: Amount
    lost: Amount = 0


class WriteOffPosted(Fact):
    """A delivered rest will not be paid; `tax` is the share of it that the tax authority gives back."""

    order_id: Code
    write_off_id: Code
    amount: Amount
    tax: Amount
    taxes: Taxes = ()

    @model_validator(mode="after")
    def _tax_is_a_part(self) -> WriteOffPosted:
        if self.tax > self.amount:
            raise ValueError("tax is no part of the amount")
        require_parts(self.taxes, self.tax)
        return self


class IntercompanySettled(Fact):
    """An entity paid another what it owed it; `legal_entity` is the payer."""

    transfer_id: Code
    to_entity: Code
    amount: Amount


class IntercompanyNetted(Fact):
    """Two entities set off what they owe each other; `legal_entity` owes `gross`, is owed `gross_back`, and pays `net`.

    A negative `net` is paid by the other entity.
    """

    transfer_id: Code
    to_entity: Code
    gross: Amount
    gross_back: Amount
    net: SignedAmount

    @model_validator(mode="after")
    def _adds_up(self) -> IntercompanyNetted:
        if self.gross - self.gross_back != self.net:
            raise ValueError("net is not gross - gross_back")
        return self
