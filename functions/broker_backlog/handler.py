"""StockFreed, OrderSourced, NodeChanged and a schedule: whoever waits for stock is given what there is, in turn.

StockFreed: with what is left, work that its node has not accepted may be taken over by a better plan.

Whoever waits is told on which day stock is to come now, where supply, the queue or the date has changed it.
"""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.registry.segments import told
from oms.sourcing.brokering import broker_backlog, broker_items, broker_order
from oms.sourcing.reoptimizing import reoptimize_item
from oms.sourcing.slips import keep_days_current, repromise_waiting

runtime = Runtime()


def broker(event: Event) -> None:
    if event.type == "StockFreed":
        name = told(event.data)
        broker_items(runtime, event.tenant, [name])
        keep_days_current(runtime, event.tenant, [name])
        reoptimize_item(runtime, event.tenant, name)
    elif event.type == "OrderSourced":
        broker_order(runtime, event.tenant, event.data["order_id"])
    elif event.type in ("SupplyPut", "SupplyClosed"):
        repromise_waiting(runtime, event)
    elif event.type == "BacklogBrokeringRequested" or event.data["node"]["status"] == "active":
        broker_backlog(runtime, event.tenant)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, broker)
