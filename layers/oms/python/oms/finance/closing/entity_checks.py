"""The tie-outs of an entity as a whole: its bank, its suspense, its debts to other entities, and its stores' seals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from oms.finance.chart import CHART
from oms.finance.closing.exceptions import Check, CloseException, ExceptionKind
from oms.finance.closing.facts import Evidence
from oms.finance.closing.model import SealState
from oms.finance.closing.sums import clearing_after, owes, stored_value_after, suspense_after
from oms.settlement.model import USUAL_DAYS_IN_TRANSIT


def card_clearing(seen: Evidence) -> Iterator[CloseException]:
    """T4: card clearing of a provider is what it says that it keeps for us, before its fees.

    A balance that nobody has told for days is told of; what no provider is named for is nobody's to tell.
    """
    after = {(one.provider, one.currency): one for one in clearing_after(seen)}
    told = {(one.provider, one.currency): one.gross for one in seen.balances}
    for (provider, currency), one in sorted(after.items()):
        age = 0 if one.since is None else (seen.day.date - one.since).days
        if (provider, currency) not in told and provider and age > USUAL_DAYS_IN_TRANSIT:
            yield CloseException(
                check=Check.T4,
                kind=ExceptionKind.AGED,
                account="1110",
                currency=currency,
                found=one.amount,
                since=one.since,
                age_days=age,
                detail=f"nobody has told the balance at {provider}",
            )
    for (provider, currency), expected in sorted(told.items()):
        known = after.get((provider, currency))
        found = 0 if known is None else known.amount
        if found != expected:
            yield CloseException(
                check=Check.T4,
                kind=ExceptionKind.DIFFERS,
                account="1110",
                currency=currency,
                expected=expected,
                found=found,
                detail=f"balance at {provider} before its fees",
            )


def in_transit(seen: Evidence) -> Iterator[CloseException]:
    """T5, T6: what is on its way to the bank arrives within days."""
    checks = {"payout": (Check.T5, "1035"), "deposit": (Check.T6, "1030")}
    for one in seen.in_transit:
        age = (seen.day.date - one.since).days
        if one.kind in checks and age > USUAL_DAYS_IN_TRANSIT:
            check, account = checks[one.kind]
            yield CloseException(
                check=check,
                kind=ExceptionKind.AGED,
                store=one.store,
                account=account,
                currency=one.currency,
                expected=0,
                found=one.amount,
                since=one.since,
                age_days=age,
                detail=f"{one.kind} {one.id}",
            )


def stored_value(seen: Evidence) -> Iterator[CloseException]:
    """T8: what the ledger owes for gift cards and store credit is what all of them are worth."""
    booked = {(one.account, one.currency): one.amount for one in stored_value_after(seen)}
    worth = {(one.account, one.currency): one.amount for one in seen.stored_value}
    for account, currency in sorted(booked.keys() | worth.keys()):
        expected, found = worth.get((account, currency), 0), booked.get((account, currency), 0)
        if expected != found:
            yield CloseException(
                check=Check.T8,
                kind=ExceptionKind.DIFFERS,
                account=account,
                currency=currency,
                expected=expected,
                found=found,
                detail=f"the balances of all of them: {CHART[account].name}",
            )


def between_entities(seen: Evidence) -> Iterator[CloseException]:
    """T9: of each fact that this entity took part in, what some are owed is what the others owe."""
    mine = {entry.source_event for entry in seen.entries if owes(entry)}
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in seen.between:
        if entry.source_event in mine:
            for line in entry.lines:
                if line.account == "1310":
                    sums[entry.source_event, line.currency][0] += line.debit - line.credit
                elif line.account == "2310":
                    sums[entry.source_event, line.currency][1] += line.credit - line.debit
    for (event, currency), (due_from, due_to) in sorted(sums.items()):
        if due_from != due_to:
            yield CloseException(
                check=Check.T9,
                kind=ExceptionKind.DIFFERS,
                account="1310",
                currency=currency,
                expected=due_to,
                found=due_from,
                detail=f"fact {event}",
            )


def suspense(seen: Evidence) -> Iterator[CloseException]:
    """T13: the suspense account is empty at the end of a month."""
    if (seen.day.date + timedelta(days=1)).day != 1:
        return
    for currency, amount in sorted(suspense_after(seen).items()):
        if amount:
            yield CloseException(
                check=Check.T13,
                kind=ExceptionKind.DIFFERS,
                account="1090",
                currency=currency,
                expected=0,
                found=amount,
                detail="at the end of the month",
            )


def seals(seen: Evidence) -> Iterator[CloseException]:
    """Every store of the entity is heard of and sealed without force."""
    for one in seen.stores:
        if one.state is not SealState.SEALED:
            yield CloseException(check=Check.SEAL, kind=ExceptionKind.OPEN, store=one.store, detail="is not sealed")
        elif one.seal is not None and one.seal.forced:
            passed = ", ".join(reason.code.value for reason in one.seal.passed_over)
            yield CloseException(
                check=Check.SEAL, kind=ExceptionKind.FORCED, store=one.store, detail=f"{one.seal.reason} ({passed})"
            )
    for name in seen.silent:
        yield CloseException(check=Check.SEAL, kind=ExceptionKind.SILENT, store=name, detail="nothing was heard of it")
