"""Decisions about an order as they are shown."""

from __future__ import annotations

from typing import Any

from oms.platform.dynamodb import Database
from oms.platform.problems import NotFound
from oms.sourcing.store import load_decisions


def read_decisions(database: Database, tenant: str, order_id: str) -> dict[str, Any]:
    """Every decision about the nodes of an order, first to last; an order without any raises NotFound."""
    found = load_decisions(database, tenant, order_id)
    if not found:
        raise NotFound(f"There is no order {order_id}.")
    return {"order_id": order_id, "decisions": [one.model_dump(mode="json", exclude={"order_id"}) for one in found]}
