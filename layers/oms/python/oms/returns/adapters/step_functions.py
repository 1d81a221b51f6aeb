"""Starting the workflow of a return by post; a second start for the same fact finds the first one."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from oms.platform.settings import setting

# AWS and the local engine call that by two names.
_STARTED = frozenset({"ExecutionAlreadyExists", "ExecutionAlreadyExistsException"})


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("stepfunctions")


def start_return_workflow(tenant: str, return_id: str, cause: str) -> None:
    """Start waiting for the units of a return because of an event."""
    try:
        _client().start_execution(
            stateMachineArn=setting("RETURN_WORKFLOW_ARN"),
            name=f"{return_id}-{cause}"[:80],
            input=json.dumps({"tenant": tenant, "return_id": return_id}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _STARTED:
            raise
