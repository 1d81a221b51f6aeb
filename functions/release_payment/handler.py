"""What is held and will never be taken is given back, and goods that are ready are paid for where a tender says so."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.commands import capture_or_escalate, release_payment
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def settle(event: Event) -> None:
    if event.type == "FulfillmentOrderReady":
        capture_or_escalate(runtime, provider, event.tenant, event.data["order_id"], event.data["fulfillment_order_id"])
    else:
        release_payment(runtime, provider, event.tenant, event.data["order_id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, settle)
