"""Logs and metrics: one structured logger per function. What people send is never logged, only ids and codes."""

from __future__ import annotations

from functools import lru_cache

from aws_lambda_powertools import Logger


@lru_cache(maxsize=1)
def logger() -> Logger:
    """The function's logger, made on first use (level and service name from the environment)."""
    return Logger()
