"""The relay: from the stream of stored events onto the buses. It keeps no state and decides nothing.

A record that cannot be published is given back to the stream with everything after it, so order and completeness are
the stream's. A repeat publishes the same event id again; consumers deduplicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import boto3

from oms.platform.observability import logger
from oms.platform.settings import setting

SOURCE = "spine"
# Entries per PutEvents call (AWS quota, 2026-11).
_MOST_ENTRIES = 10


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("events")


def publish_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Publish the new rows of a stream batch in order; the answer names the first record that must come again."""
    entries: list[tuple[str, dict[str, str]]] = []
    for record in records:
        if record["eventName"] == "INSERT":
            position = record["dynamodb"]["SequenceNumber"]
            entries.extend((position, entry) for entry in _entries(record["dynamodb"]["NewImage"]))
    for start in range(0, len(entries), _MOST_ENTRIES):
        chunk = entries[start : start + _MOST_ENTRIES]
        answer = _client().put_events(Entries=[entry for _, entry in chunk])
        for (position, _), result in zip(chunk, answer["Entries"], strict=True):
            if "EventId" not in result:
                logger().error("event not published", sequence=position, code=result.get("ErrorCode"))
                return {"batchItemFailures": [{"itemIdentifier": position}]}
    return {"batchItemFailures": []}


def _entries(row: Mapping[str, Any]) -> list[dict[str, str]]:
    detail = {"Source": SOURCE, "DetailType": row["type"]["S"], "Detail": row["detail"]["S"]}
    buses = [setting("DOMAIN_BUS")]
    if row["for_nodes"]["BOOL"]:
        buses.append(setting("STORE_BUS"))
    return [{**detail, "EventBusName": bus} for bus in buses]
