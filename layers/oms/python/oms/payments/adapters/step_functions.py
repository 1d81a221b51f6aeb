"""Starting the payment workflow of an order; a second start for the same fact finds the first one."""

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


def start_payment_workflow(tenant: str, order_id: str, cause: str) -> None:
    """Start caring for the payment of an order because of an event."""
    try:
        _client().start_execution(
            stateMachineArn=setting("PAYMENT_WORKFLOW_ARN"),
            name=f"{order_id}-{cause}"[:80],
            input=json.dumps({"tenant": tenant, "order_id": order_id}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _STARTED:
            raise
