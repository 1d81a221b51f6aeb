"""Commands: the one mechanism by which anything changes.

A command decides (pure, from what it read), then commits once: its writes, its events and its own recorded outcome in
one transaction. The record is keyed by (tenant, command, key), so a command takes effect once however often it is
sent; a repeat gets the first outcome. A decision that was overtaken is made again from fresh reads.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from pydantic import BaseModel

from oms.platform.clock import Clock, SystemClock, format_instant
from oms.platform.dynamodb import Conflict, Database
from oms.platform.events import EventDraft, EventMeta, event_write
from oms.platform.ids import Ids, TimeOrderedIds
from oms.platform.principal import Principal, tenant_prefix
from oms.platform.problems import Busy, KeyReused, Problem
from oms.platform.writes import Item, Key, Value, Write, create

MOST_ATTEMPTS = 12
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.64


@dataclass(slots=True)
class Runtime:
    """What a command needs from the outside: time, identifiers, tables, chance and the right to pause."""

    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=lambda: TimeOrderedIds(SystemClock()))
    database: Database = field(default_factory=Database)
    random: Random = field(default_factory=Random)
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Call:
    """One request to run a command: by whom, under which key, caused by what.

    `input_hash` tells a repeat (same content) from a reuse of the key; `expected_version` is the caller's If-Match;
    `correlation_id` is None where the caller named none, and then what it acts on tells what it belongs to.
    """

    command: str
    principal: Principal
    key: str
    input_hash: str
    correlation_id: str | None
    causation_id: str
    channel: str | None = None
    expected_version: int | None = None
    reason: str | None = None

    @property
    def tenant(self) -> str:
        return self.principal.tenant


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command decided: writes, events, and the answer (HTTP status and body) that is kept for repeats."""

    writes: Sequence[Write]
    events: Sequence[EventDraft] = ()
    status: int = 200
    body: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The recorded answer of a command; `replayed` says that it was given before."""

    status: int
    body: Mapping[str, Value]
    replayed: bool = False


def input_hash(content: object) -> str:
    """SHA-256 over the canonical JSON of a command's input."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def command_key(tenant: str, command: str, key: str) -> Key:
    """Where the outcome of a command is recorded."""
    return Key(f"{tenant_prefix(tenant)}COMMAND#{command}#{key}", "COMMAND")


def execute(
    runtime: Runtime,
    call: Call,
    decide: Callable[[], Decision],
    *,
    earlier: Callable[[], Outcome | None] = lambda: None,
    overtaken: Callable[[Conflict], Problem] = lambda _: Busy(),
) -> Outcome:
    """Run a command exactly once per key and return its outcome.

    `decide` reads and returns a Decision, or raises a Problem to refuse; it may be called several times and must have
    no effect. `earlier` finds the outcome of the same business act under another key. A refusal is not recorded.
    Raises KeyReused for another input under the same key; when the decision was overtaken MOST_ATTEMPTS times, what
    `overtaken` makes of the last conflict, which is Busy unless it knows better.
    """
    for attempt in range(MOST_ATTEMPTS):
        try:
            decision = decide()
        except Problem:
            # The first call may have succeeded and changed what this repeat now sees.
            recorded = find_outcome(runtime, call) or earlier()
            if recorded is not None:
                return recorded
            raise
        try:
            commit(runtime, call, decision)
            return Outcome(decision.status, decision.body)
        except Conflict as conflict:
            recorded = _recorded_in(conflict, call) or earlier()
            if recorded is not None:
                return recorded
            if attempt == MOST_ATTEMPTS - 1:
                raise overtaken(conflict) from conflict
            pause_before_retry(runtime, attempt)
    raise Busy()


def commit(runtime: Runtime, call: Call, decision: Decision) -> None:
    """Commit a decision with its events and its record; raises Conflict when a condition failed."""
    writes = [_signed(runtime, call, write) if write.signed else write for write in decision.writes]
    runtime.database.commit(
        [record_write(runtime, call, decision), *writes, *event_writes(runtime, call, decision.events)]
    )


def _signed(runtime: Runtime, call: Call, write: Write) -> Write:
    """A new item with who made it and when."""
    by: Item = {"actor": call.principal.actor, "role": call.principal.role, "at": format_instant(runtime.clock.now())}
    return replace(write, set={**write.set, **by, **({"channel": call.channel} if call.channel else {})})


def record_write(runtime: Runtime, call: Call, decision: Decision) -> Write:
    """The record of a finished command, which can be created once."""
    item: Item = {
        "input_hash": call.input_hash,
        "status": decision.status,
        "body": json.dumps(decision.body, separators=(",", ":"), ensure_ascii=False),
        "done_at": format_instant(runtime.clock.now()),
    }
    return create("commands", command_key(call.tenant, call.command, call.key), item)


def event_writes(runtime: Runtime, call: Call, drafts: Sequence[EventDraft]) -> list[Write]:
    """The rows of the events that a decision drafted."""
    occurred_at = format_instant(runtime.clock.now())
    return [
        event_write(
            EventMeta(
                id=runtime.ids.new("evt"),
                type=type(draft.data).__name__,
                version=draft.data.version,
                occurred_at=occurred_at,
                sequence=draft.sequence,
                correlation_id=call.correlation_id or draft.correlation_id or call.causation_id,
                causation_id=call.causation_id,
                channel=draft.channel or call.channel,
                tenant=call.tenant,
                entity=draft.entity,
                legal_entity=draft.legal_entity,
                command=call.command,
                actor=call.principal.actor,
                role=call.principal.role,
                reason=draft.reason or call.reason,
            ),
            draft,
        )
        for draft in drafts
    ]


def find_outcome(runtime: Runtime, call: Call) -> Outcome | None:
    """The recorded outcome of this call, or None; another input under its key raises KeyReused."""
    return outcome_at(runtime, command_key(call.tenant, call.command, call.key), call)


def outcome_at(runtime: Runtime, key: Key, call: Call) -> Outcome | None:
    """The outcome recorded under a key, or None; recorded for another input, it raises KeyReused."""
    item = runtime.database.get("commands", key)
    return _replay(item, call) if item is not None else None


def pause_before_retry(runtime: Runtime, attempt: int) -> None:
    """Wait with full jitter, at most 10 ms doubled per attempt and never more than 640 ms."""
    longest = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    runtime.pause(runtime.random.random() * longest)


def _recorded_in(conflict: Conflict, call: Call) -> Outcome | None:
    own_key = command_key(call.tenant, call.command, call.key)
    for write, stored in conflict.lost:
        if write.key == own_key and stored is not None:
            return _replay(stored, call)
    return None


def _replay(item: Item, call: Call) -> Outcome:
    if item["input_hash"] != call.input_hash:
        raise KeyReused()
    return Outcome(int(str(item["status"])), json.loads(str(item["body"])), replayed=True)
