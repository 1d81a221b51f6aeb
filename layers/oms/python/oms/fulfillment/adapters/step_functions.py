"""The waiting fulfilment workflow: told once what became of its work.

All of it shipped is the success of its wait. Everything else is a failure that has the outcome as its name, so that the
workflow needs no state of its own to tell them apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.fulfillment.model import Outcome
from oms.platform.observability import logger
from oms.platform.problems import Busy

# The workflow no longer waits on this token: it was answered before, timed out or was stopped.
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("stepfunctions")


def continue_workflow(task_token: str, outcome: Outcome) -> bool:
    """Answer a waiting task; False when nobody waits on this token any more.

    Raises Busy where the service does not answer: whoever asks tries again, for an answer that got lost here would
    leave the workflow waiting.
    """
    try:
        if outcome is Outcome.SHIPPED:
            _client().send_task_success(taskToken=task_token, output="{}")
        else:
            _client().send_task_failure(taskToken=task_token, error=outcome.value, cause="What became of the work.")
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOBODY_WAITS:
            raise Busy() from error
        logger().info("nobody waits", code=error.response["Error"]["Code"])
        return False
    except (ConnectionError, HTTPClientError) as error:
        raise Busy() from error
    return True
