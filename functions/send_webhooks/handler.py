"""Outgoing webhooks: the events of an entity go to a subscriber in order, signed, and again until they are taken."""

from __future__ import annotations

from functools import partial
from typing import Any

from oms.platform.commands import Runtime
from oms.platform.consumers import consume_messages
from oms.platform.own_queue import send
from oms.webhooks.adapters.secret import master
from oms.webhooks.adapters.sender import HttpSender
from oms.webhooks.sending import Office
from oms.webhooks.taking import take_webhook_work

office = Office(Runtime(), HttpSender(), send, master)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_messages(event, partial(take_webhook_work, office))
