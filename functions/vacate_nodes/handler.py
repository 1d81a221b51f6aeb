"""NodeChanged, StockMoved: work that its node cannot do any more goes to other nodes, as far as it was not begun."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.registry.segments import told
from oms.sourcing.vacating import relieve_shortage, vacate_node

runtime = Runtime()


def vacate(event: Event) -> None:
    if event.type == "StockMoved":
        for short in event.data["shortages"]:
            relieve_shortage(runtime, event.tenant, told(short), short["node_id"])
    elif event.data["node"]["status"] == "closed":
        vacate_node(runtime, event.tenant, event.data["node"]["id"], event.data["node"]["effective_from"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, vacate)
