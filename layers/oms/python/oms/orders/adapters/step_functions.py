"""The order workflow, run to its end so that a failed run is a failed message and comes again."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from oms.platform.settings import setting


class WorkflowFailed(RuntimeError):
    """The order workflow did not reach its end; every step of it may be repeated."""


@lru_cache(maxsize=1)
def _client() -> Any:
    # The workflow may take as long as this function: no early give-up, and no second run by the client itself.
    return boto3.client("stepfunctions", config=Config(read_timeout=58, retries={"total_max_attempts": 1}))


def run_order_workflow(tenant: str, order_id: str, cause: str) -> None:
    """Run the workflow of an order and wait for its end; raises WorkflowFailed if it failed or timed out."""
    answer = _client().start_sync_execution(
        stateMachineArn=setting("ORDER_WORKFLOW_ARN"),
        name=f"{order_id}-{cause}"[:80],
        input=json.dumps({"tenant": tenant, "order_id": order_id}),
    )
    if answer["status"] != "SUCCEEDED":
        raise WorkflowFailed(f"{order_id}: {answer['status']} {answer.get('error', '')} {answer.get('cause', '')}")
