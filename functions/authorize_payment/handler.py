"""AuthorizePayment, second task of the order workflow: the money is held, and the work that may now start is named."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.starting import unreleased_work
from oms.payments.adapters.configured import provider
from oms.payments.commands import authorize_order
from oms.platform.commands import Runtime

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    tenant = event["tenant"]
    outcome, order = authorize_order(runtime, provider, tenant, event["order_id"])
    return {"outcome": outcome, "fulfillment_orders": unreleased_work(tenant, order)}
