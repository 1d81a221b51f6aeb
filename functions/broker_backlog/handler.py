"""StockFreed, OrderSourced, NodeChanged and a schedule: whoever waits for stock is given what there is, in turn.

OrderSourced, OrderBackordered, FulfillmentOrderEscalated: the customer is asked, where a rule says so. The schedule
also ends the choices that nobody answered.

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
        ask(event)
    elif event.type in ("OrderBackordered", "FulfillmentOrderEscalated"):
        ask(event)
    elif event.type in ("SupplyPut", "SupplyClosed"):
        repromise_waiting(runtime, event)
    elif event.type == "BacklogBrokeringRequested":
        # Loaded with the first clock.
        from oms.choices.commands import end_choices

        end_choices(runtime, event.tenant)
        broker_backlog(runtime, event.tenant)
    elif event.data["node"]["status"] == "active":
        broker_backlog(runtime, event.tenant)


def ask(event: Event) -> None:
    # Loaded where a customer may be asked: whoever only gives out stock starts faster.
    from oms.choices.offering import offer_backorder_choices, offer_rejection_choices

    if event.type == "FulfillmentOrderEscalated":
        offer_rejection_choices(runtime, event)
    else:
        offer_backorder_choices(runtime, event)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, broker)
