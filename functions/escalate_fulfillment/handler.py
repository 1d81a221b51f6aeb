"""TakeDueDeadlines and EscalateFulfillmentOrder: what is due about work is done, or a person is told of it."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.escalating import escalate
from oms.fulfillment.waking import take_due_deadlines
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if "reason" in event:
        return escalate(runtime, event["tenant"], event["fulfillment_order_id"], event["reason"])
    return take_due_deadlines(runtime, event["tenant"], event["fulfillment_order_id"])
