"""The queue of the function itself: for parts of a larger piece of work, and for what is to be tried again later."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import boto3

from oms.platform.settings import setting

# SQS keeps a message back for at most a quarter of an hour.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 30, 900
_TRIES = "tries"


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("sqs")


def send(body: str, *, delay_seconds: int = 0) -> None:
    """Put a message on the queue that this function works off, to be seen after a while."""
    delay = {"DelaySeconds": delay_seconds} if delay_seconds else {}
    _client().send_message(QueueUrl=setting("QUEUE_URL"), MessageBody=body, **delay)


def tried(body: str) -> int:
    """How often a message was put back by `later`."""
    message: dict[str, Any] = json.loads(body)
    tries = message.get(_TRIES, 0)
    return tries if isinstance(tries, int) else 0


def later(body: str) -> str:
    """The message as it is put back, which counts how often that was."""
    return json.dumps({**json.loads(body), _TRIES: tried(body) + 1}, separators=(",", ":"), ensure_ascii=False)


def pause_seconds(tries: int) -> int:
    """How long a message that was tried so often is kept back: half a minute, doubled, at most a quarter of an hour."""
    return min(_FIRST_PAUSE_SECONDS << min(tries, 10), _LONGEST_PAUSE_SECONDS)
