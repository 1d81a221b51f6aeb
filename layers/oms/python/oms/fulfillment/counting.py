"""After a short pick by which nobody knows how many units there are, the node is asked to count them, once."""

from __future__ import annotations

from oms.fulfillment.handling_events import FulfillmentOrderShortPicked
from oms.fulfillment.short import TO_COUNT
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.registry.segments import segment_text, stock_name
from oms.tasks.model import TaskKind, new_task
from oms.tasks.writes import task_opened


def ask_for_counts(runtime: Runtime, tenant: str, told: FulfillmentOrderShortPicked, sequence: int) -> int:
    """Open a task to count each item that was not found; `sequence` tells the short picks of an order apart.

    Answers how many items are to be counted. A repeat opens no second task.
    """
    missing: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for line in told.short:
        if line.reason in TO_COUNT:
            name = stock_name(line.sku, line.segment)
            missing[name] = missing.get(name, 0) + line.quantity
            reasons.setdefault(name, line.reason)
    skus = {stock_name(line.sku, line.segment): line.sku for line in told.short}
    for name, units in missing.items():
        cause = f"{told.fulfillment_order_id}#{sequence}#{name}"
        subjects = {
            "sku": skus[name],
            "order_id": told.order_id,
            "fulfillment_order_id": told.fulfillment_order_id,
            # So many units are blocked until they are counted.
            "blocked": str(units),
        }
        if segment_text(name):
            subjects["segment"] = segment_text(name)
        call = call_from_workflow("ask_for_count", tenant, cause)

        def decide(cause: str = cause, subjects: dict[str, str] = subjects, reason: str = reasons[name]) -> Decision:
            task = new_task(
                tenant,
                TaskKind.COUNT,
                cause,
                node_id=told.node_id,
                subjects=subjects,
                reason=reason,
                now=runtime.clock.now(),
            )
            opened = task_opened(tenant, task, None)
            return Decision(opened.writes, opened.events, body={"task_id": task.id})

        execute(runtime, call, decide)
    return len(missing)
