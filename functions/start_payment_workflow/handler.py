"""A payment that waits for something: its workflow is started, once for each fact that made it wait."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.step_functions import start_payment_workflow
from oms.platform.consumers import Event, consume_queue


def start(event: Event) -> None:
    start_payment_workflow(event.tenant, event.data["order_id"], event.meta["id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, start)
