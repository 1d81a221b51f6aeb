"""CapturePayment: the money of what was shipped is taken, and only that."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.commands import capture_payment
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    taken = capture_payment(runtime, provider, event["tenant"], event["order_id"], event["fulfillment_order_id"])
    return {"captured": taken}
