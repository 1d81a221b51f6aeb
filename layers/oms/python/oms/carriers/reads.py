"""What is shown of parcels besides their shipments."""

from __future__ import annotations

from typing import Any

from oms.carriers.store import unknown_parcels
from oms.platform.dynamodb import Database
from oms.platform.principal import Principal
from oms.platform.problems import NotFound


def list_unknown_parcels(database: Database, principal: Principal) -> dict[str, list[dict[str, Any]]]:
    """News of parcels that no shipment has, by tracking number: somebody has to find out whose they are.

    Nobody knows which node sent them, so a caller of some node raises NotFound.
    """
    if principal.nodes:
        raise NotFound("There is no list of unknown parcels of a node.")
    return {"parcels": [dict(one) for one in unknown_parcels(database, principal.tenant)]}
