"""RefundOwed, RefundRetried: what is owed and a provider pays is given back."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.commands import refund_payment
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def refund(event: Event) -> None:
    refund_payment(runtime, provider, event.tenant, event.data["order_id"], event.data["refund_id"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, refund)
