"""Taking in movements of stock, over HTTP and from the inventory stream.

Both doors fold the facts about one stock row into one change, and commit as many rows in one transaction as fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import cast

from oms.inventory.batch import MOST_AHEAD, chunks, decide, make_plans
from oms.inventory.corrections import BeyondLimit, Corrections
from oms.inventory.fold import Fact, NotEnough
from oms.inventory.model import MovementKind
from oms.inventory.reads import live_inventory_rules
from oms.inventory.requests import FeedMessage, Movement, Snapshot
from oms.inventory.rows import stock_key
from oms.inventory.store import RowName, rows_and_marks
from oms.inventory.terms import CORRECT, CORRECTIONS
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome, input_hash
from oms.platform.principal import Principal, authorize, permits, system_principal
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Value
from oms.registry.model import ItemKind
from oms.registry.reads import known_items, known_nodes
from oms.registry.segments import sku_of, stock_name


def record_movements(runtime: Runtime, call: Call, movements: Sequence[Movement]) -> Outcome:
    """Take in movements: all or none where one transaction holds them, else chunk by chunk, each exactly once.

    A larger call is checked as a whole first; if it stops half-way, the same key goes on where it stopped. Raises
    InvalidRequest for unknown SKUs and nodes and OutOfStock where a movement takes more than there is. A correction
    needs its own right and a reason, and raises BeyondLimit where it is too large for the caller.
    """
    now = runtime.clock.now()
    return _record(runtime, call, [_fact(n, one, now, call) for n, one in enumerate(movements)])


def record_snapshots(runtime: Runtime, call: Call, snapshots: Sequence[Snapshot]) -> Outcome:
    """Take in what sources have counted, as `record_movements` takes in movements.

    Raises InvalidRequest for unknown SKUs and nodes, and for a count more than a day ahead of our clock. Each count is
    a correction.
    """
    latest = runtime.clock.now() + MOST_AHEAD
    early = [
        FieldError(f"/snapshots/{n}/as_of", "in_the_future", "A count cannot lie in the future.")
        for n, one in enumerate(snapshots)
        if one.as_of > latest
    ]
    if early:
        raise InvalidRequest(errors=early)
    return _record(runtime, call, [counted(n, one, call) for n, one in enumerate(snapshots)], "snapshots")


def recounted(runtime: Runtime, call: Call, row: RowName, quantity: int, *, blocked: int, reason: str) -> Decision:
    """What it does to a stock row that all its units on hand were counted, those included that were held back.

    Up to so many `blocked` units waited for this count and are for sale again, as far as they are there. It is for the
    transaction of whoever asked for the count. Raises as `record_snapshots` does, with pointers to `counted`.
    """
    now = runtime.clock.now()
    there = rows_and_marks(runtime.database, call.tenant, [row], ())[0].get(row)
    freed = min(blocked, there.blocked) if there else 0

    def fact(position: int, kind: MovementKind, units: int, bucket: str | None = None) -> Fact:
        sku, node_id = row
        by = call.principal.actor
        return Fact(position, sku, node_id, kind, units, now, call.causation_id, reason=reason, bucket=bucket, by=by)

    facts = [fact(1, MovementKind.RESTORED, freed, "blocked")] if freed else []
    facts = [*facts, fact(0, MovementKind.COUNTED, quantity)]
    try:
        return decide(runtime, call, facts, _require_right(runtime, call.principal, facts, "counts"))
    except (InvalidRequest, BeyondLimit) as wrong:
        places = ("/reason" if one.pointer.endswith("/reason") else "/counted" for one in wrong.errors)
        wrong.errors = tuple(replace(one, pointer=place) for one, place in zip(wrong.errors, places, strict=True))
        raise


def _record(runtime: Runtime, call: Call, facts: Sequence[Fact], where: str = "movements") -> Outcome:
    parts = list(chunks(facts))
    if len(parts) > 1:
        return _record_in_parts(runtime, call, facts, parts, where)

    def decide_all() -> Decision:
        return decide(runtime, call, facts, _require_right(runtime, call.principal, facts, where))

    return execute(runtime, call, decide_all)


def _record_in_parts(
    runtime: Runtime, call: Call, facts: Sequence[Fact], parts: Sequence[Sequence[Fact]], where: str
) -> Outcome:
    recorded = find_outcome(runtime, call)
    if recorded is not None:
        return recorded
    corrections = _require_right(runtime, call.principal, facts, where)
    # The parts have a command name of their own, so that no caller's key can be taken for one of theirs.
    calls = [replace(call, command=f"record_{where}_part", key=f"{call.key}#{n}") for n in range(len(parts))]
    make_plans(runtime, call.tenant, list(chain.from_iterable(_waiting(runtime, calls, parts))), corrections)
    results: list[Value] = []
    for own, part in zip(calls, parts, strict=True):
        outcome = execute(runtime, own, partial(decide, runtime, own, part, corrections))
        results.extend(cast(list[Value], outcome.body["movements"]))
    return execute(runtime, call, lambda: Decision(writes=(), body={"movements": results}))


def _waiting(runtime: Runtime, calls: Sequence[Call], parts: Sequence[Sequence[Fact]]) -> Sequence[Sequence[Fact]]:
    """The parts that are not recorded yet; they are recorded in order."""
    for number, own in enumerate(calls):
        if find_outcome(runtime, own) is None:
            return parts[number:]
    return ()


def apply_feed(runtime: Runtime, messages: Sequence[tuple[FeedMessage, str]]) -> int | None:
    """Take in messages of the inventory stream, each with the id it has there; None when all are taken in.

    Otherwise the position of the first message that cannot be: all before it are taken in, none after it for its row.
    """
    facts = [_feed_fact(position, *message) for position, message in enumerate(messages)]
    stop = _first_unusable(runtime, messages)
    while True:
        try:
            for tenant in dict.fromkeys(message.tenant for message, _ in messages[:stop]):
                own = [fact for fact in facts[:stop] if messages[fact.position][0].tenant == tenant]
                for chunk in chunks(own):
                    _apply_chunk(runtime, tenant, chunk)
        except NotEnough as problem:
            # What was committed so far is marked as seen, so going through the shorter batch again adds nothing.
            stop = problem.position
        else:
            return stop if stop < len(messages) else None


def _apply_chunk(runtime: Runtime, tenant: str, chunk: Sequence[Fact]) -> None:
    key = input_hash([[fact.source, fact.sequence, *fact.row, fact.kind, fact.quantity, fact.at] for fact in chunk])
    call = Call("apply_feed", system_principal(tenant, "apply_feed"), key, key, chunk[0].cause, chunk[0].cause)
    execute(runtime, call, lambda: decide(runtime, call, chunk))


def _fact(position: int, movement: Movement, now: datetime, call: Call) -> Fact:
    return Fact(
        position,
        stock_name(movement.sku, movement.segment),
        movement.node_id,
        MovementKind(movement.kind),
        movement.quantity,
        now,
        call.causation_id,
        movement.source,
        movement.sequence,
        movement.reason,
        movement.bucket,
        call.principal.actor,
    )


def counted(position: int, told: Snapshot, call: Call) -> Fact:
    """What a source has counted, as a fact."""
    return Fact(
        position,
        stock_name(told.sku, told.segment),
        told.node_id,
        MovementKind.COUNTED,
        told.quantity,
        told.as_of,
        call.causation_id,
        told.source,
        told.sequence,
        told.reason,
        by=call.principal.actor,
    )


def _feed_fact(position: int, message: FeedMessage, stream_id: str) -> Fact:
    return Fact(
        position,
        stock_name(message.sku, message.segment),
        message.node_id,
        message.movement_kind(),
        message.quantity,
        message.as_of,
        stream_id,
        message.source,
        message.sequence,
    )


def _first_unusable(runtime: Runtime, messages: Sequence[tuple[FeedMessage, str]]) -> int:
    """The position of the first message about an unknown SKU or node or from the future; their number if none."""
    bad = [p for p, (m, _) in enumerate(messages) if m.as_of > runtime.clock.now() + MOST_AHEAD]
    for tenant in dict.fromkeys(message.tenant for message, _ in messages):
        own = {p: (stock_name(m.sku, m.segment), m.node_id) for p, (m, _) in enumerate(messages) if m.tenant == tenant}
        bad.extend(unknown_names(runtime, system_principal(tenant, "apply_feed"), own))
    return min(bad, default=len(messages))


def _require_right(runtime: Runtime, principal: Principal, facts: Sequence[Fact], where: str) -> Corrections | None:
    """What holds for the corrections among the facts; raises for what is not known, not allowed or without reason."""
    corrections = corrections_of(runtime, principal, facts)
    wrong = unknown_names(runtime, principal, {fact.position: fact.row for fact in facts}, where)
    if corrections:
        for fact in facts:
            if fact.position not in wrong and (errors := corrections.wrong_reason(fact, where)):
                wrong[fact.position] = errors
    if wrong:
        raise InvalidRequest(errors=[error for _, errors in sorted(wrong.items()) for error in errors])
    return corrections


def corrections_of(runtime: Runtime, principal: Principal, facts: Sequence[Fact]) -> Corrections | None:
    """What holds for the corrections of a caller; None where there are none. Raises ScopeMissing without the right."""
    rows = [fact.row for fact in facts if fact.kind in CORRECTIONS]
    if not rows:
        return None
    authorize(principal, CORRECT, stock_key(principal.tenant, *rows[0]).pk)
    now, live = runtime.clock.now(), live_inventory_rules(runtime.database, principal.tenant)
    return Corrections(
        principal,
        now,
        known_items(runtime.database, principal.tenant, (sku for sku, _ in rows), now),
        known_nodes(runtime.database, principal.tenant, now, named={node_id for _, node_id in rows}),
        [reason for one in live for reason in one.rules.reasons],
        [limit for one in live for limit in one.rules.limits],
        [source for one in live for source in one.rules.trusted],
    )


def unknown_names(
    runtime: Runtime, principal: Principal, rows: dict[int, RowName], where: str = "movements"
) -> dict[int, list[FieldError]]:
    """What is wrong with the SKU or node of each position; a node that is not the caller's is unknown to it."""
    now = runtime.clock.now()
    items = known_items(runtime.database, principal.tenant, (sku for sku, _ in rows.values()), now)
    named = {node_id for _, node_id in rows.values()}
    known = known_nodes(runtime.database, principal.tenant, now, named=named)
    wrong: dict[int, list[FieldError]] = {}
    for position, (sku, node_id) in rows.items():
        errors = []
        if sku not in items:
            errors.append(FieldError(f"/{where}/{position}/sku", "unknown_sku", f"There is no item {sku_of(sku)}."))
        elif items[sku].kind is not ItemKind.STOCK:
            errors.append(FieldError(f"/{where}/{position}/sku", "not_stocked", f"{sku_of(sku)} is not kept in stock."))
        key = stock_key(principal.tenant, sku, node_id).pk
        if node_id not in known or not permits(principal, "inventory.write", key, node=node_id):
            errors.append(FieldError(f"/{where}/{position}/node_id", "unknown_node", f"There is no node {node_id}."))
        if errors:
            wrong[position] = errors
    return wrong
