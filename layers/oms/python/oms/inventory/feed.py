"""The inventory stream: a batch of records taken in together, with what cannot be taken in set aside.

The partition key of a record is its tenant, node and SKU, so messages about one stock row come in order. What fails
because of us (a table that throttles) is given back to the stream for as long as that takes. What fails because of the
record is set aside with its reason, and the shard goes on behind it: at once where it can never be read, after
PATIENCE where what it names may still arrive.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from oms.inventory.commands import apply_feed
from oms.inventory.requests import FeedMessage
from oms.platform.commands import Runtime
from oms.platform.intake import read_json, validate
from oms.platform.observability import logger
from oms.platform.problems import CardNumberFound, Problem

# An item or a node may be registered a moment after its first stock was told.
PATIENCE = timedelta(seconds=20)
# Of a record that is set aside; a queue takes a message of 1 MiB (AWS quota, 2026-11), and people read a page.
_MOST_CHARACTERS = 8_000
SetAside = Callable[[Mapping[str, object]], None]
Record = Mapping[str, Any]


def consume_feed(runtime: Runtime, set_aside: SetAside, records: Sequence[Record]) -> dict[str, Any]:
    """Take in a batch of Kinesis records; the answer names the record that must come again, where there is one."""
    rest = list(records)
    while rest:
        messages, problem = _readable(rest)
        stopped = apply_feed(runtime, messages)
        if stopped is None and problem is None:
            break
        position = len(messages) if stopped is None else stopped
        cause = "not_possible" if stopped is not None or problem is None else problem.code
        record = rest[position]
        number = record["kinesis"]["sequenceNumber"]
        if stopped is not None and _is_young(runtime, record):
            logger().warning("stock message comes again", sequence=number, cause=cause)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
        logger().error("stock message set aside", sequence=number, cause=cause)
        set_aside(_described(record, cause, problem if stopped is None else None))
        rest = rest[position + 1 :]
    return {"batchItemFailures": []}


def _readable(records: Sequence[Record]) -> tuple[list[tuple[FeedMessage, str]], Problem | None]:
    """The messages up to the first record that is none, and what is wrong with that."""
    messages: list[tuple[FeedMessage, str]] = []
    for record in records:
        try:
            message = validate(FeedMessage, read_json(b64decode(record["kinesis"]["data"])))
        except Problem as problem:
            return messages, problem
        messages.append((message, str(record["eventID"])))
    return messages, None


def _is_young(runtime: Runtime, record: Record) -> bool:
    """Whether a record came so lately that what it names may be on its way; one from the future is not waited for."""
    arrived = datetime.fromtimestamp(record["kinesis"]["approximateArrivalTimestamp"], UTC)
    return timedelta(0) <= runtime.clock.now() - arrived < PATIENCE


def _described(record: Record, cause: str, problem: Problem | None) -> dict[str, object]:
    """Where a record stands, why it was set aside, and its text unless that has a card number in it."""
    kinesis = record["kinesis"]
    text = b64decode(kinesis["data"]).decode(errors="replace")[:_MOST_CHARACTERS]
    return {
        "record": record["eventID"],
        "sequence": kinesis["sequenceNumber"],
        "partition_key": kinesis["partitionKey"],
        "cause": cause,
        "errors": [error.as_dict() for error in problem.errors] if problem else [],
        "text": None if isinstance(problem, CardNumberFound) else text,
    }
