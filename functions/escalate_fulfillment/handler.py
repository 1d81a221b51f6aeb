"""EscalateFulfillmentOrder: a person is told that this work needs a look."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.escalating import escalate
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return escalate(runtime, event["tenant"], event["fulfillment_order_id"], event.get("reason", "OVERDUE"))
