"""Reading one tender, or where a pay link leads (table `orders`).

| what | pk | sk |
|---|---|---|
| a tender, in the partition of its order | T#<tenant>#ORDER#<id> | PAYMENT#<id> |
| where a pay link leads | T#<tenant>#PAYLINK#<hash of its name> | PAYLINK |
"""

from __future__ import annotations

from oms.orders.store import partition
from oms.payments.links import Place, hash_of
from oms.payments.model import Payment
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Write, create


def load_payment(database: Database, tenant: str, order_id: str, payment_id: str) -> Payment | None:
    """One tender, or None."""
    item = database.get("orders", Key(partition(tenant, order_id), f"PAYMENT#{payment_id}"))
    return Payment.model_validate_json(str(item["body"])) if item else None


def load_link(database: Database, name: str) -> Place | None:
    """Where a pay link leads; None for a name that no link has."""
    tenant, _, rest = name.partition(".")
    item = database.get("orders", _link_key(tenant, name)) if tenant and rest else None
    return None if item is None else Place.model_validate_json(str(item["body"]))


def link_write(name: str, place: Place) -> Write:
    """A new pay link."""
    return create("orders", _link_key(place.tenant, name), {"body": place.model_dump_json()})


def _link_key(tenant: str, name: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}PAYLINK#{hash_of(name)}", "PAYLINK")
