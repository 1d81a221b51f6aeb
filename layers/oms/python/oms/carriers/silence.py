"""Parcels of which nothing is heard: each has one stored instant, and what is beyond it is customer care's task.

The instant stands with what is known under the tracking number and moves with the news.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.carriers.store import Tracked, normal, silence_write, silent_parcels, tracked_shipments
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventDraft
from oms.platform.observability import logger
from oms.platform.writes import Write
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import open_task_of, task_of
from oms.tasks.writes import task_done, task_opened

_HEARD_FROM, _NOT_HEARD_FROM = "HEARD_FROM", "NOT_HEARD_FROM"


def note_silence(runtime: Runtime, tenant: str) -> int:
    """Open a task for each parcel of which nothing was heard for too long; answers how many. One harms no other."""
    noted = 0
    for number, tracked in list(silent_parcels(runtime.database, tenant, format_instant(runtime.clock.now()))):
        try:
            noted += _note(runtime, tenant, number, tracked)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the parcel stays listed and the others get their turn.
            logger().exception("silence not noted", shipment_id=tracked.shipment_id, error_type=type(error).__name__)
    return noted


def heard_from(
    runtime: Runtime, call: Call, tracking_number: str, tracked: Tracked, outcome: str = _HEARD_FROM
) -> tuple[Sequence[Write], Sequence[EventDraft]]:
    """What ends the task of a parcel that was silent, now that something is heard of it; nothing where none is open."""
    cause = _cause(tracking_number, tracked)
    task = open_task_of(runtime.database, call.tenant, TaskKind.PARCEL_SILENT, cause)
    if task is None:
        return (), ()
    now, by = runtime.clock.now(), call.principal.actor
    change = task_done(call.tenant, task, outcome=outcome, by=by, now=now, correlation_id=call.correlation_id)
    return change.writes, change.events


def _note(runtime: Runtime, tenant: str, number: str, seen: Tracked) -> bool:
    call = call_from_workflow("note_silence", tenant, _cause(number, seen))

    def decide() -> Decision:
        found = tracked_shipments(runtime.database, tenant, number, every=True)
        tracked = next((one for one in found if one.shipment_id == seen.shipment_id), None)
        order = load_order(runtime.database, tenant, seen.order_id)
        if tracked is None or not tracked.is_listed or tracked.silent_at != seen.silent_at or order is None:
            return Decision([], body={"done": "nothing"})
        cause, now = _cause(number, tracked), runtime.clock.now()
        task = new_task(
            *(tenant, TaskKind.PARCEL_SILENT, cause),
            node_id=None,
            subjects={
                "order_id": tracked.order_id,
                "shipment_id": tracked.shipment_id,
                "tracking_number": _as_written(order, tracked.shipment_id, number),
            },
            reason=_NOT_HEARD_FROM,
            now=now,
            due_at=parse_instant(str(tracked.silent_at)),
        )
        before = task_of(runtime.database, tenant, TaskKind.PARCEL_SILENT, cause)
        opened = task_opened(tenant, task, before, correlation_id=order.header.correlation_id or None)
        writes = [silence_write(tenant, number, tracked), *opened.writes]
        return Decision(writes, opened.events, body={"done": "noted"})

    return execute(runtime, call, decide).body["done"] == "noted"


def _cause(tracking_number: str, tracked: Tracked) -> str:
    """One silence of one parcel: the next news end it, and another one may follow."""
    return f"{tracked.shipment_id}#{normal(tracking_number)}#{tracked.silent_at}"


def _as_written(order: Order, shipment_id: str, number: str) -> str:
    left = (one for shipment in order.shipments if shipment.id == shipment_id for one in shipment.tracking_numbers)
    return next((one for one in left if normal(one) == number), number)
