"""What finance may be told and asked about settlement. Amounts are minor units."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from oms.platform.fields import Amount, Code, Currency, Instant, IsoDate, Label, SignedAmount, Text
from oms.platform.intake import Request, no_more_than
from oms.settlement.model import ENDS, ItemKind, Resolution

MOST_ITEMS = 1_000
MOST_PAYOUTS = 20
MOST_BANK_LINES = 200
MOST_BALANCES = 100
MOST_LISTED = 100
# The longest bank statement that a body of 256 KB can hold.
MOST_STATEMENT = 250_000

Positive = Annotated[Amount, Field(ge=1)]


def _not_zero(amount: int) -> int:
    if amount == 0:
        raise ValueError("an amount that moves nothing")
    return amount


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)


Moved = Annotated[SignedAmount, AfterValidator(_not_zero)]


class PayoutItemRequest(Request):
    """One line of a payout: `amount` as it changed the provider's balance, refunds negative; `fee` was kept of it."""

    kind: ItemKind
    reference: Code
    amount: SignedAmount
    fee: SignedAmount = 0


class PayoutRequest(Request):
    """What a provider settled at once; `paid_amount` of `paid_currency` where the bank gets another currency."""

    provider: Code
    payout_id: Code
    currency: Currency
    business_date: IsoDate
    items: Annotated[tuple[PayoutItemRequest, ...], Field(min_length=1), no_more_than(MOST_ITEMS)]
    net: SignedAmount
    paid_amount: SignedAmount | None = None
    paid_currency: Currency | None = None
    end_to_end_id: Code | None = None

    @model_validator(mode="after")
    def _paid(self) -> PayoutRequest:
        if (self.paid_amount is None) != (self.paid_currency is None):
            raise ValueError("paid_amount and paid_currency go together")
        if self.paid_currency == self.currency and self.paid_amount != self.net:
            raise ValueError("what is paid in the same currency is the net amount")
        if self.paid_amount is not None and _sign(self.paid_amount) != _sign(self.net):
            raise ValueError("what is paid goes the same way as the net amount")
        return self


class StripePayout(Request):
    """A payout of Stripe as its API shows it, with the list of its balance transactions."""

    payout: dict[str, Any]
    balance_transactions: dict[str, Any]


class SettlementsRequest(Request):
    """Payouts to one legal entity: in our own words, or as Stripe tells them."""

    legal_entity: Code
    payouts: Annotated[tuple[PayoutRequest, ...], no_more_than(MOST_PAYOUTS)] = ()
    stripe: Annotated[tuple[StripePayout, ...], no_more_than(MOST_PAYOUTS)] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> SettlementsRequest:
        if bool(self.payouts) == bool(self.stripe):
            raise ValueError("either payouts or stripe")
        return self


class DepositRequest(Request):
    """A bag of cash that left the safe of a store for the bank."""

    store: Code
    bag_id: Code
    amount: Positive
    currency: Currency
    business_date: IsoDate
    prepared_by: Code


class BankLineRequest(Request):
    """One booked line of a bank account; `amount` is negative where money left the account."""

    line_id: Code
    amount: Moved
    currency: Currency
    booked_on: IsoDate
    end_to_end_id: Code | None = None
    text: Text = ""


class BankLinesRequest(Request):
    """Booked lines of an account of a legal entity, or a bank statement in the form of ISO 20022 camt.053."""

    legal_entity: Code
    account: Code | None = None
    lines: Annotated[tuple[BankLineRequest, ...], no_more_than(MOST_BANK_LINES)] = ()
    camt053: Annotated[str, Field(min_length=1, max_length=MOST_STATEMENT)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> BankLinesRequest:
        if (self.camt053 is None) != bool(self.lines):
            raise ValueError("either lines or camt053")
        if bool(self.lines) != (self.account is not None):
            raise ValueError("lines are of an account; a statement names its own")
        return self


class ResolveSuspense(Request):
    """Say what a suspended amount was; `amount` is all that is open where it is left out.

    DEPOSIT, PAYOUT and INTERCOMPANY name what the amount was the end of, and take it off what is in transit as a whole.
    """

    as_: Annotated[Resolution, Field(alias="as")]
    amount: Positive | None = None
    matched_id: Code | None = None
    reason: Label

    @model_validator(mode="after")
    def _names_what_it_ends(self) -> ResolveSuspense:
        if (self.as_ in ENDS) != (self.matched_id is not None):
            raise ValueError("matched_id says which deposit, payout or transfer it was, and nothing else has one")
        if self.matched_id is not None and self.amount is not None:
            raise ValueError("a deposit, a payout and a transfer end as a whole")
        return self


class BalanceRequest(Request):
    """What a provider keeps for us at the end of a business date, signed; `pending` and `available` are after fees.

    `fees` is what it has kept of these and of nothing that it has paid out.
    """

    provider: Code
    currency: Currency
    business_date: IsoDate
    pending: SignedAmount
    available: SignedAmount
    fees: SignedAmount = 0


class BalancesRequest(Request):
    """What providers keep for one legal entity."""

    legal_entity: Code
    balances: Annotated[tuple[BalanceRequest, ...], Field(min_length=1), no_more_than(MOST_BALANCES)]


class DisputeRequest(Request):
    """A customer's bank disputes the payment of `reference`, the provider's id of a capture.

    `stage` warning takes no money yet. `legal_entity` is needed where nothing is booked under the reference.
    """

    provider: Code
    dispute_id: Code
    reference: Code
    stage: Literal["warning", "open"] = "open"
    amount: Positive
    fee: Amount = 0
    currency: Currency
    legal_entity: Code | None = None
    reason: Label | None = None
    opened_at: Instant | None = None


class DisputeOutcome(Request):
    """How a dispute ended; `fee_returned` is what a provider gave back of its fee after a win.

    A dispute that was won in part says the `amount` that came back; the rest of it is lost.
    """

    outcome: Literal["won", "lost"]
    amount: Positive | None = None
    fee_returned: Amount = 0

    @model_validator(mode="after")
    def _only_after_a_win(self) -> DisputeOutcome:
        if self.fee_returned and self.outcome == "lost":
            raise ValueError("a fee is given back only after a win")
        if self.amount is not None and self.outcome == "lost":
            raise ValueError("an amount comes back only after a win")
        return self


class WriteOffRequest(Request):
    """Give up what was delivered and will not be paid; all of it where `amount` is left out.

    `tax_relief` says that the tax in it is given back, where the jurisdiction allows that.
    """

    reason: Label
    amount: Positive | None = None
    tax_relief: bool = False


class IntercompanyRequest(Request):
    """A payment from one legal entity to another for what they owe each other.

    With `gross_back` both debts are set off: `from_entity` owed `gross`, the other `gross_back`; the rest was paid.
    """

    transfer_id: Code
    from_entity: Code
    to_entity: Code
    gross: Positive
    gross_back: Amount = 0
    currency: Currency
    business_date: IsoDate

    @model_validator(mode="after")
    def _two_entities(self) -> IntercompanyRequest:
        if self.from_entity == self.to_entity:
            raise ValueError("an entity owes itself nothing")
        return self


class SettlementsQuery(Request):
    """Which items of payouts to list: those that were not found in the books, oldest first."""

    status: Literal["unmatched"] = "unmatched"
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED


class ExceptionsQuery(Request):
    """Whose exceptions to list."""

    legal_entity: Code
