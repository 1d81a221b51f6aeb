"""Posting, and closing lanes: what changes the ledger.

Posting does not go through the recorded outcomes of `platform.commands`: an entry is its own record. Its key is the
business identity, so a fact is posted once however often and by whichever message it is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from oms.finance import store
from oms.finance.business_days import business_date_at
from oms.finance.lanes import LANES, Day, Lane, LaneEnd, Page, StoreDay
from oms.finance.model import Entry, PostedEntry, Posting
from oms.platform.commands import MOST_ATTEMPTS, Runtime, pause_before_retry
from oms.platform.dynamodb import Conflict
from oms.platform.observability import counted, logger
from oms.platform.problems import Busy
from oms.platform.writes import MOST_ACTIONS, Write

# Each posting may need a page, two writes for a new lane and one for a day that it joins, besides its entry.
MOST_POSTINGS = MOST_ACTIONS // 5
_REMEMBERED_LANES = 1000


class Result(StrEnum):
    """What became of a posting."""

    POSTED = "posted"
    REPEATED = "repeated"  # the same fact was posted before
    QUARANTINED = "quarantined"  # another fact was posted under its identity; this one is kept for a person


@dataclass(slots=True)
class Books:
    """What posting works with: the runtime, and what a warm function remembers.

    `ends` may be out of date: a page is only written where the lane really ends, so a wrong memory costs one attempt.
    A function keeps to the lane `lane_number` until another function proves to write there too.
    """

    runtime: Runtime
    ends: dict[Lane, LaneEnd] = field(default_factory=dict)
    lane_number: int = 0

    def end_of(self, lane: Lane) -> LaneEnd:
        """Where a lane ends, from memory if possible."""
        if lane not in self.ends:
            if len(self.ends) >= _REMEMBERED_LANES:
                self.ends.clear()
            self.ends[lane] = store.lane_end(self.runtime.database, lane)
        return self.ends[lane]

    def avoid_neighbour(self) -> None:
        """Move to another lane, chosen by chance."""
        self.lane_number = self.runtime.random.randrange(LANES)


@dataclass(slots=True)
class _Batch:
    """One transaction on its way: its writes, and where each of its lanes will end."""

    writes: list[Write] = field(default_factory=list)
    joining: dict[Day, tuple[store.DayRow | None, set[str]]] = field(default_factory=dict)
    ends: dict[Lane, LaneEnd] = field(default_factory=dict)


def post_entries(books: Books, tenant: str, postings: Sequence[Posting]) -> list[Result]:
    """Post entries of one tenant, as many as possible in one transaction, each exactly once.

    The answer has one result per posting, in their order. Raises Busy when it was overtaken too often; whatever was
    posted until then stays posted and will be REPEATED.
    """
    results: dict[int, Result] = {}
    waiting = dict(enumerate(postings))
    while waiting:
        # One identity may stand in one transaction once; its other tellings wait for the next round.
        chosen: dict[str, int] = {}
        for index, posting in waiting.items():
            if len(chosen) < MOST_POSTINGS:
                chosen.setdefault(posting.identity_key, index)
        results |= _post_together(books, tenant, {index: postings[index] for index in chosen.values()})
        waiting = {index: posting for index, posting in waiting.items() if index not in results}
    return [results[index] for index in range(len(postings))]


def _post_together(books: Books, tenant: str, postings: dict[int, Posting]) -> dict[int, Result]:
    results: dict[int, Result] = {}
    waiting = dict(postings)
    for attempt in range(MOST_ATTEMPTS):
        batch = _write(books, tenant, list(waiting.values()))
        try:
            books.runtime.database.commit(batch.writes)
        except Conflict as conflict:
            settled = _settle(books, tenant, waiting, conflict)
            results |= settled
            waiting = {index: posting for index, posting in waiting.items() if index not in settled}
            if not waiting:
                return results
            for lane in batch.ends:
                books.ends.pop(lane, None)
            if not settled:
                pause_before_retry(books.runtime, attempt)
        else:
            books.ends |= batch.ends
            return results | dict.fromkeys(waiting, Result.POSTED)
    raise Busy()


def _write(books: Books, tenant: str, postings: Sequence[Posting]) -> _Batch:
    """All writes of one transaction: the entries, a page per lane and, for a new lane, its directory row and gate."""
    now = books.runtime.clock.now()
    batch = _Batch()
    by_lane: dict[Lane, list[str]] = defaultdict(list)
    for posting in postings:
        entry = posting.entry
        original = posting.business_date or business_date_at(books.runtime, tenant, entry.store, entry.occurred_at)
        lane, gate = _open_lane(books, Day(tenant, entry.entity, original), entry.store)
        if gate is not None and lane not in by_lane:
            batch.writes.append(store.new_lane_write(lane))
            if gate.is_known:
                batch.writes.append(store.store_is_open_write(lane.store_day))
            else:
                # One write for the day, however many stores join it at once.
                batch.joining.setdefault(lane.day, (gate.day, set()))[1].add(lane.store)
        by_lane[lane].append(posting.identity_key)
        batch.writes.append(store.entry_write(tenant, posting, _posted(entry, lane.day.date, original, now)))
    for lane, identity_keys in by_lane.items():
        page = Page(books.end_of(lane).next_position, tuple(identity_keys))
        batch.writes.append(store.page_write(lane, page))
        batch.ends[lane] = LaneEnd(page.first + len(identity_keys))
    for day, (row, stores) in batch.joining.items():
        batch.writes += store.stores_join_writes(day, row, stores)
    return batch


@dataclass(frozen=True, slots=True)
class _Gate:
    """What lets a new lane open: its store's day is known and open, or joins its day."""

    is_known: bool
    day: store.DayRow | None = None


