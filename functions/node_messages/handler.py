"""The store bus: what stores, warehouses and suppliers say, as the same commands as over HTTP."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.messages import take_message
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def take(event: Event) -> None:
    take_message(runtime, event)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, take)
