"""The note that Lambda leaves in the on-failure destination when it gives up on stream records.

The note names the shard and the first and last sequence number, not the records themselves: whoever works
the queue reads them from the stream, exactly as on AWS.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import sns, sqs

from local.engine.stream_sources import Record, Shard

logger = logging.getLogger("spine.streams")


def report(
    mapping: dict[str, Any],
    shard: Shard,
    records: list[Record],
    condition: str,
    invoke_count: int,
    function_error: str | None,
) -> None:
    """Send the note for `records` to the mapping's on-failure destination, if it has one."""
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    first, last = shard.sequence(records[0]), shard.sequence(records[-1])
    logger.warning(
        "gave up on %d record(s) %s..%s of %s for %s: %s",
        len(records),
        first,
        last,
        shard.stream_arn,
        mapping["FunctionArn"],
        condition,
    )
    if not destination:
        return
    note = {
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": mapping["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": invoke_count,
        },
        "responseContext": _response_context(mapping, function_error) if invoke_count else None,
        "version": "1.0",
        "timestamp": _time(datetime.now(UTC).timestamp()),
        shard.batch_info: {
            "shardId": shard.shard_id,
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": _time(shard.arrived(records[0])),
            "approximateArrivalOfLastRecord": _time(shard.arrived(records[-1])),
            "batchSize": len(records),
            "streamArn": shard.stream_arn,
        },
    }
    _send(destination, json.dumps(note))


def _response_context(mapping: dict[str, Any], function_error: str | None) -> dict[str, Any]:
    """What the last call answered; a report of failed items is an answer without an error."""
    answered = {"statusCode": 200, "executedVersion": mapping.get("Qualifier") or "$LATEST"}
    return {**answered, "functionError": function_error} if function_error else answered


def _send(destination: str, body: str) -> None:
    target = parse_arn(destination)
    if target.service == "sqs":
        if sqs._queue_by_arn(destination) is None:
            logger.error("the on-failure queue %s does not exist; the note is lost: %s", destination, body)
            return
        sqs._act_send_message({"QueueUrl": target.resource, "MessageBody": body}, target.resource)
    elif target.service == "sns":
        sns._fanout(destination, new_uuid(), body, "Lambda event source mapping failure", "", {})
    else:
        logger.error("the launcher cannot deliver to %s; the note is lost: %s", destination, body)


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
