"""Rows of appeasements, as writes for the transaction of the command (table `orders`)."""

from __future__ import annotations

from oms.appeasements.limits import Counter
from oms.appeasements.model import Appeasement, Ruling
from oms.platform.clock import format_instant
from oms.platform.ids import child_id, child_number, parent_id
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put

TABLE = "orders"
PREFIX = "apm"


def appeasement_id(order_id: str, number: int) -> str:
    """The id of the n-th request for goodwill on an order."""
    return child_id(PREFIX, order_id, number)


def order_of(appeasement: str) -> str:
    """The order that an appeasement belongs to, by its id."""
    return parent_id("ord", appeasement)


def appeasements_partition(tenant: str, order_id: str) -> str:
    """Where all goodwill on an order is kept."""
    return f"{tenant_prefix(tenant)}APPEASEMENTS#{order_id}"


def counter_key(tenant: str, of: str, name: str) -> Key:
    """Where the grants of a customer, or of an actor on a business date, are counted."""
    return Key(f"{tenant_prefix(tenant)}GOODWILL#{of}#{name}", "COUNTER")


def waiting_list(tenant: str) -> str:
    """The list of all requests that somebody else must approve, in the index, by when they expire."""
    return f"{tenant_prefix(tenant)}APPEASEMENTS"


def request_write(tenant: str, appeasement: Appeasement) -> Write:
    """A request with its judgement, which nobody changes any more."""
    row: Item = {"body": appeasement.model_dump_json(exclude={"ruling"})}
    expires_at = appeasement.expires_at
    if expires_at is not None:
        row |= {"gsi1pk": waiting_list(tenant), "gsi1sk": f"{format_instant(expires_at)}#{appeasement.id}"}
    return create(TABLE, request_key(tenant, appeasement), row)


def request_key(tenant: str, appeasement: Appeasement) -> Key:
    """Where a request is kept."""
    return Key(appeasements_partition(tenant, appeasement.order_id), f"REQUEST#{appeasement.number:06d}")


def request_key_of(tenant: str, name: str) -> Key:
    """Where the request of an id is kept."""
    return Key(appeasements_partition(tenant, order_of(name)), f"REQUEST#{child_number(name):06d}")


def first_request_key(tenant: str, order_id: str) -> Key:
    """Where the first request for goodwill on an order is kept, if there ever was one."""
    return Key(appeasements_partition(tenant, order_id), f"REQUEST#{1:06d}")


def ruling_key(tenant: str, appeasement: Appeasement) -> Key:
    """Where the ruling on a request is kept."""
    return Key(appeasements_partition(tenant, appeasement.order_id), f"RULING#{appeasement.number:06d}")


def ruling_write(tenant: str, appeasement: Appeasement, ruling: Ruling) -> Write:
    """The ruling on a request: there is one at most."""
    return create(TABLE, ruling_key(tenant, appeasement), {"body": ruling.model_dump_json()})


def counter_write(tenant: str, counter: Counter) -> Write:
    """A counter as it is now, held to the version before it, so that of two grants at once one is judged anew."""
    row: Item = {"version": counter.version, "body": counter.model_dump_json()}
    key = counter_key(tenant, counter.of, counter.name)
    return create(TABLE, key, row) if counter.version == 1 else put(TABLE, key, row, version=counter.version - 1)
