"""A batch of facts: cut into chunks that fit one transaction, and the decision of each chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from oms.inventory.corrections import BeyondLimit, Corrections
from oms.inventory.events import Moved, Shortage, StockMoved
from oms.inventory.fold import Fact, NotEnough, RowPlan, fold
from oms.inventory.model import MovementKind
from oms.inventory.rows import segment_noted
from oms.inventory.store import RowName, movements_of, rows_and_marks
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Runtime
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.writes import MOST_ACTIONS, Value, Write
from oms.registry.segments import segment_text, shown

# Beside its rows a chunk writes its own record and one event.
_MOST_ROW_ACTIONS = MOST_ACTIONS - 2
# Keeps the one event of a chunk below 64 KB.
_MOST_FACTS = 150
# How far a source's clock may be ahead of ours.
MOST_AHEAD = timedelta(days=1)


def chunks(facts: Sequence[Fact]) -> Iterator[list[Fact]]:
    """The facts in order, cut so that the rows, ledger lines and marks of each chunk fit one transaction."""
    chunk: list[Fact] = []
    actions: set[tuple[str, ...]] = set()
    for fact in facts:
        needed: set[tuple[str, ...]] = {("row", *fact.row), ("ledger", *fact.row)}
        if segment_text(fact.sku):
            needed.add(("segment", fact.sku))
        if fact.source is not None and fact.sequence is not None:
            needed.add(("mark", *fact.row, fact.source))
        if chunk and (len(actions | needed) > _MOST_ROW_ACTIONS or len(chunk) == _MOST_FACTS):
            yield chunk
            chunk, actions = [], set()
        chunk.append(fact)
        actions |= needed
    if chunk:
        yield chunk


def decide(runtime: Runtime, call: Call, facts: Sequence[Fact], corrections: Corrections | None = None) -> Decision:
    """The writes, the one event and the answer per fact of a chunk; raises NotEnough and BeyondLimit."""
    plans = make_plans(runtime, call.tenant, facts, corrections)
    writes = plan_writes(call, plans)
    if len(writes) > _MOST_ROW_ACTIONS:
        # What lies in shards is too much for the same transaction; back in the rows it is none. Loaded only then.
        from oms.inventory.shards.balancing import recall

        recall(runtime, call.tenant, [(plan.sku, plan.node_id) for plan in plans if plan.start.shards])
        plans = make_plans(runtime, call.tenant, facts, corrections)
        writes = plan_writes(call, plans)
    taken = {position: plan for plan in plans for position in plan.taken}
    results: list[Value] = [
        {
            **shown(fact.sku),
            "node_id": fact.node_id,
            "kind": fact.kind.value,
            "quantity": fact.quantity,
            "outcome": "recorded" if fact.position in taken else "ignored",
            "deficit": taken[fact.position].result.deficit if fact.position in taken else 0,
        }
        for fact in facts
    ]
    entity = f"MOVEMENT#{derived_id('mov', call.tenant, call.command, call.key)}"
    events = [EventDraft(entity, 1, stock_moved(plans))] if taken else []
    return Decision(writes, events, status=200, body={"movements": results})


def plan_writes(call: Call, plans: Sequence[RowPlan]) -> list[Write]:
    """What the plans of some rows write."""
    # A segment may come to several nodes at once, and one transaction names an item once.
    new = dict.fromkeys(plan.sku for plan in plans if plan.is_new)
    own = [
        write
        for plan in plans
        for write in plan.writes(call.tenant, derived_id("mov", call.tenant, call.key, plan.sku, plan.node_id))
    ]
    return [*(write for sku in new for write in segment_noted(call.tenant, sku)), *own]


def make_plans(
    runtime: Runtime, tenant: str, facts: Sequence[Fact], corrections: Corrections | None = None
) -> list[RowPlan]:
    """The plan of each row the facts are about; every fact that cannot be is named in one OutOfStock or BeyondLimit."""
    by_row: dict[RowName, list[Fact]] = {}
    for fact in facts:
        by_row.setdefault(fact.row, []).append(fact)
    feeds = {(*fact.row, fact.source) for fact in facts if fact.source is not None and fact.sequence is not None}
    rows, marks = rows_and_marks(runtime.database, tenant, by_row, feeds)
    plans: list[RowPlan] = []
    refused: list[NotEnough | BeyondLimit] = []
    for (sku, node_id), own in by_row.items():
        # A row that does not exist has not moved, and a plan that rests on that fails where it has been made meanwhile.
        known = (sku, node_id) in rows
        since = [fact.at for fact in own if fact.kind is MovementKind.COUNTED]
        limited = corrections.since(own) if corrections else None
        since += [limited] if limited else []
        read = known and bool(since)
        history = list(movements_of(runtime.database, tenant, sku, node_id, since=min(since))) if read else []
        own_marks = {source: last for (s, n, source), last in marks.items() if (s, n) == (sku, node_id)}
        try:
            plan = fold(sku, node_id, rows.get((sku, node_id)), own, own_marks, history)
            if corrections:
                corrections.judge(plan, own, history)
            plans.append(plan)
        except (NotEnough, BeyondLimit) as problem:
            refused.append(problem)
    if refused:
        first = min(refused, key=lambda problem: problem.position)
        alike = [problem for problem in refused if type(problem) is type(first)]
        first.errors = tuple(error for problem in alike for error in problem.errors)
        raise first
    return plans


def stock_moved(plans: Sequence[RowPlan]) -> StockMoved:
    """The one event of some plans."""
    moved = [
        Moved(
            **shown(plan.sku),
            node_id=plan.node_id,
            kind=entry.kind.value,
            quantity=entry.quantity,
            changes=dict(entry.changes),
            at=format_instant(entry.at),
            source=entry.source,
            sequence=entry.sequence,
            reason=entry.reason,
        )
        for plan in plans
        for entry in plan.taken.values()
    ]
    short = [
        Shortage(**shown(plan.sku), node_id=plan.node_id, deficit=plan.result.deficit)
        for plan in plans
        if plan.taken and plan.result.deficit
    ]
    return StockMoved(movements=moved, shortages=short)
