"""The outside world on its own: a store bus with the node bot on it (moto), and an API that answers as ours does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.state import Answer
from local.world.bus_bot import NodeBot, listen
from local.world.control import ControlFile
from local.world.work import Work

BUS = "store-bus"
START = 1_800_000_000


@dataclass
class Outside:
    """A store bus with the bot on it, and a queue that hears what the nodes say."""

    sqs: Any
    events: Any
    queue_url: str
    heard_url: str
    state: Path
    time: int = START

    def __post_init__(self) -> None:
        control = ControlFile(self.state)
        self.bot = NodeBot(self.sqs, self.events, BUS, self.queue_url, control, lambda: self.time)

    def publish(self, name: str, fulfillment_order_id: str = "ful_1", **changes: Any) -> None:
        data = {
            "order_id": "ord_1",
            "fulfillment_order_id": fulfillment_order_id,
            "node_id": "denver",
            "method": "ship",
            "lines": [{"line_no": 1, "sku": "A", "quantity": 2}],
            **changes,
        }
        detail = json.dumps({"meta": {"id": f"evt_{name}", "tenant": "acme"}, "data": data})
        entry = {"EventBusName": BUS, "Source": "spine", "DetailType": name, "Detail": detail}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def heard(self) -> list[tuple[str, str, dict[str, Any]]]:
        """All node messages so far: source, detail-type and detail."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.heard_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                found.append((event["source"], event["detail-type"], event["detail"]))
                self.sqs.delete_message(QueueUrl=self.heard_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        sqs, events = boto3.client("sqs", "us-east-1"), boto3.client("events", "us-east-1")
        events.create_event_bus(Name=BUS)
        heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": [{"prefix": "store."}, {"prefix": "wms."}]})
        events.put_rule(Name="heard", EventBusName=BUS, EventPattern=pattern)
        events.put_targets(Rule="heard", EventBusName=BUS, Targets=[{"Id": "q", "Arn": arn}])
        yield Outside(sqs, events, listen(sqs, events, BUS), heard, tmp_path)


class Api:
    """Stands in for a running system: scripted answers, recorded calls."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, str, Any, str | None]] = []

    def call(self, client: str, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        assert client == "wms"
        self.calls.append((method, path, body, key))
        status, document = self.answers.pop(0) if self.answers else (200, {})
        return Answer(status, {}, json.dumps(document).encode())


WORK = Work("acme", "ful_1", "denver", "ship", {"A": 2})
