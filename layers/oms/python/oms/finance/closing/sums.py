"""Sums over the entries that tie-outs look at. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from oms.finance.closing.facts import Clearing, Evidence, OrderFacts, StoredValueFacts
from oms.finance.closing.takings import STORED_VALUE
from oms.finance.model import PostedEntry


def suspense_after(seen: Evidence) -> Mapping[str, int]:
    """The suspense account by currency after the date."""
    sums = defaultdict(int, seen.carried.suspense)
    for entry in seen.entries:
        for line in entry.lines:
            if line.account == "1090":
                sums[line.currency] += line.debit - line.credit
    return {currency: amount for currency, amount in sums.items() if amount}


def clearing_after(seen: Evidence) -> tuple[Clearing, ...]:
    """Card clearing by provider and currency after the date; a balance that a provider tells begins a new count."""
    amounts = defaultdict(int, {(one.provider, one.currency): one.amount for one in seen.carried.clearing})
    since = {(one.provider, one.currency): one.since for one in seen.carried.clearing}
    for entry in seen.entries:
        for line in entry.lines:
            if line.account == "1110":
                amounts[provider_of(seen, entry), line.currency] += line.debit - line.credit
    told = {(one.provider, one.currency) for one in seen.balances}
    return tuple(
        Clearing(
            provider=provider,
            currency=currency,
            amount=amount,
            since=None if (provider, currency) in told else since.get((provider, currency)) or seen.day.date,
        )
        for (provider, currency), amount in sorted(amounts.items())
        if amount
    )


def stored_value_after(seen: Evidence) -> tuple[StoredValueFacts, ...]:
    """What the ledger owes the owners of gift cards and store credit after the date."""
    sums = defaultdict(int, {(one.account, one.currency): one.amount for one in seen.carried.stored_value})
    for entry in seen.entries:
        for line in entry.lines:
            if line.account in STORED_VALUE:
                sums[line.account, line.currency] += line.credit - line.debit
    return tuple(
        StoredValueFacts(account=account, currency=currency, amount=amount)
        for (account, currency), amount in sorted(sums.items())
        if amount
    )


def provider_of(seen: Evidence, entry: PostedEntry) -> str:
    """Whose card clearing an entry moves; a sale with several tenders leaves it to the tenders of its order."""
    if entry.psp is not None:
        return entry.psp
    named = {one.provider for one in seen.payments if one.order_id == entry.order_id and one.tender == "card"}
    return next(iter(named)) or "" if len(named) == 1 else ""


def open_orders(seen: Evidence) -> tuple[str, ...]:
    """The orders whose deposits, refunds or authorisations are not even after the date."""
    return tuple(
        sorted(
            order_id
            for order_id, order in seen.orders.items()
            if owed(seen, order)
            or any(balance(own(seen, order_id), account, order.currency) for account in ("2010", "9010"))
        )
    )


def owed(seen: Evidence, order: OrderFacts) -> int:
    """What an order owes its customer by the ledger; what paid a sale is posted with that sale's order."""
    posted = -balance(own(seen, order.order_id), "2050", order.currency)
    return posted - order.exchanged_away + order.exchanged_for


def own(seen: Evidence, order_id: str) -> Sequence[PostedEntry]:
    """The journal of an order in the books of the entity."""
    return [entry for entry in seen.journals.get(order_id, ()) if entry.entity == seen.day.entity]


def owes(entry: PostedEntry) -> bool:
    """Whether an entry says that entities owe each other."""
    return any(line.account in ("1310", "2310") for line in entry.lines)


def balance(entries: Iterable[PostedEntry], account: str, currency: str) -> int:
    """What entries leave on an account, debit less credit; minor units."""
    return sum(
        line.debit - line.credit
        for entry in entries
        for line in entry.lines
        if line.account == account and line.currency == currency
    )
