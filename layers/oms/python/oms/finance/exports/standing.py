"""The snapshot of a closed date, kept beside its files so that these can be written again alike.

Orders and drawers go on changing; the first snapshot of a close batch stands, and everything else is made from it.
Readers of finance do not need it: no manifest lists it.
"""

from __future__ import annotations

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.evidence import gather
from oms.finance.exports.further import further_facts
from oms.finance.exports.model import Plan
from oms.finance.exports.snapshots import Snapshot, carried_of, of_evidence
from oms.platform.commands import Runtime
from oms.platform.objects import ObjectDiffers


def snapshot_of(runtime: Runtime, bucket: ExportBucket, plan: Plan) -> Snapshot:
    """The snapshot of a close batch: the one that stands, or a new one if none does."""
    stored = bucket.find(plan.snapshot_key)
    if stored is None:
        seen = gather(runtime, plan.day, carried_of(bucket, plan.previous_close))
        content = of_evidence(seen, further_facts(runtime.database, seen)).model_dump_json().encode()
        try:
            bucket.write_once(plan.snapshot_key, content, "application/json")
        except ObjectDiffers:
            # Somebody else was first, with what was true a moment before.
            stored = bucket.read(plan.snapshot_key)
        else:
            stored = content
    return Snapshot.model_validate_json(stored)
