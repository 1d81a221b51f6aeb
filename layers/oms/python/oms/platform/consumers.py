"""Consumers: reading batches from queues, message by message; a message that fails goes back to its queue alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oms.platform.commands import Call, input_hash
from oms.platform.intake import refuse_card_numbers
from oms.platform.observability import logger
from oms.platform.principal import node_principal, system_principal
from oms.platform.problems import CardNumberFound


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it arrives from a bus: source, detail-type and the envelope's two halves."""

    source: str
    type: str
    meta: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def tenant(self) -> str:
        return str(self.meta["tenant"])


def event_from_queue(body: str) -> Event:
    """The bus event inside a queue message; a message that is none raises ValueError or KeyError."""
    document = json.loads(body)
    detail = document["detail"]
    return Event(document["source"], document["detail-type"], detail["meta"], detail.get("data", {}))


# How long a batch waits for what may be just happening, before its messages go back to their queue for minutes.
SOON = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Patience:
    """What a queue without order brings too early: failures of this kind are tried again, with pauses in seconds."""

    too_early: type[Exception]
    pause: Callable[[float], object]


def consume_queue(
    batch: Mapping[str, Any], handle: Callable[[Event], object], patience: Patience | None = None
) -> dict[str, Any]:
    """Handle each event of an SQS batch; the answer names the failed ones, which SQS delivers again."""
    return consume_messages(batch, lambda body: handle(event_from_queue(body)), patience)


def consume_messages(
    batch: Mapping[str, Any], handle: Callable[[str], object], patience: Patience | None = None
) -> dict[str, Any]:
    """The same for messages that are no events of ours, by their bodies.

    With `patience` a message that came too early is tried again behind its batch, as long as that helps any; then a
    moment later, since what it waits for may be in another batch that somebody is just taking.
    """
    failed: set[str] = set()
    waiting, pauses = list(batch["Records"]), [] if patience is None else [0.0, *SOON]
    while waiting:
        early = []
        for record in waiting:
            try:
                handle(record["body"])
            except Exception as error:  # noqa: BLE001
                if pauses and patience is not None and isinstance(error, patience.too_early):
                    early.append(record)
                    continue
                # Any failure of one message must not touch its neighbours: SQS redelivers it, then parks it in the DLQ.
                logger().exception("message failed", message_id=record["messageId"], error_type=type(error).__name__)
                failed.add(record["messageId"])
        if patience is not None and len(early) == len(waiting):
            patience.pause(pauses.pop(0))
        waiting = early
    named = [record["messageId"] for record in batch["Records"] if record["messageId"] in failed]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in named]}


def call_from_event(command: str, event: Event, *, key: str | None = None) -> Call:
    """The call of a command caused by an event; the event's id is its key, so a repeated delivery is a repeat."""
    return Call(
        command=command,
        principal=system_principal(event.tenant, command),
        key=key or str(event.meta["id"]),
        input_hash=input_hash(dict(event.data)),
        correlation_id=str(event.meta.get("correlation_id", event.meta["id"])),
        causation_id=str(event.meta["id"]),
        channel=event.meta.get("channel"),
    )


def without_card_numbers(event: Event) -> bool:
    """Whether a message of a node has no card number in it; one that has is logged and to be dropped.

    No repeat can mend it, and it must not lie among the dead letters.
    """
    try:
        refuse_card_numbers(dict(event.data))
    except CardNumberFound as found:
        pointers = [error.pointer for error in found.errors]
        logger().error("a message with a card number was dropped", message_id=str(event.meta["id"]), pointers=pointers)
        return False
    return True


def call_of_node(event: Event, command: str) -> tuple[Call, str]:
    """The call of a command that a node sent over the store bus, and the id of the node, which acts as itself."""
    node_id = event.source.split(".", 1)[1]
    message_id = str(event.meta["id"])
    call = Call(
        command=command,
        principal=node_principal(event.tenant, node_id),
        key=f"node:{node_id}#{message_id}",
        input_hash=input_hash([event.type, dict(event.data)]),
        correlation_id=None,
        causation_id=message_id,
    )
    return call, node_id


def call_from_workflow(command: str, tenant: str, key: str) -> Call:
    """The call of a command made by a workflow's task; the key names the entity, which is its cause, and the step."""
    return Call(
        command=command,
        principal=system_principal(tenant, command),
        key=key,
        input_hash=input_hash([tenant, key]),
        correlation_id=None,
        causation_id=key.split("#")[0].split(":")[0],
    )
