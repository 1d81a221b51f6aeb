"""Logs and metrics: one structured logger per function. What people send is never logged, only ids and codes."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from aws_lambda_powertools import Logger


@lru_cache(maxsize=1)
def logger() -> Logger:
    """The function's logger, made on first use (level and service name from the environment)."""
    return Logger()


def counted(metric: str, at: datetime) -> dict[str, Any]:
    """Fields by which a log line also counts as one of a metric, without a call of its own.

    CloudWatch's embedded metric format; its one dimension is the function's `service` name, which every line has.
    """
    return measured(metric, 1, "Count", at)


def measured(metric: str, value: int, unit: str, at: datetime) -> dict[str, Any]:
    """The same for a value of a metric, of which CloudWatch also tells percentiles."""
    directive = {"Namespace": "Spine", "Dimensions": [["service"]], "Metrics": [{"Name": metric, "Unit": unit}]}
    return {"_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}, metric: value}
