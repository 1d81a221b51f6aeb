"""Sagas: a command whose writes do not fit one transaction, done in chunks that can all be undone.

A saga row says who runs the saga and until when, and whose claims it holds. Each chunk commits its writes together
with a note, under the name of its runner, of how to undo them, and only while the saga still belongs to that runner.
The last step, which commits the command itself, removes the saga row; from then on the notes mean nothing, and a later
saga of the same name never reads them, since its own are under another runner. Whatever was left behind by a crash is
undone by whoever finds the lease expired: a repeat of the same call, or the scheduled recovery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.principal import tenant_prefix
from oms.platform.problems import Problem, StillRunning
from oms.platform.writes import MOST_ACTIONS, Item, Key, Kind, Write, create, remove

# Longer than a function may run, so an expired lease means a dead runner.
LEASE = timedelta(seconds=120)
_NOTES_KEPT = timedelta(days=7)
Claim = tuple[str, str, int]  # SKU, node id, units
# How a chunk is undone: from the saga as it is undone, the number of the chunk and its claims.
Undo = Callable[[Runtime, "Saga", int, Sequence[Claim]], Iterable[Write]]


@dataclass(frozen=True, slots=True)
class Saga:
    """A running saga: its tenant, its name (command and key) and its present runner."""

    tenant: str
    name: str
    runner: str

    @property
    def key(self) -> Key:
        return Key(f"{tenant_prefix(self.tenant)}SAGA", self.name)

    def chunk_key(self, number: int) -> Key:
        return Key(f"{tenant_prefix(self.tenant)}SAGA#{self.name}", f"{_notes_of(self.runner)}{number:06d}")

    def still_mine(self) -> Write:
        """Holds a transaction to this runner."""
        return Write(Kind.CHECK, "commands", self.key, equals={"runner": self.runner})

    def finished(self) -> Write:
        """Ends the saga inside the transaction that completes the command."""
        return Write(Kind.REMOVE, "commands", self.key, equals={"runner": self.runner})


def begin(runtime: Runtime, tenant: str, name: str, undo: Undo) -> Saga:
    """Start a saga; one that is left over from a dead runner is undone first, a living one raises StillRunning."""
    saga = Saga(tenant, name, runtime.ids.new("run"))
    found = runtime.database.get("commands", saga.key)
    if found is not None and not _is_over(runtime, found):
        raise StillRunning()
    try:
        if found is not None:
            undo_saga(runtime, tenant, name, undo)
        runtime.database.commit([create("commands", saga.key, _row(runtime, saga, saga.runner))])
    except Conflict as conflict:
        # Another call, or the recovery, was quicker.
        raise StillRunning() from conflict
    return saga


def exists(runtime: Runtime, tenant: str, name: str) -> bool:
    """Whether a saga of this name runs or was left behind."""
    return runtime.database.get("commands", Saga(tenant, name, "").key) is not None


def commit_chunk(runtime: Runtime, saga: Saga, number: int, writes: Sequence[Write], claims: Sequence[Claim]) -> None:
    """Commit one chunk with the note that undoes it; raises Conflict if a condition failed or the saga was taken."""
    # Without its saga row a note means nothing; one that is left behind expires.
    expires_at = int((runtime.clock.now() + _NOTES_KEPT).timestamp())
    note = create("commands", saga.chunk_key(number), {"claims": json.dumps(claims), "expires_at": expires_at})
    runtime.database.commit([saga.still_mine(), note, *writes])


def undo_saga(runtime: Runtime, tenant: str, name: str, undo: Undo) -> None:
    """Take a saga over and undo its chunks, each exactly once, then forget it."""
    saga = Saga(tenant, name, runtime.ids.new("run"))
    found = runtime.database.get("commands", saga.key)
    if found is None:
        return
    claimed_by = str(found["claimed_by"])
    row = _row(runtime, saga, claimed_by)
    runtime.database.commit([Write(Kind.PUT, "commands", saga.key, set=row, equals={"runner": found["runner"]})])
    # Whoever undoes, the notes are those of the runner that has claimed.
    notes = _notes_of(claimed_by)
    for chunk in list(runtime.database.query("commands", f"{tenant_prefix(tenant)}SAGA#{name}", begins=notes)):
        claims = [(str(sku), str(node), int(units)) for sku, node, units in json.loads(str(chunk["claims"]))]
        own = Key(str(chunk["pk"]), str(chunk["sk"]))
        forget = Write(Kind.REMOVE, "commands", own, must_exist=True)
        runtime.database.commit(
            [saga.still_mine(), forget, *undo(runtime, saga, int(own.sk.removeprefix(notes)), claims)]
        )
    runtime.database.commit([saga.finished()])


def forget_notes(runtime: Runtime, saga: Saga, count: int) -> None:
    """Remove the notes of a saga that succeeded; what cannot be removed now means nothing and expires."""
    notes = [remove("commands", saga.chunk_key(number)) for number in range(count)]
    with suppress(Conflict, Problem):
        for start in range(0, count, MOST_ACTIONS):
            runtime.database.commit(notes[start : start + MOST_ACTIONS])


def expired_sagas(runtime: Runtime, tenant: str) -> list[str]:
    """The names of the sagas of a tenant whose runner is dead."""
    sagas = runtime.database.query("commands", f"{tenant_prefix(tenant)}SAGA")
    return [str(item["sk"]) for item in sagas if _is_over(runtime, item)]


def saga_name(command: str, key: str) -> str:
    """A name of fixed length for the saga of a call, whatever its key looks like."""
    return f"{command}#{hashlib.sha256(key.encode()).hexdigest()}"


def _is_over(runtime: Runtime, row: Item) -> bool:
    """Whether a lease has ended; one that ends later than any lease can was given before the clock was moved back."""
    ends, now = parse_instant(str(row["lease_until"])), runtime.clock.now()
    return ends <= now or ends > now + LEASE


def _notes_of(runner: str) -> str:
    return f"CHUNK#{runner}#"


def _row(runtime: Runtime, saga: Saga, claimed_by: str) -> Item:
    lease_until = format_instant(runtime.clock.now() + LEASE)
    return {"runner": saga.runner, "claimed_by": claimed_by, "lease_until": lease_until}
