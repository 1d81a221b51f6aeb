"""What a function is told by its environment: names of tables, buses, buckets, workflows and limits."""

from __future__ import annotations

import os

TABLES = ("orders", "stock", "registry", "ledger", "events", "commands")


class SettingMissing(RuntimeError):
    """A function was deployed without a setting that it needs."""


def setting(name: str) -> str:
    """One environment variable; a missing one raises SettingMissing, which names it."""
    value = os.environ.get(name)
    if not value:
        raise SettingMissing(f"environment variable {name} is not set")
    return value


def table_name(table: str) -> str:
    """The real name of a table, such as `orders`, from TABLE_ORDERS."""
    return setting(f"TABLE_{table.upper()}")


def line_limit() -> int:
    """How many lines an order may have (LINE_LIMIT, 200 unless set)."""
    return int(os.environ.get("LINE_LIMIT", "200"))
