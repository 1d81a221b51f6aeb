"""The routes of settlement and the shapes of their answers, for the API description."""

from __future__ import annotations

from datetime import date
from typing import Literal

from oms.settlement.model import DisputeState, ItemKind, Match, PayoutTotals, Transit
from tools.openapi_answers import Answer
from tools.openapi_payments import WriteOffDocument
from tools.openapi_shapes import Route


class TakenPayout(Answer):
    """A payout that was taken in, or was known already; `net` in minor units of `currency`."""

    settlement_id: str
    provider: str
    payout_id: str
    status: Literal["RECORDED", "REPEATED"]
    net: int
    currency: str


class TakenPayouts(Answer):
    """What became of each payout."""

    payouts: list[TakenPayout]


class SettlementItem(Answer):
    """One line of a payout, signed as it changed the provider's balance, and whether it was found in the books."""

    kind: ItemKind
    reference: str
    amount: int
    fee: int
    net: int
    match: Match


class Settlement(Answer):
    """A payout with its items; amounts in minor units of `currency`, `paid_amount` of `paid_currency`."""

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
    end_to_end_id: str | None
    recorded_at: str
    items: list[SettlementItem]


class UnmatchedItem(SettlementItem):
    """An item that was not found in the books, with its payout and its age in days."""

    settlement_id: str
    provider: str
    payout_id: str
    currency: str
    age_days: int


class UnmatchedItems(Answer):
    """The oldest items that were not found in the books."""

    unmatched: list[UnmatchedItem]


class SettlementException(Answer):
    """What a person must look at: T5 a late payout, T6 a late bag, T9 a late transfer, T13 an amount in suspense.

    `amount` is signed in minor units: of suspense as a debit, of what is late as a credit of the bank.
    """

    code: Literal["T5", "T6", "T9", "T13"]
    kind: Literal["payout", "deposit", "intercompany", "suspense"]
    id: str
    legal_entity: str
    store: str
    amount: int
    currency: str
    since: date
    age_days: int


class KeptConflict(Answer):
    """What was told again with other content; `body` is the later telling as JSON."""

    kind: str
    name: str
    seen_at: str
    body: str


class ParkedCase(KeptConflict):
    """What a provider told and no command took: why by `code`, and what is to be done; `body` is what it told."""

    code: str
    detail: str
    remedy: str


class SettlementExceptions(Answer):
    """What takes too long, what nobody could place, what contradicts an earlier telling, and what was not taken in."""

    exceptions: list[SettlementException]
    conflicts: list[KeptConflict]
    parked: list[ParkedCase]


class DepositDocument(Answer):
    """A bag of cash on its way to the bank; `amount` in minor units."""

    bag_id: str
    legal_entity: str
    store: str
    amount: int
    currency: str
    business_date: date
    prepared_by: str


class TakenBankLine(Answer):
    """A line of the bank and what it is the end of; `difference` is suspended, positive where too little came."""

    bank_line_id: str
    line_id: str
    amount: int
    currency: str
    booked_on: date
    status: Literal["RECORDED", "REPEATED"]
    matched: Transit | None
    matched_id: str | None
    difference: int
    suspense_id: str | None


class TakenBankLines(Answer):
    """What became of each line of an account."""

    account: str
    lines: list[TakenBankLine]


class SuspendedAmount(Answer):
    """An amount that nobody could place; `open` in minor units, positive for a debit."""

    id: str
    legal_entity: str
    store: str
    currency: str
    open: int
    cause: str
    cause_id: str
    since: date
    resolutions: int


class DisputeDocument(Answer):
    """A dispute beside its tender; amounts in minor units."""

    id: str
    provider: str
    dispute_id: str
    reference: str
    legal_entity: str
    store: str
    channel: str
    order_id: str | None
    payment_id: str | None
    amount: int
    fee: int
    currency: str
    reason: str | None
    state: DisputeState
    fee_returned: int
    opened_at: str


class TransferDocument(Answer):
    """A payment between two legal entities; `net` in minor units is negative where `to_entity` paid."""

    transfer_id: str
    from_entity: str
    to_entity: str
    gross: int
    gross_back: int
    net: int
    currency: str
    business_date: date


class TakenBalance(Answer):
    """What a provider keeps at the end of a business date, signed, in minor units of `currency`."""

    provider: str
    legal_entity: str
    currency: str
    business_date: date
    pending: int
    available: int
    fees: int
    status: Literal["RECORDED", "REPEATED"]


class TakenBalances(Answer):
    """What became of each balance."""

    balances: list[TakenBalance]


SETTLEMENT_ROUTES: dict[str, Route] = {
    "POST /v1/finance/settlements": Route(
        "Take in payouts",
        {201: TakenPayouts, 200: TakenPayouts},
        notes=(
            "In our own words, or as Stripe shows a payout and the whole list of its balance transactions. A payout "
            "that was told before changes nothing; with other content it is refused and kept for a person. Its items "
            "are compared with the captures, refunds and disputes in the ledger."
        ),
        refusals=(409,),
    ),
    "GET /v1/finance/settlements": Route("List items of payouts that are not found", {200: UnmatchedItems}),
    "GET /v1/finance/settlements/exceptions": Route(
        "See what takes too long or could not be placed",
        {200: SettlementExceptions},
        notes="Transit of more than three days, every amount in suspense, and contradictions.",
    ),
    "GET /v1/finance/settlements/{settlement_id}": Route("Read a payout with its items", {200: Settlement}),
    "POST /v1/finance/deposits": Route(
        "Say that a bag of cash left a store for the bank",
        {201: DepositDocument, 200: DepositDocument},
        refusals=(409,),
    ),
    "POST /v1/finance/bank-lines": Route(
        "Take in booked lines of a bank account",
        {201: TakenBankLines, 200: TakenBankLines},
        notes=(
            "As a list, or as a statement of ISO 20022 camt.053. A line is matched with a bag, a payout or a transfer "
            "that it names, else with the only one of its amount in the week before; what differs is suspended."
        ),
        refusals=(409,),
    ),
    "POST /v1/finance/provider-balances": Route(
        "Say what providers keep at the end of a business date",
        {201: TakenBalances, 200: TakenBalances},
        notes=(
            "Pending and available after fees, and the fees kept of these. The close of the date compares their sum "
            "with card clearing (tie-out T4)."
        ),
        refusals=(409,),
    ),
    "POST /v1/finance/suspense/{suspense_id}/resolution": Route(
        "Say what a suspended amount was",
        {200: SuspendedAmount},
        notes="DEPOSIT and PAYOUT name the bag, or the settlement id of the payout, that it is the end of.",
        refusals=(404, 409),
    ),
    "POST /v1/finance/disputes": Route(
        "Record a dispute",
        {201: DisputeDocument, 200: DisputeDocument},
        notes="While it is open, nothing of its payment is refunded. A warning takes no money.",
        refusals=(409,),
    ),
    "POST /v1/finance/disputes/{dispute_id}/outcome": Route(
        "Say how a dispute ended", {200: DisputeDocument}, refusals=(404, 409)
    ),
    "POST /v1/orders/{order_id}/write-offs": Route(
        "Write off what was delivered and is not paid",
        {201: WriteOffDocument},
        notes="All of it without `amount`. With `tax_relief` its share of the tax is given back.",
        refusals=(404, 409),
    ),
    "POST /v1/finance/intercompany": Route(
        "Record a payment between legal entities",
        {201: TransferDocument, 200: TransferDocument},
        notes="With `gross_back` both debts are set off and the rest was paid.",
        refusals=(409,),
    ),
}
