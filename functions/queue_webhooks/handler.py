"""The stream of table `events`: subscribers of outgoing webhooks hear that there is something new of an entity."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.webhooks.adapters.queue import send
from oms.webhooks.queueing import queue_webhooks

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    queue_webhooks(runtime, event["Records"], send)
    return {"batchItemFailures": []}
