"""Every five minutes for each tenant: what a crash left half done is undone."""

from __future__ import annotations

from typing import Any

from oms.orders.recovery import recover_sagas
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def recover(event: Event) -> None:
    recover_sagas(runtime, event.tenant)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, recover)
