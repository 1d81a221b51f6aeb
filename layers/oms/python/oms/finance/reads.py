"""Reading the books: the trial balance of a span of days, and the journal of an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from oms.finance import store
from oms.finance.chart import CHART, SALES_TAX
from oms.finance.lanes import Day, StoreDay
from oms.finance.model import Entry, Line, Moment, PostedEntry
from oms.finance.requests import TrialBalanceQuery
from oms.platform.dynamodb import Database
from oms.platform.ids import derived_id


class AccountSum(BaseModel):
    """What an account received on either side; `balance` is debit less credit, all in minor units."""

    model_config = ConfigDict(frozen=True)
    account: str
    name: str
    currency: str
    debit: int
    credit: int
    balance: int


class TaxSum(BaseModel):
    """What the tax payable of a jurisdiction received on either side; without one, that of which nobody said whose."""

    model_config = ConfigDict(frozen=True)
    jurisdiction: str | None
    currency: str
    debit: int
    credit: int
    balance: int


class TrialBalance(BaseModel):
    """The sums of an entity's accounts over posting dates; the balances of each currency sum to zero.

    `taxes` is account 2040 by jurisdiction.
    """

    model_config = ConfigDict(frozen=True)
    entity: str
    first_date: date
    last_date: date
    entries: int
    accounts: tuple[AccountSum, ...]
    taxes: tuple[TaxSum, ...]


class JournalLine(Line):
    """A line with its number in the entry and the name of its account."""

    line_no: int
    account_name: str


class JournalEntry(Entry):
    """An entry as it is shown."""

    posted_at: Moment
    business_date: date
    original_business_date: date
    lines: tuple[JournalLine, ...]


class OrderJournal(BaseModel):
    """The entries of one order."""

    model_config = ConfigDict(frozen=True)
    order_id: str
    entries: tuple[JournalEntry, ...]


def trial_balance(database: Database, tenant: str, wanted: TrialBalanceQuery) -> TrialBalance:
    """Sum the entries of an entity on the wanted business dates."""
    sides: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    of_taxes: dict[tuple[str | None, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    entries = 0
    for day, _ in store.days_of(database, tenant, wanted.entity):
        if wanted.first <= day.date <= wanted.last:
            for entry in entries_of_day(database, day):
                entries += 1
                for line in entry.lines:
                    debits, credits = sides[(line.account, line.currency)]
                    sides[(line.account, line.currency)] = (debits + line.debit, credits + line.credit)
                    if line.account == SALES_TAX:
                        debits, credits = of_taxes[(line.jurisdiction, line.currency)]
                        of_taxes[(line.jurisdiction, line.currency)] = (debits + line.debit, credits + line.credit)
    accounts = tuple(
        AccountSum(
            account=account,
            name=CHART[account].name,
            currency=currency,
            debit=debits,
            credit=credits,
            balance=debits - credits,
        )
        for (account, currency), (debits, credits) in sorted(sides.items())
    )
    taxes = tuple(
        TaxSum(jurisdiction=name, currency=currency, debit=debits, credit=credits, balance=debits - credits)
        for (name, currency), (debits, credits) in sorted(
            of_taxes.items(), key=lambda one: (one[0][0] or "", one[0][1])
        )
    )
    return TrialBalance(
        entity=wanted.entity,
        first_date=wanted.first,
        last_date=wanted.last,
        entries=entries,
        accounts=accounts,
        taxes=taxes,
    )


def entries_of_day(database: Database, day: Day) -> Iterator[PostedEntry]:
    """Every entry of an entity's day, by store and lane."""
    for lane in store.lanes_of(database, day):
        for _, entry in store.entries_of_lane(database, lane, after=0):
            yield entry


def entries_of_store_day(database: Database, store_day: StoreDay) -> Iterator[PostedEntry]:
    """Every entry of a store's day, by lane."""
    for lane in store.lanes_of(database, store_day.day, store_day.store):
        for _, entry in store.entries_of_lane(database, lane, after=0):
            yield entry


def journal_of_order(database: Database, tenant: str, order_id: str) -> OrderJournal:
    """The entries of an order in the order in which their facts happened; none for an order that is not known."""
    entries = store.entries_of_order(database, tenant, order_id)
    return OrderJournal(order_id=order_id, entries=tuple(_journal_entry(entry) for entry in entries))


def _journal_entry(entry: PostedEntry) -> JournalEntry:
    return JournalEntry(
        **entry.model_dump(exclude={"lines", "late_from"}),
        original_business_date=entry.original_business_date,
        lines=tuple(
            JournalLine(line_no=line_no, **line.model_dump(), account_name=CHART[line.account].name)
            for line_no, line in enumerate(entry.lines, start=1)
        ),
    )


def entries_by_identity(
    database: Database, tenant: str, names: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], PostedEntry]:
    """The entries of some facts that are posted, each by the name of its rule and what names the fact there."""
    keys = {store.entry_key(tenant, derived_id("pst", *name)): name for name in names}
    found = database.get_many([(store.TABLE, key) for key in keys])
    return {keys[key]: PostedEntry.model_validate_json(str(row["body"])) for (_, key), row in found.items()}
