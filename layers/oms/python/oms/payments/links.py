"""Pay links: a page on which the customer gives another card for what the first one did not pay.

A link is named by its tenant and 80 random bits that nobody can guess. Only a hash of the name is stored: as a row of
table `orders`, and with the tender that it is for.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict

from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Write, create


class PayLink(BaseModel):
    """A page on which the customer can pay with another card, until an instant."""

    model_config = ConfigDict(frozen=True)
    name_hash: str
    expires_at: str
    # Its time was over before anybody paid, and what that means for the order has been seen to.
    is_over: bool = False


class Place(BaseModel):
    """Where a link leads: one tender of one order."""

    model_config = ConfigDict(frozen=True)
    tenant: str
    order_id: str
    payment_id: str


def hash_of(name: str) -> str:
    """What is stored of a link's name."""
    return hashlib.sha256(name.encode()).hexdigest()


def link_write(name: str, place: Place) -> Write:
    """A new link."""
    return create("orders", _key(place.tenant, name), {"body": place.model_dump_json()})


def load_link(database: Database, name: str) -> Place | None:
    """Where a link leads; None for a name that no link has."""
    tenant, _, rest = name.partition(".")
    item = database.get("orders", _key(tenant, name)) if tenant and rest else None
    return None if item is None else Place.model_validate_json(str(item["body"]))


def _key(tenant: str, name: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}PAYLINK#{hash_of(name)}", "PAYLINK")
