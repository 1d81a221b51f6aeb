"""AuthorizePayment, second task of the order workflow: the money is held, and the work that may now start is named."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.workflow import work_to_release
from oms.payments.adapters.configured import provider
from oms.payments.commands import authorize_payment
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    tenant, order_id = event["tenant"], event["order_id"]
    outcome = authorize_payment(runtime, provider, tenant, order_id)
    return {"outcome": outcome, "fulfillment_orders": work_to_release(runtime, tenant, order_id)}
