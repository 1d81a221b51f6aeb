"""The queue of outgoing webhooks, as the function sees it that follows the events."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3

from oms.platform.settings import setting


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("sqs")


def send(body: str) -> None:
    """Put a message on the queue."""
    _client().send_message(QueueUrl=setting("WEBHOOK_QUEUE_URL"), MessageBody=body)
