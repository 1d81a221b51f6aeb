"""Claims on stock as tests make them: one act, as the writes of one transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from oms.inventory.writes import StockChanges
from oms.platform.writes import Write

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
_numbers = count(1)


def claim(
    act: str, tenant: str, *arguments: Any, cause: str = "ord_1", at: datetime = AT, **options: Any
) -> list[Write]:
    """What `StockChanges.<act>(…)` comes to."""
    changes = StockChanges(tenant, movement_id=f"mov_{next(_numbers)}", cause=cause, at=at)
    getattr(changes, act)(*arguments, **options)
    return changes.writes()
