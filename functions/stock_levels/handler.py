"""The stream of table `stock`: what the network and its regions have of an item is summed up when it changes."""

from __future__ import annotations

from typing import Any

from oms.inventory.levels.following import follow_stock
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return follow_stock(runtime, event["Records"])
