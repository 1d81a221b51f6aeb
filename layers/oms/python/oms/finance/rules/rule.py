"""What a posting rule is: the shape in which a fact is read, what names the fact, and the lines it makes.

A rule's identity is the business identity of its fact: the provider and its own id for money, the shipment for goods.
It is never the id of the message that brought the fact, so a fact told twice is posted once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from oms.finance.chart import SALES_TAX
from oms.finance.facts.base import Fact, Taxed, Tender
from oms.finance.model import Line, credit, debit

F = TypeVar("F", bound=Fact)

TENDER_ACCOUNTS: Mapping[Tender, str] = {
    Tender.CARD: "1110",
    Tender.GIFT_CARD: "2020",
    Tender.STORE_CREDIT: "2030",
    Tender.CASH: "1010",
}


def tax_charged(tax: int, taxes: Sequence[Taxed], currency: str) -> list[Line]:
    """A tax that is owed from now on, a line for each jurisdiction; one without where nobody said whose it is."""
    return [credit(SALES_TAX, amount, currency, name) for name, amount in _parts(tax, taxes)]


def tax_given_back(tax: int, taxes: Sequence[Taxed], currency: str) -> list[Line]:
    """A tax that is owed no more, likewise."""
    return [debit(SALES_TAX, amount, currency, name) for name, amount in _parts(tax, taxes)]


def _parts(tax: int, taxes: Sequence[Taxed]) -> list[tuple[str | None, int]]:
    return [(one.jurisdiction, one.amount) for one in taxes] or [(None, tax)]


@dataclass(frozen=True, slots=True)
class Share:
    """What a fact posts in the books of another legal entity than its own: balanced lines, at one of its stores."""

    entity: str
    store: str
    lines: Sequence[Line]


def lent(account: str, amount: int, currency: str) -> list[Line]:
    """What an entity posts that took money, or whose debt was paid with, for another one: it owes that now."""
    return [debit(account, amount, currency), credit("2310", amount, currency)]


def nowhere_else(_: Any) -> Sequence[Share]:
    """Most facts concern one legal entity."""
    return ()


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """How one kind of fact is posted: the shape it is read in, what names it, its lines, and those of others."""

    name: str
    version: int
    reads: type[F]
    identity: Callable[[F], tuple[str, ...]]
    lines: Callable[[F], Sequence[Line]]
    elsewhere: Callable[[F], Sequence[Share]] = nowhere_else
