"""Changes of licences and codes, as writes for the transaction of whoever loads or gives them (table `orders`)."""

from __future__ import annotations

from oms.activations.model import Licence
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put

TABLE = "orders"


def licence_key(tenant: str, licence_id: str) -> Key:
    """Where a licence is kept."""
    return Key(f"{tenant_prefix(tenant)}LICENCE#{licence_id}", "LICENCE")


def free_list(tenant: str, sku: str) -> str:
    """The list of the free licences of an item, in the index."""
    return f"{tenant_prefix(tenant)}LICENCES#{sku}"


def code_key(tenant: str, activation: str) -> Key:
    """Where the code that a provider gave for an activation is kept."""
    return Key(f"{tenant_prefix(tenant)}ACTIVATION#{activation}", "CODE")


def licence_loaded(tenant: str, licence: Licence) -> Write:
    """A licence that must not exist."""
    return create(TABLE, licence_key(tenant, licence.id), _row(tenant, licence))


def licence_given(tenant: str, licence: Licence, order_id: str, activation: str) -> Write:
    """A free licence is given to an activation: the transaction is held to it as it was read."""
    row = _row(tenant, licence.given(order_id, activation))
    return put(TABLE, licence_key(tenant, licence.id), row, version=licence.version)


def code_write(tenant: str, activation: str, code: str) -> Write:
    """The code that a provider gave, once."""
    return create(TABLE, code_key(tenant, activation), {"code": code})


def _row(tenant: str, licence: Licence) -> Item:
    row: Item = {"version": licence.version, "body": licence.model_dump_json(exclude_none=True)}
    if licence.is_free:
        row |= {"gsi1pk": free_list(tenant, licence.sku), "gsi1sk": licence.id}
    return row
