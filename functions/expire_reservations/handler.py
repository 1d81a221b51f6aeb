"""Every minute for each tenant: baskets that were kept too long are told of, and what they still hold goes back."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.reservations.commands import expire_reservations

runtime = Runtime()


def expire(event: Event) -> None:
    expire_reservations(runtime, event.tenant)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, expire)
