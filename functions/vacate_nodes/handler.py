"""NodeChanged, StockMoved, a short pick: what its node cannot do goes to other nodes, as far as it was not begun."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.registry.segments import told
from oms.sourcing.vacating import find_other_nodes, relieve_shortage, vacate_node

runtime = Runtime()


def vacate(event: Event) -> None:
    if event.type == "StockMoved":
        for short in event.data["shortages"]:
            relieve_shortage(runtime, event.tenant, told(short), short["node_id"])
    elif event.type == "FulfillmentOrderShortPicked":
        short_picked(event)
    elif event.data["node"]["status"] == "closed":
        vacate_node(runtime, event.tenant, event.data["node"]["id"], event.data["node"]["effective_from"])


def short_picked(event: Event) -> None:
    # Loaded where somebody is asked to count.
    from oms.fulfillment.counting import ask_for_counts
    from oms.fulfillment.handling_events import FulfillmentOrderShortPicked

    told = FulfillmentOrderShortPicked.model_validate(event.data)
    ask_for_counts(runtime, event.tenant, told, int(event.meta["sequence"]))
    if told.goes_on:
        find_other_nodes(runtime, event.tenant, told.fulfillment_order_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, vacate)
