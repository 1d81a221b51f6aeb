"""Every five minutes for each tenant: what was left half done is undone, and what stands still goes on."""

from __future__ import annotations

from typing import Any

from oms.orders.adapters.step_functions import run_order_workflow
from oms.orders.recovery import recover_sagas, stuck_orders
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def recover(event: Event) -> None:
    recover_sagas(runtime, event.tenant)
    for order_id in stuck_orders(runtime, event.tenant):
        run_order_workflow(event.tenant, order_id, event.meta["id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, recover)
