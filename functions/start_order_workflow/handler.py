"""An order that may go on: its workflow runs, and the message is done only when the workflow is."""

from __future__ import annotations

from typing import Any

from oms.orders.adapters.step_functions import run_order_workflow
from oms.platform.consumers import Event, consume_queue


def start(event: Event) -> None:
    run_order_workflow(event.tenant, event.data["order_id"], event.meta["id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, start)
