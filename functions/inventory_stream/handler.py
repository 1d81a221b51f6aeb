"""inventory_stream: stock messages of stores and warehouses from the inventory stream."""

from __future__ import annotations

from typing import Any

from oms.inventory.adapters.dead_letters import set_aside
from oms.inventory.feed import consume_feed
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return consume_feed(runtime, set_aside, event["Records"])
