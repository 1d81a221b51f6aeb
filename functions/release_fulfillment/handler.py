"""ReleaseFulfillmentOrder and AwaitRestOfShipment: work goes to its node or is activated; the workflow waits for it."""

from __future__ import annotations

from typing import Any

from oms.activations.adapters.configured import activation_provider
from oms.fulfillment.adapters.step_functions import continue_workflow
from oms.fulfillment.workflow import release_fulfillment_order
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> None:
    release_fulfillment_order(
        runtime,
        continue_workflow,
        event["tenant"],
        event["fulfillment_order_id"],
        event["task_token"],
        event.get("timeout_seconds"),
        event.get("wait_seconds"),
        activation_provider,
    )
