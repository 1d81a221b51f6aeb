"""What settlement shows to other contexts: what is on its way to the bank of an entity."""

from __future__ import annotations

from oms.platform.dynamodb import Database
from oms.settlement.model import InTransit
from oms.settlement.store import load_transit


def in_transit(database: Database, tenant: str, legal_entity: str) -> list[InTransit]:
    """Bags, payouts and transfers that the bank has not shown yet."""
    return load_transit(database, tenant, legal_entity)
