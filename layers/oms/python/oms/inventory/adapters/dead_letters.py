"""The queue of records that cannot be taken in, where a person finds them with their reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3

from oms.platform.settings import setting


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("sqs")


def set_aside(record: Mapping[str, object]) -> None:
    """Put a description of a record among the dead letters of the function; the queue's alarm tells of it."""
    _client().send_message(QueueUrl=setting("DEAD_LETTERS_URL"), MessageBody=json.dumps(record, ensure_ascii=False))
