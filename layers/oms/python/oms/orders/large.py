"""Placing an order whose claims do not fit one transaction: claims in chunks, then the order itself, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from oms.inventory.model import Claimable
from oms.inventory.writes import StockChanges
from oms.platform import saga as sagas
from oms.platform.commands import (
    Call,
    Decision,
    Outcome,
    Runtime,
    event_writes,
    find_outcome,
    pause_before_retry,
    record_write,
)
from oms.platform.dynamodb import Conflict
from oms.platform.problems import Busy, Problem
from oms.platform.saga import Claim
from oms.platform.writes import MOST_ACTIONS, Write

# Each claim is at least a change of its row and a line of the stock ledger; two more writes hold and note the chunk.
CLAIMS_PER_CHUNK = 40
_WRITES_PER_CHUNK = 2
_MOST_ATTEMPTS = 3


def place_in_chunks(
    runtime: Runtime,
    call: Call,
    prepare: Callable[[], tuple[Decision, Sequence[Claim], Claimable]],
    earlier: Callable[[], Outcome | None],
) -> Outcome:
    """Run a placement as a saga; a lost race for stock undoes what was claimed and plans again, at most three times.

    `prepare` gives the decision without its claims, the claims, and the stock they are from. Raises what it raises,
    StillRunning while the first call with this key is at work, and Busy when every attempt was overtaken.
    """
    name = sagas.saga_name(call.command, call.key)
    for attempt in range(_MOST_ATTEMPTS):
        recorded = find_outcome(runtime, call) or earlier()
        if recorded is not None:
            return recorded
        # First of all, so that what a dead run of this call has claimed is there again to be planned with.
        saga = sagas.begin(runtime, call.tenant, name, undo_claims)
        # The row may be free because the first call has just succeeded; it recorded that when it removed the row.
        recorded = find_outcome(runtime, call) or earlier()
        if recorded is not None:
            # Whoever has taken the empty saga over meanwhile ends it.
            with suppress(Conflict):
                runtime.database.commit([saga.finished()])
            return recorded
        try:
            decision, claims, stock = prepare()
            chunks = _chunks(claims, stock)
            _run(runtime, call, saga, decision, chunks, stock)
            sagas.forget_notes(runtime, saga, len(chunks))
            return Outcome(decision.status, decision.body)
        except Conflict:
            _undo(runtime, call, name)
            pause_before_retry(runtime, attempt)
        except Problem:
            _undo(runtime, call, name)
            # Another call for the same external id may have taken what this one lacks.
            recorded = earlier()
            if recorded is not None:
                return recorded
            raise
    raise Busy()


def was_begun(runtime: Runtime, call: Call) -> bool:
    """Whether an earlier run of this call is at work, or died and holds claims."""
    return sagas.exists(runtime, call.tenant, sagas.saga_name(call.command, call.key))


def _undo(runtime: Runtime, call: Call, name: str) -> None:
    """Undo at once; what is in the way of it now, the recovery undoes when the lease has ended."""
    try:
        sagas.undo_saga(runtime, call.tenant, name, undo_claims)
    except Conflict as conflict:
        raise Busy() from conflict


def _run(
    runtime: Runtime,
    call: Call,
    saga: sagas.Saga,
    decision: Decision,
    chunks: Sequence[Sequence[Claim]],
    stock: Claimable,
) -> None:
    for number, chunk in enumerate(chunks):
        changes = _changes(runtime, saga, number)
        for sku, node, units in chunk:
            changes.claim(stock, sku, node, units)
        sagas.commit_chunk(runtime, saga, number, changes.writes(), chunk)
    runtime.database.commit(
        [
            record_write(runtime, call, decision),
            *decision.writes,
            *event_writes(runtime, call, decision.events),
            saga.finished(),
        ]
    )


def _chunks(claims: Sequence[Claim], stock: Claimable) -> list[list[Claim]]:
    """The claims in parts that each fit a transaction, with the expired holds that they end."""
    parts: list[list[Claim]] = []
    writes = 0
    for claim in claims:
        own = stock.most_writes(*claim)
        if not parts or len(parts[-1]) == CLAIMS_PER_CHUNK or writes + own > MOST_ACTIONS - _WRITES_PER_CHUNK:
            parts.append([])
            writes = 0
        parts[-1].append(claim)
        writes += own
    return parts


def undo_claims(runtime: Runtime, saga: sagas.Saga, number: int, claims: Sequence[Claim]) -> Iterable[Write]:
    """Give back what a chunk had claimed."""
    ends = _changes(runtime, saga, number)
    for sku, node, units in claims:
        ends.release_reservation(sku, node, units)
    return ends.writes()


def _changes(runtime: Runtime, saga: sagas.Saga, number: int) -> StockChanges:
    """What one chunk does to stock; whoever undoes it has a runner, and so a movement, of its own."""
    movement_id = f"{saga.runner}.{number}"
    return StockChanges(saga.tenant, movement_id=movement_id, cause=saga.name, at=runtime.clock.now())
