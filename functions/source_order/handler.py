"""SourceOrder, first task of the order workflow: claims become allocations and work for nodes."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.sourcing.commands import source_order

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return dict(source_order(runtime, event["tenant"], event["order_id"]).body)
