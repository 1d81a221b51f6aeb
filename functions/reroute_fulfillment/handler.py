"""RerouteFulfillmentOrder: other nodes get the units that a node gave up or has not answered for."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.sourcing.rerouting import reroute_fulfillment_order

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    outcome = reroute_fulfillment_order(runtime, event["tenant"], event["fulfillment_order_id"], event["reason"])
    return dict(outcome.body)
