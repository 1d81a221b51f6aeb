"""Finding the items of payouts in the books: when a payout comes, and again as long as something was not found.

Nothing is posted by it, so it keeps no outcome: what was counted once is marked in the items themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.platform.commands import MOST_ATTEMPTS, Runtime, pause_before_retry
from oms.platform.dynamodb import Conflict
from oms.platform.problems import Busy
from oms.platform.writes import Write
from oms.settlement.booked import booked_of
from oms.settlement.matching import Money, is_open, matched, wanted
from oms.settlement.model import Chunk, Match
from oms.settlement.store import load_chunk, load_chunks, load_payout, load_settled, unmatched_chunks
from oms.settlement.writes import all_matched_write, chunk_write, money_write, unmatched_write

# A call that somebody waits for looks at so many of the oldest that were not found.
MOST_CHUNKS = 50


def find_items(runtime: Runtime, tenant: str, settlement_ids: Sequence[str] = ()) -> int:
    """Look for the items of some payouts, and for older ones that were not found; answers how many were found now."""
    named = [(one, chunk.number) for one in settlement_ids for chunk in load_chunks(runtime.database, tenant, one)]
    chunks = list(dict.fromkeys([*named, *unmatched_chunks(runtime.database, tenant, MOST_CHUNKS)]))
    # A payment may be paid out in parts: first every part is counted, then they are compared.
    found = sum(_find(runtime, tenant, settlement_id, number) for settlement_id, number in chunks)
    return found + sum(_find(runtime, tenant, settlement_id, number) for settlement_id, number in chunks[:-1])


def _find(runtime: Runtime, tenant: str, settlement_id: str, number: int) -> int:
    for attempt in range(MOST_ATTEMPTS):
        chunk = load_chunk(runtime.database, tenant, settlement_id, number)
        if chunk is None:
            return 0
        after, writes = _compared(runtime, tenant, chunk)
        if after == chunk:
            return 0
        try:
            runtime.database.commit([chunk_write(tenant, after, over=chunk.version), *writes])
        except Conflict:
            pause_before_retry(runtime, attempt)
        else:
            return _count(after) - _count(chunk)
    raise Busy()


def _compared(runtime: Runtime, tenant: str, chunk: Chunk) -> tuple[Chunk, list[Write]]:
    """The items with what became of each, and the sums of their payments where they were not counted yet."""
    asked = wanted(chunk.items)
    rows = load_settled(runtime.database, tenant, chunk.provider, asked)
    settled = {money: int(str(row["amount"])) for money, row in rows.items()}
    writes: list[Write] = []
    if not chunk.counted:
        for money, amount in _sums(chunk).items():
            version = int(str(rows[money]["version"])) if money in rows else 0
            settled[money] = settled.get(money, 0) + amount
            writes.append(money_write(tenant, chunk.provider, money, settled[money], version + 1))
    payout = load_payout(runtime.database, tenant, chunk.settlement_id)
    assert payout is not None, "items are those of a payout"
    booked = booked_of(runtime.database, tenant, chunk.provider, payout.legal_entity, asked, chunk.currency)
    items = matched(chunk.items, booked, settled, chunk.currency)
    if items == chunk.items and chunk.counted:
        return chunk, []
    after = chunk.model_copy(update={"items": items, "counted": True, "version": chunk.version + 1})
    waits = any(is_open(item) for item in items)
    return after, [*writes, (unmatched_write if waits else all_matched_write)(tenant, after)]


def _sums(chunk: Chunk) -> dict[Money, int]:
    sums: dict[Money, int] = {}
    for item in chunk.items:
        if is_open(item):
            money = (item.kind, item.reference)
            sums[money] = sums.get(money, 0) + item.cleared
    return sums


def _count(chunk: Chunk) -> int:
    return sum(item.match is Match.MATCHED for item in chunk.items)
