"""SQS: messages that must not get lost, and receiving that does not slow down with the backlog.

MiniStack removes messages by building a new list and putting it in place of the old one. A message that
arrives on another thread in that moment is in neither. Here messages are removed from the list itself.
"""

from __future__ import annotations

import json
import threading
import time
from functools import lru_cache
from typing import Any

from ministack.services import lambda_svc, sqs

from local.engine.anchors import require, require_source

Message = dict[str, Any]
Queue = dict[str, Any]
EXPIRY_CHECK_SECONDS = 5.0

_receiving = threading.Lock()
_expiry_checked: dict[str, float] = {}


def install() -> None:
    """Replace every function of the engine that rebuilds a queue's list of messages."""
    require(sqs, "_ensure_msg_fields", "_collect_fifo", "_queue_by_arn", "_get_q", "_Err", "_validate_batch_entries")
    require_source(sqs._delete_messages_for_esm, 'q["messages"] = kept', "_queues_lock")
    require_source(sqs._dlq_sweep, 'q["messages"] = keep', '"deadLetterTargetArn"', '"maxReceiveCount"')
    require_source(sqs._expire_retained, '"MessageRetentionPeriod"', 'm.get("enqueued_at"')
    require_source(sqs._collect_msgs, '"receipt_handle"', '"first_receive_at"', "_collect_fifo(q, max_n")
    require_source(sqs._act_delete_message, "ReceiptHandleIsInvalid", 'q["messages"] = kept')
    require_source(sqs._act_delete_message_batch, '"SenderFault": True', 'q["messages"] = kept')
    require_source(sqs._dispatch, "_HANDLERS.get(action)")
    require(lambda_svc, "_esm_wake")
    sqs._delete_messages_for_esm = _delete_handled
    sqs._dlq_sweep = _move_to_dead_letters
    sqs._expire_retained = _expire
    sqs._collect_msgs = _receive
    sqs._HANDLERS.update({"DeleteMessage": _delete, "DeleteMessageBatch": _delete_batch})


def _remove(messages: list[Message], doomed: list[Message]) -> None:
    for message in doomed:
        try:
            messages.remove(message)
        except ValueError:
            # Another thread removed it first.
            continue


def _delete_handled(queue_url: str, receipt_handles: set[str]) -> None:
    messages = sqs._get_q(queue_url)["messages"]
    _remove(messages, [m for m in list(messages) if m.get("receipt_handle") in receipt_handles])


def _with_handle(queue: Queue, handle: str) -> list[Message]:
    return [m for m in list(queue["messages"]) if handle and m.get("receipt_handle") == handle]


def _delete(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
    queue = sqs._get_q(data.get("QueueUrl", queue_url), "sqs:DeleteMessage")
    handle = data.get("ReceiptHandle", "")
    if not handle:
        raise sqs._Err("MissingParameter", "The request must contain the parameter ReceiptHandle.")
    doomed = _with_handle(queue, handle)
    if not doomed:
        raise sqs._Err("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    _remove(queue["messages"], doomed)
    return {}


def _delete_batch(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
    queue = sqs._get_q(data.get("QueueUrl", queue_url), "sqs:DeleteMessage")
    entries = data.get("Entries", [])
    sqs._validate_batch_entries(entries, "DeleteMessageBatchRequestEntry")
    done, failed = [], []
    for entry in entries:
        doomed = _with_handle(queue, entry.get("ReceiptHandle", ""))
        if doomed:
            _remove(queue["messages"], doomed)
            done.append({"Id": entry.get("Id", "")})
        else:
            message = "The input receipt handle is invalid."
            failed.append(
                {
                    "Id": entry.get("Id", ""),
                    "Code": "ReceiptHandleIsInvalid",
                    "Message": message,
                    "SenderFault": True,
                }
            )
    return {"Successful": done, "Failed": failed}


def _expire(queue: Queue) -> None:
    """Drop messages past their retention; looked for every few seconds, not at every receive."""
    now = time.time()
    arn = queue["attributes"].get("QueueArn", "")
    if now - _expiry_checked.get(arn, 0.0) < EXPIRY_CHECK_SECONDS:
        return
    _expiry_checked[arn] = now
    cutoff = now - int(queue["attributes"].get("MessageRetentionPeriod", "345600"))
    messages = queue["messages"]
    _remove(messages, [m for m in list(messages) if m.get("enqueued_at", m.get("sent_at", now)) <= cutoff])


@lru_cache(maxsize=256)
def _redrive(policy: str) -> tuple[int, str]:
    """How often a message may be received, and the ARN of its dead-letter queue; (0, "") if not set."""
    parsed = json.loads(policy)
    if not isinstance(parsed, dict):
        return 0, ""
    return int(parsed.get("maxReceiveCount", 0)), str(parsed.get("deadLetterTargetArn", ""))


def _move_to_dead_letters(queue: Queue) -> None:
    policy = queue["attributes"].get("RedrivePolicy")
    limit, arn = _redrive(policy) if policy else (0, "")
    dead = sqs._queue_by_arn(arn) if limit and arn else None
    if dead is None:
        return
    now = time.time()
    messages = queue["messages"]
    for message in [m for m in list(messages) if m.get("receive_count", 0) >= limit and m["visible_at"] <= now]:
        try:
            messages.remove(message)
        except ValueError:
            continue
        source = {"DeadLetterQueueSourceArn": queue["attributes"].get("QueueArn", "")}
        moved = {**message, "receipt_handle": None, "visible_at": now, "sys": {**source, **message.get("sys", {})}}
        if dead.get("is_fifo"):
            moved["enqueued_at"] = now
        dead["messages"].append(moved)
        lambda_svc._esm_wake.set()


def _receive(queue: Queue, limit: int, visibility: int) -> list[Message]:
    """Take up to `limit` visible messages, oldest first; stops looking when it has them."""
    with _receiving:
        now = time.time()
        if queue["is_fifo"]:
            fifo: list[Message] = sqs._collect_fifo(queue, limit, visibility, now)
            return fifo
        taken: list[Message] = []
        for message in list(queue["messages"]):
            if message.get("visible_at", 0) > now:
                continue
            sqs._ensure_msg_fields(message)
            message["receipt_handle"] = sqs.new_uuid()
            message["visible_at"] = now + visibility
            message["receive_count"] += 1
            if message.get("first_receive_at") is None:
                message["first_receive_at"] = now
            taken.append(message)
            if len(taken) == limit:
                break
        return taken
