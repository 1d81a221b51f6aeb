"""The journal: lines, entries and the one law that an entry balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

from oms.finance.chart import CHART
from oms.platform.clock import format_instant
from oms.platform.problems import Problem

# Instants are stored with milliseconds, as everywhere in the product.
Moment = Annotated[datetime, PlainSerializer(format_instant, return_type=str)]


class LedgerFault(Exception):
    """What came in cannot be posted; nothing was written, and the message goes to the dead letters."""


class Unbalanced(LedgerFault):
    """Debits and credits of an entry differ, or a line is no line."""


class DayNotOver(Problem):
    code = "business_day_not_over"
    title = "A business day can be closed only when it is over."
    remedy = "Ask for an interim export, or close the day after its end."


class Line(BaseModel):
    """One line of an entry: an amount in minor units on one side of one account."""

    model_config = ConfigDict(frozen=True)
    account: str
    debit: int = 0
    credit: int = 0
    currency: str
    jurisdiction: str | None = None


class Entry(BaseModel):
    """One balanced entry of one legal entity, with the facts that finance sorts it by.

    `entry_id` follows from rule, version and business identity, so the same fact always makes the same entry.
    `reference` is the id that the fact has where it happened: the provider's for money, the shipment's for goods.
    """

    model_config = ConfigDict(frozen=True)
    entry_id: str
    rule: str
    rule_version: int
    entity: str
    store: str
    channel: str
    order_id: str | None = None
    payment_id: str | None = None
    drawer_session: str | None = None
    psp: str | None = None
    tender: str | None = None
    occurred_at: Moment
    source_event: str
    reference: str
    reversal_of: str | None = None
    lines: tuple[Line, ...]


class PostedEntry(Entry):
    """An entry as it stands in the ledger: on which business date, and when it was posted.

    `late_from` is the business date on which it happened, where that date was closed already.
    """

    posted_at: Moment
    business_date: date
    late_from: date | None = None

    @property
    def original_business_date(self) -> date:
        return self.late_from or self.business_date


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry ready for the ledger.

    `identity_key` names the fact whatever version of the rule made the entry; `content_hash` tells a repetition from
    another fact under the same identity. `business_date` is set where the fact itself says to which day it belongs;
    otherwise the clock of its store does.
    """

    identity_key: str
    content_hash: str
    entry: Entry
    business_date: date | None = None


def debit(account: str, amount: int, currency: str, jurisdiction: str | None = None) -> Line:
    """An amount on the debit side; minor units."""
    return Line(account=account, debit=amount, currency=currency, jurisdiction=jurisdiction)


def credit(account: str, amount: int, currency: str, jurisdiction: str | None = None) -> Line:
    """An amount on the credit side; minor units."""
    return Line(account=account, credit=amount, currency=currency, jurisdiction=jurisdiction)


def require_balanced(lines: Iterable[Line]) -> None:
    """Refuse lines that do not balance per currency, in the general ledger and in the memorandum pair each.

    Raises Unbalanced, also for a line on an unknown account or without exactly one positive side.
    """
    sums: dict[tuple[str, bool], int] = defaultdict(int)
    for line in lines:
        if line.account not in CHART:
            raise Unbalanced(f"there is no account {line.account}")
        if min(line.debit, line.credit) != 0 or max(line.debit, line.credit) <= 0:
            raise Unbalanced(f"a line on {line.account} needs one side above zero")
        sums[(line.currency, CHART[line.account].is_memorandum)] += line.debit - line.credit
    for (currency, _), difference in sums.items():
        if difference:
            raise Unbalanced(f"debits and credits differ by {difference} minor units of {currency}")
