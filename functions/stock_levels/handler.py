"""The stream of table `stock`: levels are summed up when stock changes, and stock in great demand goes into shards."""

from __future__ import annotations

from typing import Any

from oms.inventory.levels.following import follow_stock
from oms.inventory.shards.following import follow_demand
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    follow_demand(runtime, event["Records"])
    return follow_stock(runtime, event["Records"])
