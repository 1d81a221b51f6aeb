"""Small builders of AWS resources for the conformance test."""

from __future__ import annotations

import io
import itertools
import json
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::000000000000:role/conformance"
PROBE = Path(__file__).with_name("probe.py")
REGION = "us-east-1"
T = TypeVar("T")


def eventually(look: Callable[[], T | None], seconds: float = 15.0) -> T:
    """What `look` returns once it is truthy; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds} s (last look: {found!r})")
        time.sleep(0.02)


def archive(files: Mapping[str, str]) -> bytes:
    """A zip file with these texts."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as bundle:
        for name, text in files.items():
            bundle.writestr(name, text)
    return written.getvalue()


class Cloud:
    """Clients for one engine, and builders that give every resource a fresh name."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = itertools.count(1)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=f"http://127.0.0.1:{self.port}",
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(inject_host_prefix=False, retries={"max_attempts": 1}, max_pool_connections=32),
            )
        return self._clients[service]

    def name(self, stem: str) -> str:
        return f"{stem}-{next(self._numbers)}"

    def function(
        self,
        handler: str,
        *,
        timeout: int = 20,
        layers: Sequence[str] = (),
        files: Mapping[str, str] = MappingProxyType({}),
        **variables: str,
    ) -> str:
        """The ARN of a fresh function that runs `probe.<handler>`; `files` lie beside probe.py."""
        created = self.client("lambda").create_function(
            FunctionName=self.name(handler.replace("_", "-")),
            Runtime="python3.12",
            Role=ROLE,
            Handler=f"probe.{handler}",
            Code={"ZipFile": archive({"probe.py": PROBE.read_text(), **files})},
            Timeout=timeout,
            Layers=list(layers),
            Environment={"Variables": variables},
        )
        return str(created["FunctionArn"])

    def layer(self, files: Mapping[str, str]) -> str:
        """The ARN of a fresh layer version."""
        content = archive({f"python/{name}": text for name, text in files.items()})
        published = self.client("lambda").publish_layer_version(
            LayerName=self.name("layer"), Content={"ZipFile": content}
        )
        return str(published["LayerVersionArn"])

    def invoke(self, function: str, event: Any) -> tuple[Any, str | None]:
        """The payload and the error mark of one call."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    def queue(self, **attributes: str) -> str:
        return str(self.client("sqs").create_queue(QueueName=self.name("queue"), Attributes=attributes)["QueueUrl"])

    def queue_arn(self, url: str) -> str:
        answer = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def take(self, url: str) -> list[Any]:
        """Every message that is in the queue now, decoded and removed."""
        taken = []
        while messages := self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(json.loads(message["Body"]) if message["Body"].startswith("{") else message["Body"])
        return taken

    def collect(self, url: str, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """Messages in the order they were sent, read until there are enough of them."""
        seen: list[Any] = []

        def look() -> bool:
            seen.extend(self.take(url))
            return enough(seen)

        eventually(look)
        return seen

    def table(self, stream: bool = False) -> tuple[str, str]:
        """The name of a fresh table and the ARN of its stream, if any."""
        options = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}} if stream else {}
        created = self.client("dynamodb").create_table(
            TableName=self.name("table"),
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
            **options,
        )["TableDescription"]
        return created["TableName"], created.get("LatestStreamArn", "")

    def put_values(self, table: str, *values: str) -> None:
        for number, value in enumerate(values):
            item = {"pk": {"S": f"v{number:04d}#{value}"}, "sk": {"S": "VALUE"}, "value": {"S": value}}
            self.client("dynamodb").put_item(TableName=table, Item=item)

    def stream(self) -> tuple[str, str]:
        """The name and ARN of a fresh Kinesis stream of one shard."""
        kinesis, name = self.client("kinesis"), self.name("stream")
        kinesis.create_stream(StreamName=name, ShardCount=1)

        def active() -> Any:
            about = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            return about if about["StreamStatus"] == "ACTIVE" else None

        return name, str(eventually(active)["StreamARN"])

    def map_source(self, function: str, source: str, **settings: Any) -> str:
        created = self.client("lambda").create_event_source_mapping(
            FunctionName=function, EventSourceArn=source, **settings
        )
        return str(created["UUID"])

    def rule(self, bus: str, pattern: dict[str, Any], target: str) -> None:
        """Let what matches on a bus reach a target: a queue or another bus."""
        events, rule = self.client("events"), self.name("rule")
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))
        options = {"RoleArn": ROLE} if ":event-bus/" in target else {}
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "t", "Arn": target, **options}])

    def machine(self, states: dict[str, Any], kind: str = "STANDARD") -> str:
        """The ARN of a fresh state machine that starts at the first of `states`."""
        definition = {"StartAt": next(iter(states)), "States": states}
        created = self.client("stepfunctions").create_state_machine(
            name=self.name("machine"), definition=json.dumps(definition), roleArn=ROLE, type=kind
        )
        return str(created["stateMachineArn"])

    def execute(self, machine: str, event: Any) -> dict[str, Any]:
        """Run a Standard execution to its end."""
        states = self.client("stepfunctions")
        return self.ended(states.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """The description of an execution once it no longer runs."""

        def look() -> dict[str, Any] | None:
            about = self.client("stepfunctions").describe_execution(executionArn=execution)
            return about if about["status"] != "RUNNING" else None

        return eventually(look)

    def post(self, url: str, body: Any, **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(
            url, json.dumps(body).encode(), {"content-type": "application/json", **headers}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
