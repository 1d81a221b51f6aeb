"""The shapes of what a close batch tells besides orders, tenders and drawers. Amounts are minor units of `currency`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from oms.finance.closing.facts import Facts, OrderFacts, RefundFacts
from oms.finance.model import Moment


class AppeasementFacts(Facts):
    """Goodwill on an order as it was asked for, and what was decided on it; `net` is goods + shipping."""

    appeasement_id: str
    order_id: str
    number: int
    on: str
    reason: str
    paid_to: str
    currency: str
    goods: int
    shipping: int
    net: int
    tax: int
    total: int
    state: str
    requested_by: str
    requested_at: Moment
    decided_by: str | None
    decided_at: Moment | None


class TaxFacts(Facts):
    """The tax of an order in a jurisdiction: of what left, what was given back of it, and what of it is owed."""

    order_id: str
    legal_entity: str
    store: str
    channel: str
    jurisdiction: str | None
    currency: str
    charged: int
    given_back: int
    payable: int


def tax_rows(orders: Iterable[OrderFacts]) -> list[TaxFacts]:
    """The taxes of some orders, a row for each jurisdiction."""
    return [
        TaxFacts(
            **order.model_dump(include={"order_id", "legal_entity", "store", "channel", "currency"}),
            **tax.model_dump(),
            payable=tax.payable,
        )
        for order in orders
        for tax in order.taxes
    ]


class GiftCardFacts(Facts):
    """A gift card or a store credit with its balance, of which tenders hold a part."""

    card_id: str
    kind: str
    legal_entity: str
    store: str
    channel: str
    reason: str
    issued_at: Moment
    expires_on: date | None
    currency: str
    amount: int
    available: int
    held: int
    balance: int
    version: int


class PayoutFacts(Facts):
    """What a provider settled at once; every amount is signed. `paid_amount` is of `paid_currency`."""

    settlement_id: str
    provider: str
    payout_id: str
    legal_entity: str
    end_to_end_id: str | None
    recorded_at: Moment
    currency: str
    charges: int
    refunds: int
    disputes: int
    fees: int
    adjustments: int
    net: int
    items: int
    paid_currency: str
    paid_amount: int


class PayoutItemFacts(Facts):
    """A line of a payout, with the order and the payment that the ledger knows under its reference."""

    settlement_id: str
    provider: str
    payout_id: str
    number: int
    kind: str
    reference: str
    match: str
    order_id: str | None
    payment_id: str | None
    currency: str
    amount: int
    fee: int
    net: int


class DepositFacts(Facts):
    """A bag of cash on its way from a store's safe to the bank; `prepared_on` is the store's business date."""

    bag_id: str
    legal_entity: str
    store: str
    prepared_on: date
    prepared_by: str
    currency: str
    amount: int


class BankMatchFacts(Facts):
    """A line of a bank account, signed as a credit, and what it was matched with.

    `difference` was suspended; it is positive where less came than was expected.
    """

    bank_line_id: str
    legal_entity: str
    account: str
    line_id: str
    booked_on: date
    end_to_end_id: str | None
    matched: str | None
    matched_id: str | None
    suspense_id: str | None
    currency: str
    amount: int
    in_transit: int
    difference: int


class Further(Facts):
    """All of a closed date: what its ledger entries and the orders that they touched speak of."""

    refunds: tuple[RefundFacts, ...] = ()
    appeasements: tuple[AppeasementFacts, ...] = ()
    gift_cards: tuple[GiftCardFacts, ...] = ()
    payouts: tuple[PayoutFacts, ...] = ()
    payout_items: tuple[PayoutItemFacts, ...] = ()
    deposits: tuple[DepositFacts, ...] = ()
    bank_matches: tuple[BankMatchFacts, ...] = ()
