"""The stream of table `stock`: what there is of an item is summed up and its demand followed; who waits is told."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from oms.inventory.levels.following import follow_stock
from oms.inventory.shards.following import follow_demand
from oms.platform.commands import Runtime
from oms.sourcing.reads import wants_better_plans
from oms.sourcing.waking import tell_of_more

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    follow_demand(runtime, event["Records"])
    # Asked once for a batch, however many items it is about.
    wants = cache(partial(wants_better_plans, runtime.database))
    return follow_stock(runtime, event["Records"], partial(tell_of_more, runtime, wants))
