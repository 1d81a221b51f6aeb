"""Milestones of orders, and NoticeQueued: the customer is told, once for each.

While the transport takes nothing a message is put back for longer and longer; after two hours it fails as others do.
"""

from __future__ import annotations

from typing import Any

from oms.notifications.adapters.configured import transport
from oms.notifications.commands import queue_notice
from oms.notifications.retrying import send_or_keep
from oms.notifications.sending import send_notice
from oms.platform.commands import Runtime
from oms.platform.consumers import consume_messages, event_from_queue
from oms.platform.own_queue import send

runtime = Runtime()


def take(body: str) -> None:
    event = event_from_queue(body)
    if event.type != "NoticeQueued":
        queue_notice(runtime, event)
        return
    named = event.tenant, event.data["order_id"], event.data["notice_id"]
    send_or_keep(runtime, body, send, lambda: send_notice(runtime, transport(), *named))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_messages(event, take)
