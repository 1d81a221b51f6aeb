"""Links: pages that a customer opens without a token, because nobody else can know their names.

A name is the tenant and an id with 80 random bits. Only a hash of it is stored, so that who reads the table can open
nothing, and there is no list of them. Table `orders`:

| what | pk | sk |
|---|---|---|
| where a link leads | T#<tenant>#LINK#<purpose>#<hash of its name> | LINK |

The purpose is a part of the key: a link of one purpose is unknown to the pages of all others.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from oms.platform.clock import format_instant
from oms.platform.ids import Ids
from oms.platform.principal import Principal, tenant_prefix
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Key, Write, create

# No name that was ever made is nearly so long.
_MOST_CHARACTERS = 200


class Place(BaseModel):
    """Where a link leads: one order, and what of it (a tender, a fulfilment order, …); until an instant."""

    model_config = ConfigDict(frozen=True)
    tenant: str
    order_id: str
    about: str
    expires_at: str

    @property
    def customer(self) -> Principal:
        """Who opens the link: a customer, who may do what its page offers and nothing else."""
        return Principal(self.tenant, "customer", "customer", frozenset())


class Table(Protocol):
    """What links are read with."""

    def get(self, table: str, key: Key) -> Item | None:
        """One item, or None."""
        ...


def new_name(ids: Ids, tenant: str, prefix: str) -> str:
    """A name that nobody can guess, to be told to the customer once and stored nowhere."""
    return f"{tenant}.{ids.new(prefix)}"


def hash_of(name: str) -> str:
    """What is stored of a link's name."""
    return hashlib.sha256(name.encode()).hexdigest()


def link_write(purpose: str, name: str, place: Place) -> Write:
    """A new link."""
    return create("orders", _key(place.tenant, purpose, name), {"body": place.model_dump_json()})


def find_link(table: Table, purpose: str, name: str) -> Place | None:
    """Where a link leads, also after its time, for pages that say what became of it; None for any other name."""
    tenant, _, rest = name.partition(".")
    if not tenant or not rest or "#" in tenant or len(name) > _MOST_CHARACTERS:
        return None
    item = table.get("orders", _key(tenant, purpose, name))
    return None if item is None else Place.model_validate_json(str(item["body"]))


def open_link(table: Table, purpose: str, name: str, now: datetime) -> Place:
    """Where a link leads; one whose time is over raises NotFound, as one that never was."""
    place = find_link(table, purpose, name)
    if place is None or place.expires_at <= format_instant(now):
        raise NotFound()
    return place


def _key(tenant: str, purpose: str, name: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}LINK#{purpose}#{hash_of(name)}", "LINK")
