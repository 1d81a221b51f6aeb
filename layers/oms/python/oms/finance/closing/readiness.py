"""What stands against sealing a store's business date, every reason at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from oms.drawers.model import Session
from oms.drawers.reads import gaps_on, sessions_on
from oms.finance import store as ledger
from oms.finance.business_days import business_date_at
from oms.finance.closing.model import Blocker, SealReason
from oms.finance.lanes import StoreDay
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_store_day
from oms.platform.commands import Runtime
from oms.pos.reads import conflicts_on, missing_on

# A day in disorder is not told each of its faults.
_MOST_REASONS = 100


def reasons_against(runtime: Runtime, store_day: StoreDay) -> tuple[SealReason, ...]:
    """Why a store's date cannot be sealed yet; none where it can."""
    database, day = runtime.database, store_day.day
    sessions = [
        one for one in sessions_on(database, day.tenant, store_day.store, day.date) if one.legal_entity == day.entity
    ]
    found = [
        SealReason(
            code=Blocker.DRAWER_NOT_CLOSED,
            detail=f"Session {one.id} of drawer {one.drawer_id} is {one.state.value}.",
        )
        for one in sessions
        if not one.is_over
    ]
    for device, left_out in gaps_on(database, day.tenant, sessions).items():
        found += [
            SealReason(code=Blocker.SEQUENCE_MISSING, detail=f"Till {device} left out {_numbers(first, last)}.")
            for first, last in left_out
        ]
    found += _tills(runtime, store_day)
    if sessions:
        found += _not_posted(sessions, entries_of_store_day(database, store_day))
    found += _quarantined(runtime, store_day)
    return tuple(found[:_MOST_REASONS])


def _tills(runtime: Runtime, store_day: StoreDay) -> list[SealReason]:
    """Sales that have not come, and those that came with two contents."""
    where = (runtime.database, store_day.day.tenant, store_day.store, store_day.day.date)
    found = [
        SealReason(code=Blocker.SEQUENCE_MISSING, detail=f"Workstation {name} left out {_numbers(first, last)}.")
        for name, left_out in missing_on(*where).items()
        for first, last in left_out
    ]
    disputed = conflicts_on(*where)
    if disputed:
        detail = f"{disputed} transactions were told again with other content."
        found.append(SealReason(code=Blocker.TRANSACTION_CONFLICT, detail=detail))
    return found


def _numbers(first: int, last: int) -> str:
    return f"number {first}" if first == last else f"numbers {first} to {last}"


def _not_posted(sessions: Iterable[Session], entries: Iterable[PostedEntry]) -> list[SealReason]:
    """Closed drawers whose cash has not all gone through the ledger: a fact is on its way, or among dead letters."""
    left: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.drawer_session is not None:
            left[entry.drawer_session] += sum(
                line.debit - line.credit for line in entry.lines if line.account == "1010"
            )
    posted = set(left)
    return [
        SealReason(
            code=Blocker.DRAWER_NOT_POSTED,
            detail=f"Of session {one.id} the ledger has {left[one.id]} minor units of {one.currency} left in 1010.",
        )
        for one in sessions
        if one.is_over and (left[one.id] or (one.id not in posted and _moved(one)))
    ]


def _moved(session: Session) -> bool:
    """Whether a session has anything that the ledger must know of."""
    return bool(session.opening_float or session.totals.movements or (session.statement and session.statement.counted))


def _quarantined(runtime: Runtime, store_day: StoreDay) -> list[SealReason]:
    day = store_day.day
    return [
        SealReason(
            code=Blocker.POSTING_QUARANTINED,
            detail=f"{entry.rule} of {entry.reference} was told twice with different content.",
        )
        for on, entry in ledger.quarantined(runtime.database, day.tenant)
        if (entry.entity, entry.store) == (day.entity, store_day.store)
        and (on or business_date_at(runtime, day.tenant, entry.store, entry.occurred_at)) == day.date
    ]
