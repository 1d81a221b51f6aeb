"""Payouts, deposits, bank lines, suspended amounts and disputes. Pure. Amounts are minor units; signed ones say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.fields import Instant
from oms.platform.ids import derived_id

# What no store has its part in belongs to the treasury of its entity.
TREASURY = "treasury"
CHANNEL = "finance"
# Transit that takes longer, in days, is shown to a person.
USUAL_DAYS_IN_TRANSIT = 3


class ItemKind(StrEnum):
    """Why an amount stands in a payout."""

    CHARGE = "charge"
    REFUND = "refund"
    FEE = "fee"
    DISPUTE = "dispute"
    ADJUSTMENT = "adjustment"


class Match(StrEnum):
    """Whether an item of a payout was found in the books."""

    WAITING = "WAITING"  # nothing is booked under its reference
    DIFFERENT = "DIFFERENT"  # what is booked is another amount
    MATCHED = "MATCHED"
    NOT_NEEDED = "NOT_NEEDED"  # a fee or an adjustment is no payment of ours


class Transit(StrEnum):
    """What a bank line can be matched with."""

    DEPOSIT = "deposit"
    PAYOUT = "payout"
    INTERCOMPANY = "intercompany"


class Resolution(StrEnum):
    """What a suspended amount turned out to be."""

    CASH_SHORT = "CASH_SHORT"
    CASH_OVER = "CASH_OVER"
    BANK_FEE = "BANK_FEE"
    PSP_FEE = "PSP_FEE"
    PSP_CLEARING = "PSP_CLEARING"
    DEPOSIT = "DEPOSIT"
    PAYOUT = "PAYOUT"
    INTERCOMPANY = "INTERCOMPANY"
    WRITE_OFF = "WRITE_OFF"


# Those that are the end of something on its way to the bank.
ENDS: Mapping[Resolution, Transit] = {
    Resolution.DEPOSIT: Transit.DEPOSIT,
    Resolution.PAYOUT: Transit.PAYOUT,
    Resolution.INTERCOMPANY: Transit.INTERCOMPANY,
}


class DisputeState(StrEnum):
    """Where a dispute stands; a warning has taken no money yet."""

    WARNING = "WARNING"
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class Stored(BaseModel):
    """Base of what is stored of settlement."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PayoutItem(Stored):
    """One line of a payout. `amount` is signed as it changed the provider's balance, `fee` is what was kept of it."""

    kind: ItemKind
    reference: str
    amount: int
    fee: int = 0
    match: Match = Match.WAITING

    @property
    def net(self) -> int:
        """What it added to the payout."""
        return self.amount - self.fee

    @property
    def cleared(self) -> int:
        """What it takes off the clearing account, signed. The fee of a dispute was booked with the dispute."""
        return self.net if self.kind is ItemKind.DISPUTE else self.amount


class PayoutTotals(Stored):
    """The sums of a payout: net is charges - refunds - disputes - fees + adjustments."""

    charges: int = 0
    refunds: int = 0
    disputes: int = 0
    fees: int = 0
    adjustments: int = 0

    @property
    def net(self) -> int:
        return self.charges - self.refunds - self.disputes - self.fees + self.adjustments


class Payout(Stored):
    """What a provider settled at once. `paid_amount` of `paid_currency` goes to the bank, signed as a credit."""

    id: str
    provider: str
    payout_id: str
    legal_entity: str
    currency: str
    totals: PayoutTotals
    net: int
    paid_amount: int
    paid_currency: str
    business_date: date
    end_to_end_id: str | None = None
    chunks: int = 0
    content_hash: str
    recorded_at: Instant


class Chunk(Stored):
    """Some items of a payout; `counted` once the sums of their payments know of them."""

    settlement_id: str
    number: int
    provider: str
    payout_id: str
    currency: str
    recorded_at: Instant
    items: tuple[PayoutItem, ...]
    counted: bool = False
    version: int = 1


class Deposit(Stored):
    """A bag of cash on its way from a store's safe to the bank."""

    bag_id: str
    legal_entity: str
    store: str
    amount: int
    currency: str
    business_date: date
    prepared_by: str
    content_hash: str


class InTransit(Stored):
    """Money that a bank account is to receive, or with a negative amount to give."""

    kind: Transit
    id: str
    legal_entity: str
    store: str
    amount: int
    currency: str
    since: date
    references: tuple[str, ...]


class BankLine(Stored):
    """One booked line of a bank account; `amount` is signed as a credit."""

    id: str
    legal_entity: str
    account: str
    line_id: str
    amount: int
    currency: str
    booked_on: date
    end_to_end_id: str | None = None
    text: str = ""
    content_hash: str
    matched: Transit | None = None
    matched_id: str | None = None
    in_transit: int = 0
    suspense_id: str | None = None


class Suspense(Stored):
    """An amount that nobody could place, `open` positive where it is a debit, and since when."""

    id: str
    legal_entity: str
    store: str
    currency: str
    open: int
    cause: str
    cause_id: str
    since: date
    resolutions: int = 0
    version: int = 1


class Dispute(Stored):
    """A customer's bank disputes a payment; without an order where nobody knows which it is."""

    id: str
    provider: str
    dispute_id: str
    reference: str
    legal_entity: str
    store: str
    channel: str
    order_id: str | None = None
    payment_id: str | None = None
    amount: int
    fee: int
    currency: str
    reason: str | None = None
    state: DisputeState
    fee_returned: int = 0
    lost: int = 0  # of one that was won in part
    opened_at: Instant
    version: int = 1


class ProviderBalance(Stored):
    """What a provider keeps for us at the end of a business date, signed: `pending` and `available` are after fees.

    `fees` is what it has kept of these and of nothing that it has paid out.
    """

    provider: str
    legal_entity: str
    currency: str
    business_date: date
    pending: int
    available: int
    fees: int = 0
    content_hash: str

    @property
    def gross(self) -> int:
        """What it owes us before its fees, which the ledger books with the payout."""
        return self.pending + self.available + self.fees


class Transfer(Stored):
    """A payment between two entities; with `gross_back` what both owed was set off and only the rest was paid."""

    id: str
    transfer_id: str
    from_entity: str
    to_entity: str
    gross: int
    gross_back: int = 0
    currency: str
    business_date: date
    content_hash: str


def settlement_id(provider: str, payout_id: str) -> str:
    """Our name of a payout: the same however often it is told."""
    return derived_id("stl", provider, payout_id)


def dispute_name(provider: str, dispute_id: str) -> str:
    """Our name of a dispute."""
    return derived_id("dsp", provider, dispute_id)
