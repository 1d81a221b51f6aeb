"""What happened to money on its way to the bank. Amounts are minor units of `currency`; signed ones say so."""

from __future__ import annotations

from typing import ClassVar

from oms.orders.amounts import Taxed
from oms.platform.events import EventData


class _Settled(EventData):
    currency: str
    legal_entity: str
    store: str
    channel: str


class PayoutRecorded(_Settled):
    """A provider settled what it had taken; every amount is signed, `net` is what the items come to."""

    settlement_id: str
    provider: str
    payout_id: str
    charges: int
    refunds: int
    disputes: int
    fees: int
    adjustments: int
    net: int
    paid_amount: int
    paid_currency: str
    items: int
    business_date: str


class DepositPrepared(_Settled):
    """A bag of cash left the safe of a store for the bank."""

    bag_id: str
    amount: int
    prepared_by: str
    business_date: str


class BankCredited(_Settled):
    """Money came to a bank account; what differs from `in_transit`, signed as a credit, is suspended."""

    bank_line_id: str
    account: str
    amount: int
    matched: str | None
    matched_id: str | None
    in_transit: int
    suspense_id: str | None
    business_date: str


class BankDebited(BankCredited):
    """Money left a bank account; what differs from `in_transit`, signed as a credit, is suspended."""


class SuspenseResolved(_Settled):
    """Somebody said what a suspended amount was; `amount` is positive where a debit of suspense ends."""

    suspense_id: str
    number: int
    resolution: str
    matched_id: str | None
    amount: int
    open: int
    reason: str


class _Dispute(_Settled):
    dispute_id: str
    provider: str
    reference: str
    order_id: str | None
    payment_id: str | None
    amount: int


class DisputeWarned(_Dispute):
    """A customer's bank asks about a payment; no money was taken."""

    reason: str | None


class DisputeFundsWithdrawn(_Dispute):
    """A customer's bank disputes a payment: the provider took the amount and its fee."""

    fee: int
    reason: str | None


class DisputeWon(_Dispute):
    """A dispute ended for us: the provider gave the amount back, and `fee_returned` of its fee.

    Where it was won in part, `lost` of what was withdrawn stays with the customer.
    """

    version: ClassVar[int] = 2

    fee_returned: int
    lost: int


class DisputeLost(_Dispute):
    """A dispute ended against us: the customer keeps the amount."""


class WriteOffPosted(_Settled):
    """What was delivered and will not be paid was given up; `tax` is the share of it that is given back.

    `taxes` says whose that is, where that is known of any of it.
    """

    version: ClassVar[int] = 2

    order_id: str
    write_off_id: str
    amount: int
    tax: int
    taxes: tuple[Taxed, ...] = ()
    reason: str


class IntercompanySettled(_Settled):
    """A legal entity paid another what it owed it; `legal_entity` is the payer."""

    transfer_id: str
    to_entity: str
    amount: int
    business_date: str


class IntercompanyNetted(_Settled):
    """Two legal entities set off what they owe each other; a negative `net` is paid by the other one."""

    transfer_id: str
    to_entity: str
    gross: int
    gross_back: int
    net: int
    business_date: str
