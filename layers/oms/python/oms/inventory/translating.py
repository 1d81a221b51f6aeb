"""A record of the inventory stream that speaks the words of another system, as the feed messages that it means.

A new system is a file in `adapters` with a function `tell`, its line in ADAPTERS and in the names of `terms`, and
its samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from zoneinfo import ZoneInfo

from oms.inventory.adapters import epcis, poslog, shopify, square
from oms.inventory.requests import FeedMessage
from oms.inventory.terms import AdapterName, Connection
from oms.inventory.told import Adapter, Told
from oms.platform.fields import Code
from oms.platform.intake import Request, refuse_card_numbers, validate
from oms.platform.problems import FieldError, InvalidRequest

ADAPTERS: Mapping[str, Adapter] = {
    "shopify": shopify.tell,
    "square": square.tell,
    "epcis": epcis.tell,
    "poslog": poslog.tell,
}
assert ADAPTERS.keys() == set(get_args(AdapterName))


class ForeignRecord(Request):
    """What lies on the stream: whose connection it is of, and what the system has sent, as it sent it."""

    tenant: Code
    connection: Code
    body: Any


@dataclass(frozen=True, slots=True)
class Translated:
    """What a record means: messages, each with its place in the record, and what is wrong with the rest of it."""

    messages: tuple[tuple[FeedMessage, str], ...] = ()
    errors: tuple[FieldError, ...] = ()


def translated(record: ForeignRecord, connections: Iterable[Connection]) -> Translated:
    """The messages of a record; what cannot be one is an error beside them, which repeats nothing of it."""
    connection = next((one for one in connections if one.id == record.connection), None)
    if connection is None:
        detail = f"No rules of stock that hold name a connection {record.connection}."
        return Translated(errors=(FieldError("/connection", "unknown_connection", detail),))
    messages: list[tuple[FeedMessage, str]] = []
    errors: list[FieldError] = []
    for told in ADAPTERS[connection.adapter](record.body, ZoneInfo(connection.time_zone)):
        if isinstance(told, FieldError):
            errors.append(FieldError(f"/body{told.pointer}", told.code, told.detail))
        elif told.kind in connection.takes and not {told.item, told.location} & set(connection.not_ours):
            try:
                messages.append((_message(record.tenant, connection, told), f"/body{told.pointer}"))
            except InvalidRequest as problem:
                errors += [_error(told, one) for one in problem.errors]
    return Translated(tuple(messages), tuple(errors))


def _message(tenant: str, connection: Connection, told: Told) -> FeedMessage:
    document = {
        "tenant": tenant,
        "source": f"{connection.id}.{told.teller}" if told.teller else connection.id,
        "sequence": told.sequence,
        "kind": told.kind,
        "node_id": connection.nodes.get(told.location, told.location),
        "sku": connection.items.get(told.item, told.item),
        "quantity": told.quantity,
        "as_of": told.as_of,
    }
    refuse_card_numbers(document)
    return validate(FeedMessage, document)


def _error(told: Told, error: FieldError) -> FieldError:
    return FieldError(f"/body{told.pointer}", error.code, f"{error.pointer.removeprefix('/')}: {error.detail}")
