"""What is shown of parcels besides their shipments."""

from __future__ import annotations

from typing import Any

from oms.carriers.store import unknown_parcels
from oms.platform.dynamodb import Database


def list_unknown_parcels(database: Database, tenant: str) -> dict[str, list[dict[str, Any]]]:
    """News of parcels that no shipment has, by tracking number: somebody has to find out whose they are."""
    return {"parcels": [dict(one) for one in unknown_parcels(database, tenant)]}
