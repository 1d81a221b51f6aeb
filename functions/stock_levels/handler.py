"""The stream of table `stock`: what there is of an item is summed up and its demand followed; who waits is told."""

from __future__ import annotations

from functools import partial
from typing import Any

from oms.inventory.levels.following import follow_stock
from oms.inventory.shards.following import follow_demand
from oms.platform.commands import Runtime
from oms.sourcing.waking import tell_of_more

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    follow_demand(runtime, event["Records"])
    return follow_stock(runtime, event["Records"], partial(tell_of_more, runtime))
