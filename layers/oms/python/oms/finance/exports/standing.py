"""The snapshot of a closed date, kept beside its files so that these can be written again alike.

Orders and drawers go on changing; the first snapshot of a close batch stands, and everything else is made from it.
Readers of finance do not need it: no manifest lists it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing import evidence
from oms.finance.closing.evidence import gather
from oms.finance.closing.facts import OrdersRead
from oms.finance.exports.further import further_facts
from oms.finance.exports.model import Plan
from oms.finance.exports.snapshots import Snapshot, carried_of, of_evidence
from oms.finance.lanes import Day
from oms.platform.commands import Runtime
from oms.platform.objects import ObjectDiffers


def snapshot_of(runtime: Runtime, bucket: ExportBucket, plan: Plan) -> Snapshot:
    """The snapshot of a close batch: the one that stands, or a new one if none does."""
    stored = bucket.find(plan.snapshot_key)
    if stored is None:
        seen = gather(runtime, plan.day, carried_of(bucket, plan.previous_close), partial(_orders, bucket, plan))
        content = of_evidence(seen, further_facts(runtime.database, seen)).model_dump_json().encode()
        stored = _first(bucket, plan.snapshot_key, content)
    return Snapshot.model_validate_json(stored)


def _orders(bucket: ExportBucket, plan: Plan, runtime: Runtime, day: Day, named: Sequence[str]) -> Iterator[OrdersRead]:
    """The orders of a date part by part; where there are several, each is kept, so that nobody reads it again.

    Which orders stand in a part follows from the closed date alone. So an export that runs out of time goes on behind
    the last part that stands, however many orders the date has.
    """
    if len(named) <= evidence.READ_TOGETHER:
        yield from evidence.read_orders(runtime, day, named)
        return
    for number, start in enumerate(range(0, len(named), evidence.READ_TOGETHER)):
        key = plan.orders_key(number)
        stored = bucket.find(key)
        if stored is None:
            part = evidence.read_part(runtime, day, named[start : start + evidence.READ_TOGETHER])
            stored = _first(bucket, key, part.model_dump_json().encode())
        yield OrdersRead.model_validate_json(stored)


def _first(bucket: ExportBucket, key: str, content: bytes) -> bytes:
    """Keep content under a key; what stands there, which is another's where somebody else was first."""
    try:
        bucket.write_once(key, content, "application/json")
    except ObjectDiffers:
        return bucket.read(key)
    return content
