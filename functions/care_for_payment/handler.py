"""CareForPayment, the task of the payment workflow: what is due is done, and it is said when to come again."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.caring import care_for_payment
from oms.platform.clock import seconds_until
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    again = care_for_payment(runtime, provider, event["tenant"], event["order_id"])
    return {"wait_seconds": seconds_until(again, runtime.clock.now())}
