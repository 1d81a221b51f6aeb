"""The inventory stream: a batch of records taken in together, up to the first that cannot be.

The partition key of a record is its tenant, node and SKU, so messages about one stock row come in order. A record that
cannot be taken in is named to the stream, which tries again, isolates it and parks it; what is behind it follows then.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from oms.inventory.commands import apply_feed
from oms.inventory.requests import FeedMessage
from oms.platform.commands import Runtime
from oms.platform.intake import read_json, validate
from oms.platform.observability import logger
from oms.platform.problems import Problem


def consume_feed(runtime: Runtime, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Take in a batch of Kinesis records; the answer names the first that could not be, where there is one."""
    messages: list[tuple[FeedMessage, str]] = []
    unreadable = None
    for record in records:
        try:
            message = validate(FeedMessage, read_json(b64decode(record["kinesis"]["data"])))
        except Problem as problem:
            unreadable = problem.code
            break
        messages.append((message, str(record["eventID"])))
    stopped = apply_feed(runtime, messages)
    if stopped is None and unreadable is None:
        return {"batchItemFailures": []}
    position = len(messages) if stopped is None else stopped
    number = records[position]["kinesis"]["sequenceNumber"]
    logger().error("stock message refused", sequence=number, cause=unreadable if stopped is None else "not_possible")
    return {"batchItemFailures": [{"itemIdentifier": number}]}
