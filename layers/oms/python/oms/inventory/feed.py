"""The inventory stream: a batch of records taken in together, with what cannot be taken in set aside.

The partition key of a record is its tenant, node and SKU, so messages about one stock row come in order. What fails
because of us (a table that throttles) is given back to the stream for as long as that takes. What fails because of the
record is set aside with its reason, and the shard goes on behind it: at once where it can never be read, after
PATIENCE where what it names may still arrive. A record of another system may say several things; each stands alone.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from oms.inventory.commands import apply_feed
from oms.inventory.reads import live_inventory_rules
from oms.inventory.requests import FeedMessage
from oms.inventory.terms import Connection
from oms.inventory.translating import ForeignRecord, translated
from oms.platform.commands import Runtime
from oms.platform.intake import has_card_number, parse_json, refuse_card_numbers, validate
from oms.platform.observability import logger
from oms.platform.problems import CardNumberFound, FieldError, Problem

# An item or a node may be registered a moment after its first stock was told.
PATIENCE = timedelta(seconds=20)
# Of a record that is set aside; a queue takes a message of 1 MiB (AWS quota, 2026-11), and people read a page.
_MOST_CHARACTERS = 8_000
_NOT_POSSIBLE = "not_possible"
SetAside = Callable[[Mapping[str, object]], None]
Record = Mapping[str, Any]


def consume_feed(runtime: Runtime, set_aside: SetAside, records: Sequence[Record]) -> dict[str, Any]:
    """Take in a batch of Kinesis records; the answer names the record that must come again, where there is one."""
    read = _readable(runtime, records)
    entries = [(number, *entry) for number, one in enumerate(read) for entry in one.messages]
    start, told = 0, 0

    def tell(until: int) -> None:
        """Set aside what could not be read of the records before this one."""
        nonlocal told
        for one in read[told:until]:
            if one.errors:
                _set_aside(set_aside, one, one.cause, one.errors)
        told = max(told, until)

    while True:
        stopped = apply_feed(runtime, [(message, _event_id(records[number])) for number, message, _ in entries[start:]])
        if stopped is None:
            break
        number, message, pointer = entries[start + stopped]
        tell(number)
        if _is_young(runtime, records[number]):
            logger().warning("stock message comes again", sequence=_sequence(records[number]), cause=_NOT_POSSIBLE)
            return {"batchItemFailures": [{"itemIdentifier": _sequence(records[number])}]}
        place = [FieldError(pointer, _NOT_POSSIBLE, f"{message.sku} at {message.node_id}.")] if pointer else []
        _set_aside(set_aside, read[number], _NOT_POSSIBLE, place)
        start += stopped + 1
    tell(len(read))
    return {"batchItemFailures": []}


@dataclass(frozen=True, slots=True)
class _Read:
    """A record: its messages, each with its place where the record is of another system, and why not all is one."""

    record: Record
    messages: Sequence[tuple[FeedMessage, str]] = ()
    errors: Sequence[FieldError] = ()
    cause: str = ""
    # Whether it was looked at for card numbers and has none.
    clean: bool = False


def _readable(runtime: Runtime, records: Sequence[Record]) -> list[_Read]:
    """What each record says. Rules are read once for a tenant, and only where a record is of another system."""

    @cache
    def connections(tenant: str) -> list[Connection]:
        return [one for live in live_inventory_rules(runtime.database, tenant) for one in live.rules.connections]

    return [_read(record, connections) for record in records]


def _read(record: Record, connections: Callable[[str], Sequence[Connection]]) -> _Read:
    try:
        document = parse_json(b64decode(record["kinesis"]["data"]))
        if isinstance(document, dict) and "connection" in document:
            foreign = validate(ForeignRecord, document)
            meant = translated(foreign, connections(foreign.tenant))
            return _Read(record, meant.messages, meant.errors, "not_understood")
        refuse_card_numbers(document)
        return _Read(record, [(validate(FeedMessage, document), "")], clean=True)
    except Problem as problem:
        errors = problem.errors or [FieldError("", problem.code, problem.detail)]
        return _Read(record, errors=errors, cause=problem.code)


def _is_young(runtime: Runtime, record: Record) -> bool:
    """Whether a record came so lately that what it names may be on its way; one from the future is not waited for."""
    arrived = datetime.fromtimestamp(record["kinesis"]["approximateArrivalTimestamp"], UTC)
    return timedelta(0) <= runtime.clock.now() - arrived < PATIENCE


def _set_aside(set_aside: SetAside, one: _Read, cause: str, errors: Sequence[FieldError]) -> None:
    """Where a record stands, why it is set aside, and its text unless that has a card number in it."""
    record = one.record
    logger().error("stock message set aside", sequence=_sequence(record), cause=cause)
    text = b64decode(record["kinesis"]["data"]).decode(errors="replace")
    hidden = cause == CardNumberFound.code or (not one.clean and has_card_number(text))
    set_aside(
        {
            "record": _event_id(record),
            "sequence": _sequence(record),
            "partition_key": record["kinesis"]["partitionKey"],
            "cause": cause,
            "errors": [error.as_dict() for error in errors],
            "text": None if hidden else text[:_MOST_CHARACTERS],
        }
    )


def _sequence(record: Record) -> str:
    return str(record["kinesis"]["sequenceNumber"])


def _event_id(record: Record) -> str:
    return str(record["eventID"])
