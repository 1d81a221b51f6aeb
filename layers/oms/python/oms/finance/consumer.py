"""Taking facts from the queue: a whole batch of messages is posted in as few transactions as possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oms.finance.commands import Books, post_entries
from oms.finance.model import Posting
from oms.finance.posting import postings_of
from oms.platform.clock import parse_instant
from oms.platform.consumers import event_from_queue
from oms.platform.observability import logger
from oms.platform.problems import Busy


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    postings: tuple[Posting, ...]


def post_batch(books: Books, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Post the facts of an SQS batch; the answer names the failed messages, which SQS delivers again."""
    failed: list[str] = []
    by_tenant: dict[str, list[_Message]] = defaultdict(list)
    for record in batch["Records"]:
        try:
            tenant, postings = _read(record["body"])
        except Exception as error:  # noqa: BLE001 - logged with its trace
            # A message that cannot be read must not touch its neighbours; it ends in the dead letters.
            logger().exception("message unread", message_id=record["messageId"], error_type=type(error).__name__)
            failed.append(record["messageId"])
        else:
            by_tenant[tenant].append(_Message(record["messageId"], postings))
    for tenant, messages in by_tenant.items():
        failed += _post(books, tenant, messages)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _read(body: str) -> tuple[str, tuple[Posting, ...]]:
    event = event_from_queue(body)
    occurred_at = parse_instant(str(event.meta["occurred_at"]))
    return event.tenant, tuple(postings_of(event.type, event.data, str(event.meta["id"]), occurred_at))


def _post(books: Books, tenant: str, messages: Sequence[_Message]) -> list[str]:
    """Post the messages of a tenant together; what fails for another reason than load is tried one by one."""
    try:
        post_entries(books, tenant, [posting for message in messages for posting in message.postings])
    except Exception as error:  # noqa: BLE001 - logged with its trace
        ids = [message.id for message in messages]
        logger().exception("messages not posted", message_ids=ids, error_type=type(error).__name__)
        if isinstance(error, Busy) or len(messages) == 1:
            return ids
        return [failed for message in messages for failed in _post(books, tenant, [message])]
    return []
