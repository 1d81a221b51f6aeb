"""What a node shipped, rejected, closed or let go of: the waiting workflow is told, and parcels become known."""

from __future__ import annotations

from typing import Any

from oms.carriers.leaving import note_parcels
from oms.fulfillment.adapters.step_functions import continue_workflow
from oms.fulfillment.workflow import resume_fulfillment
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def resume(event: Event) -> None:
    _, order = resume_fulfillment(runtime, continue_workflow, event.tenant, event.data["fulfillment_order_id"])
    if event.data.get("mode") == "ship":
        note_parcels(runtime, event.tenant, order, event.data["shipment_id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, resume)
