"""Every minute for each tenant: the shards of stock in great demand are evened out, and go once nobody needs them."""

from __future__ import annotations

from typing import Any

from oms.inventory.shards.balancing import balance_marked
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def even_out(event: Event) -> None:
    balance_marked(runtime, event.tenant)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, even_out)
