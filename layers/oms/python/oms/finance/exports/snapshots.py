"""What the contexts said of a date when it was closed, kept beside its files so that these can be written again alike.

Orders and drawers go on changing; the first snapshot of a close batch stands, and everything else is made from it.
Readers of finance do not need it: no manifest lists it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.evidence import gather
from oms.finance.closing.exceptions import CloseException
from oms.finance.closing.facts import Carried, MovementFacts, OrderFacts, PaymentFacts, SessionFacts
from oms.finance.closing.sums import open_orders, suspense_after
from oms.finance.closing.tie_outs import close_exceptions
from oms.finance.exports import store
from oms.finance.exports.model import Kind, Plan
from oms.finance.lanes import Day
from oms.platform.commands import Runtime
from oms.platform.objects import ObjectDiffers


class Snapshot(BaseModel):
    """A closed date as the contexts had it; `carried` is what the next date to close begins with."""

    model_config = ConfigDict(frozen=True)
    exceptions: tuple[CloseException, ...]
    orders: tuple[OrderFacts, ...]
    payments: tuple[PaymentFacts, ...]
    sessions: tuple[SessionFacts, ...]
    movements: tuple[MovementFacts, ...]
    carried: Carried


def snapshot_of(runtime: Runtime, bucket: ExportBucket, plan: Plan) -> Snapshot:
    """The snapshot of a close batch: the one that stands, or a new one if none does."""
    stored = bucket.find(plan.snapshot_key)
    if stored is None:
        made = take(runtime, plan.day, _carried(bucket, plan.previous_close))
        content = made.model_dump_json().encode()
        try:
            bucket.write_once(plan.snapshot_key, content, "application/json")
        except ObjectDiffers:
            # Somebody else was first, with what was true a moment before.
            stored = bucket.read(plan.snapshot_key)
        else:
            stored = content
    return Snapshot.model_validate_json(stored)


def take(runtime: Runtime, day: Day, carried: Carried) -> Snapshot:
    """A date as the contexts have it now."""
    seen = gather(runtime, day, carried)
    touched = {entry.order_id for entry in seen.entries}
    return Snapshot(
        exceptions=close_exceptions(seen),
        orders=tuple(order for order_id, order in sorted(seen.orders.items()) if order_id in touched),
        payments=tuple(one for one in seen.payments if one.order_id in touched),
        sessions=tuple(seen.sessions),
        movements=tuple(seen.movements),
        carried=Carried(orders=open_orders(seen), suspense=suspense_after(seen)),
    )


def snapshot_now(runtime: Runtime, bucket: ExportBucket, day: Day) -> tuple[Snapshot, bool]:
    """A date as it was closed, or else as it is now; the second says which: True where it was closed."""
    last = store.last_batch_of_day(runtime.database, day)
    if last is not None and last.plan.kind is Kind.CLOSE:
        stored = bucket.find(last.plan.snapshot_key)
        if stored is not None:
            return Snapshot.model_validate_json(stored), True
    return take(runtime, day, _carried(bucket, store.last_close(runtime.database, day.tenant, day.entity))), False


def _carried(bucket: ExportBucket, key: str | None) -> Carried:
    """What the date that closed before left; nothing where none did, or while its own batch is still being written."""
    stored = None if key is None else bucket.find(key)
    return Carried() if stored is None else Snapshot.model_validate_json(stored).carried
