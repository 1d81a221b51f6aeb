"""Exporting: deciding what a batch covers, writing it, and telling that it is there.

What a batch covers is stored before anything of it is written. So a batch that was left half way is finished with the
same bytes, by whoever comes next, before a new one is begun: an entity's chain never has two unfinished ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from oms.finance import store as ledger
from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.daily import close_day
from oms.finance.events import FinanceExportCompleted, FinanceExportRequested
from oms.finance.exports import store
from oms.finance.exports.batch import write_batch, write_links
from oms.finance.exports.model import Kind, Plan, next_ranges, sequences
from oms.finance.lanes import Day
from oms.platform.commands import (
    MOST_ATTEMPTS,
    Decision,
    Runtime,
    execute,
    find_outcome,
    pause_before_retry,
)
from oms.platform.consumers import Event, call_from_event
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.problems import Busy
from oms.platform.writes import Value


def export_day(runtime: Runtime, bucket: ExportBucket, event: Event) -> None:
    """Meet one wish: write the batch that it leads to, and record FinanceExportCompleted. A repeat changes nothing."""
    wish = FinanceExportRequested.model_validate(dict(event.data))
    call = call_from_event("finance_export", event, key=wish.export_id)
    if find_outcome(runtime, call) is not None:
        return
    day = Day(event.tenant, wish.entity, date.fromisoformat(wish.business_date))
    planned = store.batch_of_wish(runtime.database, day.tenant, day.entity, wish.export_id)
    kind = Kind(wish.kind)
    if planned is not None:
        plan: Plan | None = planned.plan
    else:
        if kind is Kind.CLOSE and not close_day(runtime, event, day, wish.export_id):
            # A store of the date is not sealed: what there is goes out, and the last batch waits for it.
            kind = Kind.INTERIM
        plan = _plan(runtime, bucket, day, wish.export_id, kind)
    if plan is not None:
        kind = plan.kind
        _finish(runtime, bucket, plan)
    completed = _completed(wish, kind, plan)
    draft = EventDraft(f"EXPORT#{wish.export_id}", 2, completed, legal_entity=wish.entity)
    execute(runtime, call, lambda: Decision((), (draft,), 200, _body(completed)))


def _plan(runtime: Runtime, bucket: ExportBucket, day: Day, export_id: str, kind: Kind) -> Plan | None:
    """Append a batch to the chain, or None: the date has its last batch, or an interim one would hold nothing."""
    database = runtime.database
    for attempt in range(MOST_ATTEMPTS):
        last = store.last_batch(database, day.tenant, day.entity)
        if last is not None and last.manifest_sha256 is None:
            _finish(runtime, bucket, last.plan)
            continue
        before = store.last_batch_of_day(database, day)
        if before is not None and before.plan.kind is Kind.CLOSE:
            return None
        ends = {lane: ledger.lane_end(database, lane).last_position for lane in ledger.lanes_of(database, day)}
        plan = Plan(
            export_id=export_id,
            tenant=day.tenant,
            entity=day.entity,
            business_date=day.date,
            number=1 if last is None else last.plan.number + 1,
            batch=1 if before is None else before.plan.batch + 1,
            kind=kind,
            planned_at=runtime.clock.now(),
            ranges=next_ranges(ends, () if before is None else before.plan.ranges),
            previous_manifest=None if last is None else last.plan.manifest_key,
            previous_sha256=None if last is None else last.manifest_sha256,
            previous_close=store.last_close(database, day.tenant, day.entity) if kind is Kind.CLOSE else None,
        )
        if kind is Kind.INTERIM and not sequences(plan):
            return None
        try:
            database.commit(store.plan_writes(plan))
        except Conflict:
            pause_before_retry(runtime, attempt)
        else:
            return plan
    raise Busy()


def _finish(runtime: Runtime, bucket: ExportBucket, plan: Plan) -> None:
    """Write a batch and note that it is written; doing so twice, or two at once, changes nothing."""
    manifest_sha256 = write_batch(runtime, bucket, plan)
    write_links(bucket, plan)
    for attempt in range(MOST_ATTEMPTS):
        try:
            runtime.database.commit([store.written_write(plan, manifest_sha256)])
        except Conflict:
            pause_before_retry(runtime, attempt)
        else:
            return
    raise Busy()


def _completed(wish: FinanceExportRequested, kind: Kind, plan: Plan | None) -> FinanceExportCompleted:
    covered = () if plan is None else plan.ranges
    return FinanceExportCompleted(
        export_id=wish.export_id,
        entity=wish.entity,
        business_date=wish.business_date,
        kind=kind,
        batch=None if plan is None else plan.batch,
        manifest=None if plan is None else plan.manifest_key,
        entries=sum(lane.through - lane.after for lane in covered),
    )


def _body(completed: FinanceExportCompleted) -> Mapping[str, Value]:
    body: dict[str, Value] = completed.model_dump(mode="json")
    return body
