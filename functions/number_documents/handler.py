"""Goods that left, returns and goodwill, from the domain bus through a queue: each gets its invoice or credit memo."""

from __future__ import annotations

from typing import Any

from oms.finance.documents.commands import number_document
from oms.platform.commands import Runtime
from oms.platform.consumers import consume_queue

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, lambda told: number_document(runtime, told))
