"""What other contexts may ask of documents."""

from __future__ import annotations

from collections.abc import Mapping

from oms.finance.documents.model import DocumentCause, DocumentKind, printed
from oms.finance.documents.store import numbers_of
from oms.platform.dynamodb import Database


def purchase_order_numbers(database: Database, tenant: str, entities: Mapping[str, str]) -> dict[str, str]:
    """The printed numbers of purchase orders, given their legal entities by id; one just placed has none yet."""
    found = numbers_of(database, tenant, DocumentCause.PURCHASE, entities)
    return {one: printed(entities[one], DocumentKind.PURCHASE_ORDER, number) for one, number in found.items()}
