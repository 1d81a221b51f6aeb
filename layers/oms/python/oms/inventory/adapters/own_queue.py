"""The queue of the function itself, on which it puts the parts of a larger piece of work."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3

from oms.platform.settings import setting


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("sqs")


def send(body: str) -> None:
    """Put a message on the queue that this function works off."""
    _client().send_message(QueueUrl=setting("QUEUE_URL"), MessageBody=body)
