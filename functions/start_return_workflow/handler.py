"""Units may be sent back: the workflow of their return is started, once for each time that it is approved."""

from __future__ import annotations

from typing import Any

from oms.platform.consumers import Event, consume_queue
from oms.returns.adapters.step_functions import start_return_workflow


def start(event: Event) -> None:
    start_return_workflow(event.tenant, event.data["rma_id"], event.meta["id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, start)
