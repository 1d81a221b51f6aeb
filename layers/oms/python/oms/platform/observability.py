"""Logs and metrics: one structured logger per function. What people send is never logged, only ids and codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from aws_lambda_powertools import Logger


@lru_cache(maxsize=1)
def logger() -> Logger:
    """The function's logger, made on first use (level and service name from the environment)."""
    return Logger()


def counted(metric: str, at: datetime, *, by: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Fields by which a log line also counts as one of a metric, without a call of its own.

    CloudWatch's embedded metric format. Its dimension is the function's `service` name, which every line has; with `by`
    there is one for each of these names, too, beside the sum of them all.
    """
    return measured(metric, 1, "Count", at, by=by)


def measured(
    metric: str, value: int, unit: str, at: datetime, *, by: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The same for a value of a metric, of which CloudWatch also tells percentiles."""
    dimensions = [["service"], *([["service", *by]] if by else [])]
    directive = {"Namespace": "Spine", "Dimensions": dimensions, "Metrics": [{"Name": metric, "Unit": unit}]}
    return {
        "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        metric: value,
        **(by or {}),
    }
