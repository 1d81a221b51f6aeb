"""What went wrong for customers: where a rule says so they get goodwill without a call, once for each."""

from __future__ import annotations

from typing import Any

from oms.appeasements.policy import grant_by_policy
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()


def take(event: Event) -> None:
    grant_by_policy(runtime, event)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, take)
