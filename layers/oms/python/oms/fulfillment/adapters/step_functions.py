"""The waiting fulfilment workflow: told once what became of its work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from oms.platform.observability import logger

# The workflow no longer waits on this token: it was answered before, timed out or was stopped.
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("stepfunctions")


def continue_workflow(task_token: str, output: Mapping[str, object]) -> bool:
    """Answer a waiting task; False when nobody waits on this token any more."""
    try:
        _client().send_task_success(taskToken=task_token, output=json.dumps(output))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOBODY_WAITS:
            raise
        logger().info("nobody waits", code=error.response["Error"]["Code"])
        return False
    return True