def _open_lane(books: Books, wanted: Day, at_store: str) -> tuple[Lane, _Gate | None]:
    """The lane to post in, on the wanted day or the next one that is open; for a new lane, what lets it open."""
    day = wanted
    while True:
        lane = Lane(day, at_store, books.lane_number)
        end = books.end_of(lane)
        if not end.closed:
            if end.next_position > 1:
                return lane, None
            gate = _gate(books, lane)
            if gate is not None:
                return lane, gate
        day = Day(day.tenant, day.entity, day.date + timedelta(days=1))


def _gate(books: Books, lane: Lane) -> _Gate | None:
    """What lets a lane open, or None: its store's day is sealed or on its way there, or the day is closed."""
    state = store.store_state(books.runtime.database, lane.store_day)
    if state is not None:
        return _Gate(is_known=True) if state == store.OPEN else None
    row = store.day_row(books.runtime.database, lane.day)
    return None if row is not None and row.state == store.CLOSED else _Gate(is_known=False, day=row)


def _posted(entry: Entry, on: date, original: date, now: datetime) -> PostedEntry:
    return PostedEntry.model_construct(
        **{name: getattr(entry, name) for name in Entry.model_fields},
        posted_at=now,
        business_date=on,
        late_from=None if original == on else original,
    )


def _settle(books: Books, tenant: str, postings: dict[int, Posting], conflict: Conflict) -> dict[int, Result]:
    """The postings whose identity turned out to be taken, repeated or quarantined; a lost page changes the lane."""
    stored_hashes = {}
    for write, stored in conflict.lost:
        if write.key.sk == store.MARK:
            stored_hashes[write.key] = None if stored is None else str(stored["content_hash"])
        elif "entries" in write.set and not (stored or {}).get("closing"):
            books.avoid_neighbour()
    settled = {}
    for index, posting in postings.items():
        key = store.entry_key(tenant, posting.identity_key)
        if key in stored_hashes:
            stored_hash = stored_hashes[key] or store.find_content_hash(
                books.runtime.database, tenant, posting.identity_key
            )
            if stored_hash == posting.content_hash:
                settled[index] = Result.REPEATED
            elif stored_hash is not None:
                _quarantine(books.runtime, tenant, posting, stored_hash)
                settled[index] = Result.QUARANTINED
    return settled


def _quarantine(runtime: Runtime, tenant: str, posting: Posting, stored_hash: str) -> None:
    """Keep the fact for a person, and ring: it is not in the ledger, and its message counts as dealt with."""
    now = runtime.clock.now()
    runtime.database.commit([store.quarantine_write(tenant, posting, stored_hash, now)])
    logger().error(
        "posting quarantined: its identity was posted with other content",
        code="CONFLICT_QUARANTINED",
        tenant=tenant,
        identity_key=posting.identity_key,
        rule=posting.entry.rule,
        source_event=posting.entry.source_event,
        **counted("PostingsQuarantined", now),
    )


def close_lanes(runtime: Runtime, store_day: StoreDay) -> None:
    """Close every lane of a store's day at its end; the day must not open new ones any more.

    Whatever comes later posts on the next open day. Closing again, also after a crash half way, closes the rest.
    """
    for lane in store.lanes_of(runtime.database, store_day.day, store_day.store):
        _close_lane(runtime, lane)


def _close_lane(runtime: Runtime, lane: Lane) -> None:
    # Posting goes on in the lane until the mark stands, so its end may run away several times.
    for attempt in range(MOST_ATTEMPTS * 4):
        end = store.lane_end(runtime.database, lane)
        if end.closed:
            return
        try:
            runtime.database.commit([store.page_write(lane, Page(end.next_position, (), closing=True))])
        except Conflict:
            pause_before_retry(runtime, min(attempt, MOST_ATTEMPTS))
        else:
            return
    raise Busy()
