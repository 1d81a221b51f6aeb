"""What the contexts say of a date: as it was when the date was closed, or as it is now."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.evidence import gather
from oms.finance.closing.exceptions import CloseException
from oms.finance.closing.facts import Carried, Evidence, MovementFacts, OrderFacts, PaymentFacts, SessionFacts
from oms.finance.closing.sums import clearing_after, open_orders, stored_value_after, suspense_after
from oms.finance.closing.tie_outs import close_exceptions
from oms.finance.exports import store
from oms.finance.exports.further_facts import Further
from oms.finance.exports.model import Kind
from oms.finance.lanes import Day
from oms.platform.commands import Runtime


class Snapshot(BaseModel):
    """A closed date as the contexts had it; `carried` is what the next date to close begins with."""

    model_config = ConfigDict(frozen=True)
    exceptions: tuple[CloseException, ...]
    orders: tuple[OrderFacts, ...]
    payments: tuple[PaymentFacts, ...]
    sessions: tuple[SessionFacts, ...]
    movements: tuple[MovementFacts, ...]
    carried: Carried
    further: Further = Further()


def take(runtime: Runtime, day: Day, carried: Carried) -> Snapshot:
    """A date as the contexts have it now, without what only its files tell."""
    return of_evidence(gather(runtime, day, carried))


def of_evidence(seen: Evidence, further: Further | None = None) -> Snapshot:
    """The snapshot of what was read of a date."""
    touched = {entry.order_id for entry in seen.entries}
    return Snapshot(
        exceptions=close_exceptions(seen),
        orders=tuple(order for order_id, order in sorted(seen.orders.items()) if order_id in touched),
        payments=tuple(one for one in seen.payments if one.order_id in touched),
        sessions=tuple(seen.sessions),
        movements=tuple(seen.movements),
        carried=Carried(
            orders=open_orders(seen),
            suspense=suspense_after(seen),
            clearing=clearing_after(seen),
            stored_value=stored_value_after(seen),
        ),
        further=further or Further(),
    )


def snapshot_now(runtime: Runtime, bucket: ExportBucket, day: Day) -> tuple[Snapshot, bool]:
    """A date as it was closed, or else as it is now; the second says which: True where it was closed."""
    last = store.last_batch_of_day(runtime.database, day)
    if last is not None and last.plan.kind is Kind.CLOSE:
        stored = bucket.find(last.plan.snapshot_key)
        if stored is not None:
            return Snapshot.model_validate_json(stored), True
    return take(runtime, day, carried_of(bucket, store.last_close(runtime.database, day.tenant, day.entity))), False


def carried_of(bucket: ExportBucket, key: str | None) -> Carried:
    """What the date that closed before left; nothing where none did, or while its own batch is still being written."""
    stored = None if key is None else bucket.find(key)
    return Carried() if stored is None else Snapshot.model_validate_json(stored).carried
