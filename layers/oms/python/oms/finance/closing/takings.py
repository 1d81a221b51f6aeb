"""What a business date took and gave back, by store and tender, and where the money lies. Pure, from the ledger alone.

A sale, a payment for an order and a refund move money between a customer and a tender's account. Whatever else moves
those accounts (a float, a drop, a payout of the provider) is no taking, and is told apart by its other side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.finance.chart import CHART
from oms.finance.model import Entry, PostedEntry

# Channel of what is sold in a store; a card is present there and nowhere else.
IN_STORE = "store"
MONEY = {"1010": "cash", "1110": "card"}
STORED_VALUE = {"2020": "gift_card", "2030": "store_credit"}
# Where the other side of a taking or a refund stands: with the customer, or with the company that owns the order and
# owes what was paid for it, or is owed what was taken for it.
_CUSTOMER = frozenset({"1310", "2310", "2010", "2040", "2050", "4010", "4020", "4040", "4090", "4092"})
# What was sold for money and is itself a tender: then it is no tender in the same entry.
_SOLD = frozenset(STORED_VALUE)
# By which rule they are sold, whoever took the money.
_SALE_OF_VALUE = "gift_card_issued"
# Where a cent can lie at the seal.
PLACES = ("1010", "1020", "1030", "1035", "1040", "1090", "1110", "1120")


class Means(StrEnum):
    """How a customer paid or was paid."""

    CASH = "cash"
    CARD_PRESENT = "card_present"
    CARD_NOT_PRESENT = "card_not_present"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class Taking(BaseModel):
    """What a store took by one means and gave back; amounts in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)
    store: str
    means: Means
    currency: str
    taken: int
    refunded: int
    net: int


class TakingsTotal(BaseModel):
    """What all stores took and gave back by all means; minor units of `currency`."""

    model_config = ConfigDict(frozen=True)
    currency: str
    taken: int
    refunded: int
    net: int


class MoneyPlace(BaseModel):
    """What an account received at a store on the date; debit less credit, in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)
    store: str
    account: str
    name: str
    currency: str
    amount: int


class OverShort(BaseModel):
    """Cash that was counted above what was expected; below zero where it was missing. Minor units of `currency`."""

    model_config = ConfigDict(frozen=True)
    store: str
    currency: str
    amount: int


class Picture(BaseModel):
    """A date as money: what came in by which means, where it lies, and what the drawers were over."""

    model_config = ConfigDict(frozen=True)
    takings: tuple[Taking, ...]
    totals: tuple[TakingsTotal, ...]
    places: tuple[MoneyPlace, ...]
    over_short: tuple[OverShort, ...]


def picture_of(entries: Iterable[PostedEntry]) -> Picture:
    """The picture of the entries of one date; amounts that come to nothing are left out."""
    taken: dict[tuple[str, Means, str], int] = defaultdict(int)
    refunded: dict[tuple[str, Means, str], int] = defaultdict(int)
    places: dict[tuple[str, str, str], int] = defaultdict(int)
    over: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for means, currency, amount in movements_of(entry):
            sums = taken if amount > 0 else refunded
            sums[entry.store, means, currency] += abs(amount)
        for line in entry.lines:
            if line.account in PLACES:
                places[entry.store, line.account, line.currency] += line.debit - line.credit
            elif line.account == "6030":
                over[entry.store, line.currency] += line.credit - line.debit
    takings = tuple(
        Taking(store=key[0], means=key[1], currency=key[2], **_both(taken.get(key, 0), refunded.get(key, 0)))
        for key in sorted(taken.keys() | refunded.keys())
    )
    return Picture(
        takings=takings,
        totals=tuple(_total(takings, currency) for currency in sorted({one.currency for one in takings})),
        places=tuple(
            MoneyPlace(store=store, account=account, name=CHART[account].name, currency=currency, amount=amount)
            for (store, account, currency), amount in sorted(places.items())
            if amount
        ),
        over_short=tuple(
            OverShort(store=store, currency=currency, amount=amount)
            for (store, currency), amount in sorted(over.items())
            if amount
        ),
    )


def movements_of(entry: Entry) -> list[tuple[Means, str, int]]:
    """What an entry moves between the customer and each tender: means, currency, and minor units, taken above zero."""
    accounts = {line.account for line in entry.lines}
    with_customer = accounts & _CUSTOMER
    sums: dict[tuple[Means, str], int] = defaultdict(int)
    for line in entry.lines:
        account = line.account
        is_money = account in MONEY and (with_customer or accounts & _SOLD)
        if is_money or (account in STORED_VALUE and with_customer and entry.rule != _SALE_OF_VALUE):
            sums[_means(account, entry.channel), line.currency] += line.debit - line.credit
    return [(means, currency, amount) for (means, currency), amount in sums.items() if amount]


def _means(account: str, channel: str) -> Means:
    if account == "1110":
        return Means.CARD_PRESENT if channel == IN_STORE else Means.CARD_NOT_PRESENT
    return Means(MONEY.get(account) or STORED_VALUE[account])


def _total(takings: Iterable[Taking], currency: str) -> TakingsTotal:
    own = [one for one in takings if one.currency == currency]
    return TakingsTotal(currency=currency, **_both(sum(one.taken for one in own), sum(one.refunded for one in own)))


def _both(taken: int, refunded: int) -> dict[str, int]:
    return {"taken": taken, "refunded": refunded, "net": taken - refunded}
