"""Outgoing webhooks over the in-memory retailer: a subscriber that does as it is told, the stream, and the queue.

hooks.put("shop", "OrderPlaced")      a subscription
hooks.doors.place(document())
hooks.run()                           all that is due: the stream's records, then messages, until none is due
hooks.subscriber.heard                what arrived, in order
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from oms.platform.writes import Key
from oms.webhooks.port import Answered
from oms.webhooks.sending import Office
from tests.functions.conftest import Answer
from tests.order_doors import Doors

MASTER = "m" * 64
URL = "https://hooks.example.com/spine"


class Died(BaseException):
    """The process of a function ends here."""


@dataclass
class Subscriber:
    """Answers 200 unless it is told otherwise; knows everything that was sent to it."""

    sent: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    # What it answers next, by detail-type: a status, "silent", (status, Retry-After) or "die".
    next: dict[str, list[Any]] = field(default_factory=dict)
    always: Any = 200

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        message = json.loads(body)
        self.sent.append((url, dict(headers), {**message, "raw": body}))
        planned = self.next.get(message["meta"]["type"])
        act = planned.pop(0) if planned else self.always
        if act == "die":
            raise Died
        if act == "silent":
            return Answered(None, "time_out", 8_000)
        status, pause = act if isinstance(act, tuple) else (act, None)
        return Answered(status, None, 12, pause)

    @property
    def heard(self) -> list[tuple[str, int]]:
        """Type and sequence of every message that came, in order."""
        return [(message["meta"]["type"], message["meta"]["sequence"]) for _, _, message in self.sent]

    @property
    def ids(self) -> list[str]:
        """The header webhook-id of every message that came, in order."""
        return [headers["webhook-id"] for _, headers, _ in self.sent]


@dataclass
class Hooks:
    """The three functions of outgoing webhooks, and what is between them."""

    doors: Doors
    subscriber: Subscriber = field(default_factory=Subscriber)
    # Messages with the instant from which they are seen.
    queue: list[tuple[datetime, str]] = field(default_factory=list)
    streamed: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        sender = self.doors.module("send_webhooks")
        self.office = Office(self.doors.world.runtime, self.subscriber, self.send, lambda: MASTER)
        self.doors.monkeypatch.setattr(sender, "office", self.office)
        self.doors.monkeypatch.setattr(self.doors.module("queue_webhooks"), "send", self.send)
        self.follow()

    @property
    def api(self) -> Any:
        return self.doors.api("webhook_subscriptions")

    def put(self, name: str, *types: str, url: str = URL, **more: Any) -> Answer:
        body = {"url": url, "detail_types": list(types)}
        answer: Answer = self.api.put(f"/v1/webhook-subscriptions/{name}", body, **more)
        return answer

    def turn(self, name: str, verb: str, body: Any = None, **more: Any) -> Answer:
        answer: Answer = self.api.post(f"/v1/webhook-subscriptions/{name}/{verb}", body, **more)
        return answer

    def deliveries(self, name: str) -> list[dict[str, Any]]:
        """The log of a subscription, oldest event first."""
        found: list[dict[str, Any]] = self.api.get(f"/v1/webhook-subscriptions/{name}/deliveries").body["deliveries"]
        return found[::-1]

    def dead(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get("/v1/dead-letters").body["dead_letters"]
        return found

    def secrets(self, name: str) -> list[str]:
        found: list[str] = self.api.get(f"/v1/webhook-subscriptions/{name}/secrets").body["secrets"]
        return found

    def send(self, body: str, *, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= 900, "SQS keeps nothing back for longer"
        self.queue.append((self.doors.world.clock.now() + timedelta(seconds=delay_seconds), body))

    def follow(self) -> None:
        """The stream's records of what was stored since, in the order in which it was."""
        rows = self.doors.world.database.rows
        new = [key for table, key in rows if table == "events" and key not in self.streamed]
        self.streamed |= set(new)
        records = [
            {
                "eventName": "INSERT",
                "dynamodb": {"NewImage": {"detail": {"S": rows["events", key]["detail"]}}, "SequenceNumber": str(n)},
            }
            for n, key in enumerate(new)
        ]
        if records:
            self.doors.module("queue_webhooks").handler({"Records": records}, None)

    def take(self) -> bool:
        """Whether a message was due and is taken."""
        now = self.doors.world.clock.now()
        due = [entry for entry in self.queue if entry[0] <= now]
        if not due:
            return False
        self.queue.remove(due[0])
        record = {"messageId": "m", "body": due[0][1]}
        answer = self.doors.module("send_webhooks").handler({"Records": [record]}, None)
        assert answer == {"batchItemFailures": []}
        return True

    def run(self) -> None:
        """Everything that is due now."""
        self.follow()
        while self.take():
            self.follow()

    def pass_time(self, seconds: int) -> None:
        """Time goes by; every message is taken when it is due."""
        clock = self.doors.world.clock
        end = clock.now() + timedelta(seconds=seconds)
        while True:
            self.run()
            due = min((at for at, _ in self.queue if at <= end), default=None)
            if due is None:
                break
            clock.instant = max(clock.now(), due)
        clock.instant = end
        self.run()


def signature(secret: str, headers: Mapping[str, str], raw: bytes) -> str:
    """What a subscriber computes, written down apart from the product."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@pytest.fixture
def hooks(doors: Doors) -> Hooks:
    """Outgoing webhooks of a fresh retailer; what was stored before does not count."""
    return Hooks(doors)
