"""OrderCancelled, OrderLinesCancelled: what is held and will never be taken is given back."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.commands import release_payment
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def release(event: Event) -> None:
    release_payment(runtime, provider, event.tenant, event.data["order_id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, release)
