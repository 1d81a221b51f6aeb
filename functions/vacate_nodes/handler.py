"""NodeChanged: where the node has closed, what it has not begun goes to other nodes."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.sourcing.vacating import vacate_node

runtime = Runtime()


def vacate(event: Event) -> None:
    if event.data["node"]["status"] == "closed":
        vacate_node(runtime, event.tenant, event.data["node"]["id"], event.data["node"]["effective_from"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, vacate)
