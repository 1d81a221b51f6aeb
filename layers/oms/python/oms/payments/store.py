"""Reading one tender (table `orders`).

| what | pk | sk |
|---|---|---|
| a tender, in the partition of its order | T#<tenant>#ORDER#<id> | PAYMENT#<id> |
"""

from __future__ import annotations

from oms.orders.store import partition
from oms.payments.model import Payment
from oms.platform.dynamodb import Database
from oms.platform.writes import Key


def load_payment(database: Database, tenant: str, order_id: str, payment_id: str) -> Payment | None:
    """One tender, or None."""
    item = database.get("orders", Key(partition(tenant, order_id), f"PAYMENT#{payment_id}"))
    return Payment.model_validate_json(str(item["body"])) if item else None
